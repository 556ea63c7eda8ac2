package io.rlhf4j.critic.rpc;

import io.rlhf4j.critic.CriticRole;
import io.rlhf4j.proto.v1.CriticServiceGrpc;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.rpc.MetricsCodec;
import io.rlhf4j.rpc.RemoteRole;
import io.rlhf4j.rpc.RoleClient;
import io.rlhf4j.rpc.SequenceCodec;
import io.rlhf4j.rpc.Shapes;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A {@link CriticRole} behind gRPC. */
public final class RemoteCritic extends RemoteRole implements CriticRole {

  public RemoteCritic(RoleClient client) {
    super(client, CriticServiceGrpc.getPrepareMethod());
  }

  @Override
  public List<float[]> values(List<TokenSequence> sequences) {
    return client.callEach(CriticServiceGrpc.getValuesMethod(), Shapes.sequencesHeader(sequences), sequences,
        Shapes::sequencesItem, client.deadlines().score()).stream().map(SequenceCodec::values).toList();
  }

  @Override
  public Map<String, Double> update(long step, List<Experience> batch) {
    return MetricsCodec.fromMessage(client.callOnce(CriticServiceGrpc.getUpdateMethod(),
        Shapes.updateHeader(step, batch), batch, Shapes::updateItem, client.deadlines().update()));
  }

  /** @param directory must not exist yet */
  @Override
  public void save(Path directory) {
    client.fetchModel(CriticServiceGrpc.getFetchModelMethod(), directory);
  }

  /** @param directory must not exist yet */
  @Override
  public void checkpoint(Path directory) {
    client.fetchTrainingState(CriticServiceGrpc.getFetchModelMethod(), directory);
  }
}
