/**
 * What the trainers of all roles share: optimiser, learning-rate schedules, training loop.
 *
 * <p>Called by the trainers of the actor, the critic and the reward model. Objects with state belong to one thread.
 */
@NullMarked
package io.rlhf4j.train;

import org.jspecify.annotations.NullMarked;
