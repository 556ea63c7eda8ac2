/**
 * Tensors, memory scopes, autograd and the kernel library: everything that touches libtorch.
 *
 * <p>Mathematics is written as TorchScript functions in {@code resources/kernels/*.py} and called by name; Java owns
 * the tensors. Every tensor that a call creates belongs to the innermost {@link io.rlhf4j.tensor.MemoryScope} of the
 * calling thread. Gradients flow only inside {@link io.rlhf4j.tensor.GradientScope}.
 *
 * <pre>{@code
 * try (var scope = MemoryScope.open()) {
 *   Tensor x = Tensor.of(new float[] {1, 2, 3}, 3);
 *   double norm = Kernels.tensor("global_norm", List.of(x)).item();
 * }
 * }</pre>
 *
 * <p>Thread rule: scopes and the gradient switch are per thread; a tensor may be handed to another thread but not used
 * by two at once.
 */
@NullMarked
package io.rlhf4j.tensor;

import org.jspecify.annotations.NullMarked;
