package io.rlhf4j.critic.rpc;

import io.grpc.stub.StreamObserver;
import io.rlhf4j.critic.CriticRole;
import io.rlhf4j.proto.v1.CriticServiceGrpc;
import io.rlhf4j.proto.v1.FetchModelReply;
import io.rlhf4j.proto.v1.FetchModelRequest;
import io.rlhf4j.proto.v1.Metrics;
import io.rlhf4j.proto.v1.PrepareReply;
import io.rlhf4j.proto.v1.PrepareRequest;
import io.rlhf4j.proto.v1.SequencesRequest;
import io.rlhf4j.proto.v1.TokenValues;
import io.rlhf4j.proto.v1.UpdateRequest;
import io.rlhf4j.rpc.MetricsCodec;
import io.rlhf4j.rpc.RoleBinding;
import io.rlhf4j.rpc.RoleFactory;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.rpc.RoleServer;
import io.rlhf4j.rpc.RoleSession;
import io.rlhf4j.rpc.SequenceCodec;
import io.rlhf4j.rpc.Shapes;

/** Serves a {@link CriticRole}. */
public final class CriticRpcService extends CriticServiceGrpc.CriticServiceImplBase {

  private final RoleSession<CriticRole> session;

  private CriticRpcService(RoleSession<CriticRole> session) {
    this.session = session;
  }

  /** Starts a server whose role is built by {@code factory} at each Prepare call. */
  public static RoleServer start(RoleFactory<CriticRole> factory, RoleBinding binding) {
    return RoleServer.start(RoleName.CRITIC, factory, binding, CriticRpcService::new);
  }

  @Override
  public StreamObserver<PrepareRequest> prepare(StreamObserver<PrepareReply> replies) {
    return session.prepare(replies);
  }

  @Override
  public StreamObserver<SequencesRequest> values(StreamObserver<TokenValues> replies) {
    return session.batch(replies, Shapes.SEQUENCES, (role, header, sequences, sink) -> role.values(sequences)
        .forEach(row -> sink.accept(SequenceCodec.values(row))));
  }

  @Override
  public StreamObserver<UpdateRequest> update(StreamObserver<Metrics> replies) {
    return session.batch(replies, Shapes.UPDATE, (role, header, batch, sink) -> sink
        .accept(MetricsCodec.toMessage(role.update(header.getStep(), batch))));
  }

  @Override
  public StreamObserver<FetchModelRequest> fetchModel(StreamObserver<FetchModelReply> replies) {
    return session.fetchModel(replies, CriticRole::save, CriticRole::checkpoint);
  }
}
