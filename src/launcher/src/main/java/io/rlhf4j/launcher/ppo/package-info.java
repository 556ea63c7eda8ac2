/**
 * PPO over the four roles: what one iteration does, in which order, and with whom.
 *
 * <p>{@link io.rlhf4j.launcher.ppo.PpoRun} is the entry, called by the command line. The iteration itself is the pure
 * function {@link io.rlhf4j.launcher.ppo.Iteration#next}; {@link io.rlhf4j.launcher.ppo.IterationEffects} carries out
 * what it asks for, and the package {@code cluster} below feeds the one with the results of the other on one actor's
 * thread. Hooks run outside that thread.
 */
@NullMarked
package io.rlhf4j.launcher.ppo;

import org.jspecify.annotations.NullMarked;
