package io.rlhf4j.actor.dpo;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.DpoConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.train.StageCheckpoints;
import java.util.List;

/** What training needs to know between two steps besides weights and moments: it goes into the checkpoints. */
final class DpoCourse {

  private static final String DROPOUT = "dropout_position";
  private static final String MEANS = "means";

  private final CausalModel model;
  private final DpoConfig config;
  private final List<DpoPair> pairs;
  private final MovedReference moved;
  private List<DpoExample> examples;
  private StepMeans means = new StepMeans();

  DpoCourse(CausalModel model, DpoConfig config, List<DpoPair> pairs, List<ReferenceLogProbs> reference,
      StageCheckpoints checkpoints) {
    this.model = model;
    this.config = config;
    this.pairs = pairs;
    this.moved = new MovedReference(checkpoints);
    this.examples = DpoExample.of(pairs, reference);
  }

  void continueFrom(StageCheckpoints.Position position) {
    if (position.step() == 0) {
      return;
    }
    model.backbone().continueDropout(position.notes().path(DROPOUT).asInt());
    means = StepMeans.fromJson(position.notes().path(MEANS));
    int epoch = (position.step() - 1) / Math.ceilDiv(pairs.size(), config.batchSize());
    int last = config.referenceEpochs() == 0 ? 0 : epoch - epoch % config.referenceEpochs();
    if (last > 0) {
      examples = DpoExample.of(pairs, moved.of(last, pairs));
    }
  }

  /** A pass begins: the reference may move to where the policy stands. */
  void beginEpoch(int epoch) {
    means = new StepMeans();
    if (epoch > 0 && config.referenceEpochs() > 0 && epoch % config.referenceEpochs() == 0) {
      List<ReferenceLogProbs> now =
          ReferenceLogProbs.of(model, pairs, config.loss(), config.microBatchTokens(), count -> {});
      moved.keep(epoch, now);
      examples = DpoExample.of(pairs, now);
    }
  }

  List<List<DpoExample>> batches(long seed, int epoch) {
    return Batches.pass(examples, seed, epoch, config.batchSize());
  }

  /** Means over the steps of the pass so far. */
  StepMeans means() {
    return means;
  }

  ObjectNode notes() {
    ObjectNode notes = JsonNodeFactory.instance.objectNode().put(DROPOUT, model.backbone().dropoutPosition());
    notes.set(MEANS, means.toJson());
    return notes;
  }
}
