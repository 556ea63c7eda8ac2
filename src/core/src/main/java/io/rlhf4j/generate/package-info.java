/**
 * Sampling of responses: a key-value cache, continuous batching and samplers that do not depend on the batch.
 *
 * <p>The actor role calls {@link io.rlhf4j.generate.RolloutGenerator}. A generator may be used by several threads; the
 * model by one at a time.
 *
 * <pre>{@code
 * GenerationStats stats = new RolloutGenerator(64)
 *     .generate(model, step, policyVersion, prompts, options, TurnEnd.of(tokenizer), rollout -> store.add(rollout));
 * }</pre>
 */
@NullMarked
package io.rlhf4j.generate;

import org.jspecify.annotations.NullMarked;
