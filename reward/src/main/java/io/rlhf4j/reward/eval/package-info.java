/**
 * Measures rewards on preference benchmarks the way RewardBench does, and writes the files that its users have.
 *
 * <p>Called by {@code rlhf reward eval}. Everything but {@link io.rlhf4j.reward.eval.Benchmark} is immutable.
 */
@NullMarked
package io.rlhf4j.reward.eval;

import org.jspecify.annotations.NullMarked;
