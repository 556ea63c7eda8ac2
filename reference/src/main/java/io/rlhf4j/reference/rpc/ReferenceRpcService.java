package io.rlhf4j.reference.rpc;

import io.grpc.stub.StreamObserver;
import io.rlhf4j.proto.v1.LogProbsRequest;
import io.rlhf4j.proto.v1.PrepareReply;
import io.rlhf4j.proto.v1.PrepareRequest;
import io.rlhf4j.proto.v1.ReferenceServiceGrpc;
import io.rlhf4j.proto.v1.TokenLogProbs;
import io.rlhf4j.reference.ReferenceRole;
import io.rlhf4j.rpc.RoleBinding;
import io.rlhf4j.rpc.RoleFactory;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.rpc.RoleServer;
import io.rlhf4j.rpc.RoleSession;
import io.rlhf4j.rpc.SequenceCodec;
import io.rlhf4j.rpc.Shapes;

/** Serves a {@link ReferenceRole}. */
public final class ReferenceRpcService extends ReferenceServiceGrpc.ReferenceServiceImplBase {

  private final RoleSession<ReferenceRole> session;

  private ReferenceRpcService(RoleSession<ReferenceRole> session) {
    this.session = session;
  }

  /** Starts a server whose role is built by {@code factory} at each Prepare call. */
  public static RoleServer start(RoleFactory<ReferenceRole> factory, RoleBinding binding) {
    return RoleServer.start(RoleName.REFERENCE, factory, binding, ReferenceRpcService::new);
  }

  @Override
  public StreamObserver<PrepareRequest> prepare(StreamObserver<PrepareReply> replies) {
    return session.prepare(replies);
  }

  @Override
  public StreamObserver<LogProbsRequest> logProbs(StreamObserver<TokenLogProbs> replies) {
    return session.batch(replies, Shapes.LOG_PROBS, (role, header, sequences, sink) -> role
        .logProbs(sequences, header.getTemperature()).forEach(row -> sink.accept(SequenceCodec.logProbs(row))));
  }
}
