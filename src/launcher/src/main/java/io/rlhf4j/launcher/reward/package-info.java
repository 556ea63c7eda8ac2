/**
 * The commands {@code rlhf reward ...} that put rewards to use: score, eval, serve, gateway.
 *
 * <p>Called by the command line, on the main thread.
 */
@NullMarked
package io.rlhf4j.launcher.reward;

import org.jspecify.annotations.NullMarked;
