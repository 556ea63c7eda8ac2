package io.rlhf4j.rpc;

import io.rlhf4j.proto.v1.Experience;
import io.rlhf4j.proto.v1.Rollout;
import io.rlhf4j.proto.v1.RolloutKey;
import io.rlhf4j.rl.FinishReason;

/** Rollouts and experience. Malformed messages are an {@link IllegalArgumentException}. */
public final class RolloutCodec {

  private RolloutCodec() {}

  public static Rollout toMessage(io.rlhf4j.rl.Rollout rollout) {
    Rollout.Builder message =
        Rollout.newBuilder().setKey(toMessage(rollout.key())).setFinish(switch (rollout.finish()) {
          case STOP -> io.rlhf4j.proto.v1.FinishReason.FINISH_REASON_STOP;
          case STOP_STRING -> io.rlhf4j.proto.v1.FinishReason.FINISH_REASON_STOP_STRING;
          case LENGTH -> io.rlhf4j.proto.v1.FinishReason.FINISH_REASON_LENGTH;
        });
    for (int token : rollout.prompt()) {
      message.addPrompt(token);
    }
    for (int token : rollout.response()) {
      message.addResponse(token);
    }
    for (float logProb : rollout.behaviourLogProbs()) {
      message.addBehaviourLogProbs(logProb);
    }
    return message.build();
  }

  public static io.rlhf4j.rl.Rollout fromMessage(Rollout message) {
    return new io.rlhf4j.rl.Rollout(fromMessage(message.getKey()),
        Packed.ints(message.getPromptCount(), message::getPrompt),
        Packed.ints(message.getResponseCount(), message::getResponse),
        Packed.floats(message.getBehaviourLogProbsCount(), message::getBehaviourLogProbs),
        finish(message));
  }

  public static Experience toMessage(io.rlhf4j.rl.Experience experience) {
    Experience.Builder message = Experience.newBuilder().setRollout(toMessage(experience.rollout()));
    for (int i = 0; i < experience.oldLogProbs().length; i++) {
      message.addOldLogProbs(experience.oldLogProbs()[i]).addAdvantages(experience.advantages()[i]);
    }
    for (int i = 0; i < experience.oldValues().length; i++) {
      message.addOldValues(experience.oldValues()[i]).addReturns(experience.returns()[i]);
    }
    for (float logProb : experience.referenceLogProbs()) {
      message.addReferenceLogProbs(logProb);
    }
    return message.build();
  }

  public static io.rlhf4j.rl.Experience fromMessage(Experience message) {
    return new io.rlhf4j.rl.Experience(fromMessage(message.getRollout()),
        Packed.floats(message.getOldLogProbsCount(), message::getOldLogProbs),
        Packed.floats(message.getOldValuesCount(), message::getOldValues),
        Packed.floats(message.getAdvantagesCount(), message::getAdvantages),
        Packed.floats(message.getReturnsCount(), message::getReturns),
        Packed.floats(message.getReferenceLogProbsCount(), message::getReferenceLogProbs));
  }

  private static RolloutKey toMessage(io.rlhf4j.rl.RolloutKey key) {
    return RolloutKey.newBuilder().setStep(key.step()).setPromptId(key.promptId()).setSampleIndex(key.sampleIndex())
        .setPolicyVersion(key.policyVersion()).build();
  }

  private static io.rlhf4j.rl.RolloutKey fromMessage(RolloutKey key) {
    return new io.rlhf4j.rl.RolloutKey(key.getStep(), key.getPromptId(), key.getSampleIndex(),
        key.getPolicyVersion());
  }

  private static FinishReason finish(Rollout message) {
    return switch (message.getFinish()) {
      case FINISH_REASON_STOP -> FinishReason.STOP;
      case FINISH_REASON_STOP_STRING -> FinishReason.STOP_STRING;
      case FINISH_REASON_LENGTH -> FinishReason.LENGTH;
      case FINISH_REASON_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalArgumentException("rollout has no finish reason that this version knows");
    };
  }
}
