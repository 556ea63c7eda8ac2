/**
 * {@code rlhf bench}: how fast this machine trains and generates, and how near that is to what the machine could do.
 *
 * <p>Called by the command line. Measurements run one after the other on the calling thread, with all of its cores.
 */
@NullMarked
package io.rlhf4j.launcher.bench;

import org.jspecify.annotations.NullMarked;
