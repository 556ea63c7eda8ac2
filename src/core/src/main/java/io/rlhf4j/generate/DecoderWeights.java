package io.rlhf4j.generate;

import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaBackbone;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.Tensor;
import java.util.List;

/**
 * A policy's weights rearranged for decoding, as {@code kernels/generate.py} describes. A copy: while a call of the
 * generator lasts, the layers and the vocabulary projection are in memory twice.
 *
 * @param config the model's shape
 * @param embedding the model's own embedding, {@code [V, H]}
 * @param matrices in the kernel's order; owned by the memory scope in which they were made
 */
record DecoderWeights(LlamaConfig config, Tensor embedding, List<Tensor> matrices) {

  static DecoderWeights of(CausalModel model) {
    LlamaBackbone backbone = model.backbone();
    LlamaConfig config = backbone.config();
    return new DecoderWeights(config, backbone.embedding(),
        Kernels.tensors("decoding_weights", backbone.layers(), backbone.norm(), model.projection(), backbone.rotary(),
            config.heads(), config.kvHeads(), config.rmsNormEpsilon()));
  }
}
