package io.rlhf4j.generate;

import io.rlhf4j.model.Backbone;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.KernelStyle;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.model.family.PositionStyle.Rotary;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.Tensor;
import java.util.List;

/**
 * A policy's weights rearranged for decoding, as {@code kernels/generate.py} describes. A copy: while a call of the
 * generator lasts, the layers and the vocabulary projection are in memory twice.
 *
 * @param config the model's shape
 * @param style the shape as the kernels take it
 * @param embeddings the model's own, of tokens {@code [V, H]} and of positions, if those are learned
 * @param matrices in the kernel's order; owned by the memory scope in which they were made
 * @param turns rotary turns, {@code [positions, d/2, 2]} for each table; owned likewise
 */
record DecoderWeights(DecoderShape config, KernelStyle style, List<Tensor> embeddings, List<Tensor> matrices,
    List<Tensor> turns) {

  /** @param positions of the longest sequence, prompt and response together */
  static DecoderWeights of(CausalModel model, int positions) {
    Backbone backbone = model.backbone();
    DecoderShape config = backbone.config();
    KernelStyle style = backbone.style();
    int turned = config.positions() instanceof Rotary rotary ? rotary.size() : 0;
    return new DecoderWeights(config, style, backbone.embeddings(),
        Kernels.tensors("decoding_weights", backbone.layers(), backbone.norm(), model.projection(), turned,
            style.style(), style.numbers()),
        Kernels.tensors("decoding_turns", backbone.rotary(positions), config.headSize()));
  }
}
