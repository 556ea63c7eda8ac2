package io.rlhf4j.actor.dpo;

import io.rlhf4j.config.DpoLossType;
import io.rlhf4j.model.ActionRows;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Pairs ready for the forward pass: both answers of a pair share one copy of their prompt.
 *
 * @param batch the packed sequences, chosen and rejected in turn
 * @param actions where the answers' tokens are read, {@code N} in all
 * @param sequences which sequence each action belongs to, {@code [N]}
 * @param contrast weight of each action in the comparison, {@code [N]}
 * @param imitated 1 for the actions of chosen answers, {@code [N]}
 * @param reference reference log-probs of the sequences, {@code [2P]}
 */
record DpoBatch(PackedBatch batch, ActionRows actions, Tensor sequences, Tensor contrast, Tensor imitated,
    Tensor reference) {

  /**
   * Tensors belong to the current memory scope.
   *
   * @param shape of the model that the batch is for
   */
  static DpoBatch of(List<DpoExample> examples, DpoLossType loss, DecoderShape shape) {
    List<TokenSequence> sequences = new ArrayList<>(2 * examples.size());
    float[] reference = new float[2 * examples.size()];
    for (int p = 0; p < examples.size(); p++) {
      sequences.add(examples.get(p).pair().chosen());
      sequences.add(examples.get(p).pair().rejected());
      reference[2 * p] = examples.get(p).reference().chosen();
      reference[2 * p + 1] = examples.get(p).reference().rejected();
    }
    PackedBatch batch = PackedBatch.sharingPrompts(sequences, shape);
    ActionRows actions = ActionRows.of(batch, sequences);
    int total = actions.total();
    long[] owners = new long[total];
    float[] contrast = new float[total];
    float[] imitated = new float[total];
    int at = 0;
    for (int s = 0; s < sequences.size(); s++) {
      DpoPair pair = examples.get(s / 2).pair();
      boolean[] compared = s % 2 == 0 ? pair.comparedChosen() : pair.comparedRejected();
      float weight = weight(compared, loss);
      for (int t = 0; t < compared.length; t++, at++) {
        owners[at] = s;
        contrast[at] = compared[t] ? weight : 0;
        imitated[at] = s % 2 == 0 ? 1 : 0;
      }
    }
    return new DpoBatch(batch, actions, Tensor.of(owners, total), Tensor.of(contrast, total),
        Tensor.of(imitated, total), Tensor.of(reference, reference.length));
  }

  /** Weight of each compared token of an answer. */
  static float weight(boolean[] compared, DpoLossType loss) {
    int count = 0;
    for (boolean counts : compared) {
      count += counts ? 1 : 0;
    }
    return switch (loss) {
      case SIGMOID -> 1;
      case IPO -> 1f / Math.max(1, count);
    };
  }
}
