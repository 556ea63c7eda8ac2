package io.rlhf4j.rpc;

import io.rlhf4j.proto.v1.LogProbsHeader;
import io.rlhf4j.proto.v1.LogProbsRequest;
import io.rlhf4j.proto.v1.SequencesHeader;
import io.rlhf4j.proto.v1.SequencesRequest;
import io.rlhf4j.proto.v1.UpdateHeader;
import io.rlhf4j.proto.v1.UpdateRequest;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.TokenSequence;
import java.util.List;

/** Request streams that more than one role reads, and how their clients write them. */
public final class Shapes {

  /** Sequences whose log-probs are wanted. */
  public static final BatchShape<LogProbsRequest, LogProbsHeader, TokenSequence> LOG_PROBS =
      new BatchShape<>(LogProbsRequest::hasHeader, LogProbsRequest::getHeader, LogProbsHeader::getSequences,
          message -> SequenceCodec.fromMessage(message.getSequence()));

  /** Sequences to be scored. */
  public static final BatchShape<SequencesRequest, SequencesHeader, TokenSequence> SEQUENCES =
      new BatchShape<>(SequencesRequest::hasHeader, SequencesRequest::getHeader, SequencesHeader::getSequences,
          message -> SequenceCodec.fromMessage(message.getSequence()));

  /** Experience to learn from. */
  public static final BatchShape<UpdateRequest, UpdateHeader, Experience> UPDATE =
      new BatchShape<>(UpdateRequest::hasHeader, UpdateRequest::getHeader, UpdateHeader::getExperiences,
          message -> RolloutCodec.fromMessage(message.getExperience()));

  private Shapes() {}

  public static LogProbsRequest logProbsHeader(List<TokenSequence> sequences, double temperature) {
    return LogProbsRequest.newBuilder()
        .setHeader(LogProbsHeader.newBuilder().setTemperature(temperature).setSequences(sequences.size())).build();
  }

  public static LogProbsRequest logProbsItem(TokenSequence sequence) {
    return LogProbsRequest.newBuilder().setSequence(SequenceCodec.toMessage(sequence)).build();
  }

  public static SequencesRequest sequencesHeader(List<TokenSequence> sequences) {
    return SequencesRequest.newBuilder().setHeader(SequencesHeader.newBuilder().setSequences(sequences.size())).build();
  }

  public static SequencesRequest sequencesItem(TokenSequence sequence) {
    return SequencesRequest.newBuilder().setSequence(SequenceCodec.toMessage(sequence)).build();
  }

  public static UpdateRequest updateHeader(long step, List<Experience> batch) {
    return UpdateRequest.newBuilder()
        .setHeader(UpdateHeader.newBuilder().setStep(step).setExperiences(batch.size())).build();
  }

  public static UpdateRequest updateItem(Experience experience) {
    return UpdateRequest.newBuilder().setExperience(RolloutCodec.toMessage(experience)).build();
  }
}
