/**
 * Files of answers in, files with rewards out.
 *
 * <p>Called by {@code rlhf reward score} and by the flywheel. A job belongs to one thread.
 */
@NullMarked
package io.rlhf4j.reward.score;

import org.jspecify.annotations.NullMarked;
