package io.rlhf4j.model;

import io.rlhf4j.model.family.AttentionStyle;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.model.family.NormStyle;
import io.rlhf4j.model.family.PositionStyle;

/**
 * A decoder's description as the kernels take it; {@code kernels/decoder.py} says what stands where.
 *
 * @param style whole numbers
 * @param numbers real numbers
 * @param windows for each layer how many positions a token sees, 0 for all
 * @param tables for each layer which rotary table it uses
 */
public record KernelStyle(int[] style, double[] numbers, int[] windows, int[] tables) {

  public static KernelStyle of(DecoderShape shape) {
    AttentionStyle attention = shape.attention();
    int[] windows = new int[shape.layers()];
    int[] tables = new int[shape.layers()];
    boolean twoTables = shape.positions() instanceof PositionStyle.Rotary rotary && !rotary.sameEverywhere();
    for (int layer = 0; layer < shape.layers(); layer++) {
      boolean windowed = attention.windowed().get(layer);
      windows[layer] = windowed ? attention.window() : 0;
      tables[layer] = windowed && twoTables ? 1 : 0;
    }
    return new KernelStyle(
        new int[] {shape.heads(), shape.kvHeads(), shape.norm().kind().ordinal(),
            shape.feedForward().activation().ordinal(), number(shape.feedForward().parallel()),
            number(shape.feedForward().gated()), number(hasBiases(shape)), number(attention.headNorms()),
            number(shape.norm().outputs())},
        new double[] {shape.norm().epsilon(), attention.scale(), attention.softCap(), shape.logitSoftCap(),
            shape.embeddingScale(), 0, 0, 0},
        windows, tables);
  }

  /** Whether a layer is one that {@code kernels/llama_layer.py} computes; windows aside. */
  boolean isPlainLlama() {
    int[] own = style;
    return own[2] == 0 && own[3] == 0 && own[4] == 0 && own[5] == 1 && own[6] == 0 && own[7] == 0 && own[8] == 0
        && numbers[2] == 0;
  }

  private static boolean hasBiases(DecoderShape shape) {
    return shape.attention().inputBiases() || shape.attention().outputBias() || shape.feedForward().biases()
        || shape.norm().kind() == NormStyle.Kind.LAYER;
  }

  private static int number(boolean flag) {
    return flag ? 1 : 0;
  }
}
