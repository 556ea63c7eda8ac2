/**
 * Direct preference optimisation of the policy.
 *
 * <p>{@link io.rlhf4j.actor.dpo.DpoTrainer} trains, {@link io.rlhf4j.actor.dpo.PairEncoder} prepares its pairs. The
 * launcher calls both; one thread at a time.
 */
@NullMarked
package io.rlhf4j.actor.dpo;

import org.jspecify.annotations.NullMarked;
