package io.rlhf4j.reference.rpc;

import io.rlhf4j.proto.v1.ReferenceServiceGrpc;
import io.rlhf4j.reference.ReferenceRole;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.rpc.RemoteRole;
import io.rlhf4j.rpc.RoleClient;
import io.rlhf4j.rpc.SequenceCodec;
import io.rlhf4j.rpc.Shapes;
import java.util.List;

/** A {@link ReferenceRole} behind gRPC. */
public final class RemoteReference extends RemoteRole implements ReferenceRole {

  public RemoteReference(RoleClient client) {
    super(client, ReferenceServiceGrpc.getPrepareMethod());
  }

  @Override
  public List<float[]> logProbs(List<TokenSequence> sequences, double temperature) {
    return client.callEach(ReferenceServiceGrpc.getLogProbsMethod(), Shapes.logProbsHeader(sequences, temperature),
        sequences, Shapes::logProbsItem, client.deadlines().score()).stream().map(SequenceCodec::logProbs).toList();
  }
}
