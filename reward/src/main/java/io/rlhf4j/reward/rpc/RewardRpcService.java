package io.rlhf4j.reward.rpc;

import io.grpc.stub.StreamObserver;
import io.rlhf4j.proto.v1.AnswersReply;
import io.rlhf4j.proto.v1.AnswersRequest;
import io.rlhf4j.proto.v1.PrepareReply;
import io.rlhf4j.proto.v1.PrepareRequest;
import io.rlhf4j.proto.v1.RewardServiceGrpc;
import io.rlhf4j.proto.v1.SequenceScore;
import io.rlhf4j.proto.v1.SequencesRequest;
import io.rlhf4j.reward.RewardRole;
import io.rlhf4j.reward.kind.AnswersRole;
import io.rlhf4j.rpc.RoleBinding;
import io.rlhf4j.rpc.RoleFactory;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.rpc.RoleServer;
import io.rlhf4j.rpc.RoleSession;
import io.rlhf4j.rpc.Shapes;

/** Serves a {@link RewardRole}. */
public final class RewardRpcService extends RewardServiceGrpc.RewardServiceImplBase {

  private final RoleSession<RewardRole> session;

  private RewardRpcService(RoleSession<RewardRole> session) {
    this.session = session;
  }

  /** Starts a server whose role is built by {@code factory} at each Prepare call. */
  public static RoleServer start(RoleFactory<RewardRole> factory, RoleBinding binding) {
    return RoleServer.start(RoleName.REWARD, factory, binding, RewardRpcService::new);
  }

  @Override
  public StreamObserver<PrepareRequest> prepare(StreamObserver<PrepareReply> replies) {
    return session.prepare(replies);
  }

  @Override
  public StreamObserver<SequencesRequest> score(StreamObserver<SequenceScore> replies) {
    return session.batch(replies, Shapes.SEQUENCES, (role, header, sequences, sink) -> {
      for (float score : role.score(sequences)) {
        sink.accept(SequenceScore.newBuilder().setScore(score).build());
      }
    });
  }

  @Override
  public StreamObserver<AnswersRequest> scoreAnswers(StreamObserver<AnswersReply> replies) {
    return session.batch(replies, AnswersCodec.SHAPE, (role, header, groups, sink) -> {
      if (!(role instanceof AnswersRole answers)) {
        throw new IllegalStateException("was prepared to score sequences of tokens, not answers as texts");
      }
      AnswersCodec.replies(answers.scoreAnswers(groups)).forEach(sink);
    });
  }
}
