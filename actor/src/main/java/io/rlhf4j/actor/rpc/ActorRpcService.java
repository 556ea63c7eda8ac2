package io.rlhf4j.actor.rpc;

import io.grpc.stub.StreamObserver;
import io.rlhf4j.actor.ActorRole;
import io.rlhf4j.proto.v1.ActorServiceGrpc;
import io.rlhf4j.proto.v1.FetchModelReply;
import io.rlhf4j.proto.v1.FetchModelRequest;
import io.rlhf4j.proto.v1.GenerateHeader;
import io.rlhf4j.proto.v1.GenerateRequest;
import io.rlhf4j.proto.v1.LogProbsRequest;
import io.rlhf4j.proto.v1.Metrics;
import io.rlhf4j.proto.v1.PrepareReply;
import io.rlhf4j.proto.v1.PrepareRequest;
import io.rlhf4j.proto.v1.Rollout;
import io.rlhf4j.proto.v1.TokenLogProbs;
import io.rlhf4j.proto.v1.UpdateRequest;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rpc.BatchShape;
import io.rlhf4j.rpc.MetricsCodec;
import io.rlhf4j.rpc.RoleBinding;
import io.rlhf4j.rpc.RoleFactory;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.rpc.RoleServer;
import io.rlhf4j.rpc.RoleSession;
import io.rlhf4j.rpc.RolloutCodec;
import io.rlhf4j.rpc.SequenceCodec;
import io.rlhf4j.rpc.Shapes;

/** Serves an {@link ActorRole}. */
public final class ActorRpcService extends ActorServiceGrpc.ActorServiceImplBase {

  private static final BatchShape<GenerateRequest, GenerateHeader, PromptRequest> GENERATE =
      new BatchShape<>(GenerateRequest::hasHeader, GenerateRequest::getHeader, GenerateHeader::getPrompts,
          message -> SequenceCodec.fromMessage(message.getPrompt()));

  private final RoleSession<ActorRole> session;

  private ActorRpcService(RoleSession<ActorRole> session) {
    this.session = session;
  }

  /** Starts a server whose role is built by {@code factory} at each Prepare call. */
  public static RoleServer start(RoleFactory<ActorRole> factory, RoleBinding binding) {
    return RoleServer.start(RoleName.ACTOR, factory, binding, ActorRpcService::new);
  }

  @Override
  public StreamObserver<PrepareRequest> prepare(StreamObserver<PrepareReply> replies) {
    return session.prepare(replies);
  }

  @Override
  public StreamObserver<GenerateRequest> generate(StreamObserver<Rollout> replies) {
    return session.batch(replies, GENERATE, (role, header, prompts, sink) -> role.generate(header.getStep(), prompts,
        SequenceCodec.fromMessage(header.getOptions()), rollout -> sink.accept(RolloutCodec.toMessage(rollout))));
  }

  @Override
  public StreamObserver<LogProbsRequest> logProbs(StreamObserver<TokenLogProbs> replies) {
    return session.batch(replies, Shapes.LOG_PROBS, (role, header, sequences, sink) -> role
        .logProbs(sequences, header.getTemperature()).forEach(row -> sink.accept(SequenceCodec.logProbs(row))));
  }

  @Override
  public StreamObserver<UpdateRequest> update(StreamObserver<Metrics> replies) {
    return session.batch(replies, Shapes.UPDATE, (role, header, batch, sink) -> sink
        .accept(MetricsCodec.toMessage(role.update(header.getStep(), batch))));
  }

  @Override
  public StreamObserver<FetchModelRequest> fetchModel(StreamObserver<FetchModelReply> replies) {
    return session.fetchModel(replies, ActorRole::save, ActorRole::checkpoint);
  }
}
