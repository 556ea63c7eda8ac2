/**
 * Process reward models: from labelled steps to a model that judges each step of an answer.
 *
 * <p>The launcher trains with it; the reward of kind {@code process} reads answers through the same
 * {@link io.rlhf4j.reward.process.StepEncoder}. Trainers belong to one thread at a time.
 */
@NullMarked
package io.rlhf4j.reward.process;

import org.jspecify.annotations.NullMarked;
