/**
 * Language models: Hugging Face configurations and weights, the packed transformer forward and its heads.
 *
 * <p>The roles and trainers call {@link io.rlhf4j.model.CausalModel} (policy, reference) and
 * {@link io.rlhf4j.model.ScalarModel} (reward, critic). A model is used by one thread at a time.
 *
 * <pre>{@code
 * try (CausalModel model = CausalModel.load(directory); MemoryScope scope = MemoryScope.open()) {
 *   PackedBatch batch = PackedBatch.of(List.of(tokensOfFirst, tokensOfSecond));
 *   Tensor hidden = model.hidden(batch); // [tokens, hidden]
 * }
 * }</pre>
 */
@NullMarked
package io.rlhf4j.model;

import org.jspecify.annotations.NullMarked;
