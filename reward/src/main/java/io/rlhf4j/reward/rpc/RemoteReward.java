package io.rlhf4j.reward.rpc;

import io.rlhf4j.proto.v1.RewardServiceGrpc;
import io.rlhf4j.proto.v1.SequenceScore;
import io.rlhf4j.reward.RewardRole;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.rpc.Endpoint;
import io.rlhf4j.rpc.RemoteRole;
import io.rlhf4j.rpc.RoleClient;
import io.rlhf4j.rpc.Shapes;
import java.nio.file.Path;
import java.util.List;

/** A {@link RewardRole} behind gRPC. */
public final class RemoteReward implements RewardRole, RemoteRole {

  private final RoleClient client;

  public RemoteReward(RoleClient client) {
    this.client = client;
  }

  @Override
  public Endpoint endpoint() {
    return client.endpoint();
  }

  @Override
  public void prepare(Path modelDirectory, String settingsJson) {
    client.prepare(RewardServiceGrpc.getPrepareMethod(), modelDirectory, settingsJson);
  }

  @Override
  public float[] score(List<TokenSequence> sequences) {
    List<SequenceScore> replies = client.callEach(RewardServiceGrpc.getScoreMethod(),
        Shapes.sequencesHeader(sequences), sequences, Shapes::sequencesItem, client.deadlines().score());
    float[] scores = new float[replies.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = replies.get(i).getScore();
    }
    return scores;
  }

  @Override
  public void close() {
    client.close();
  }
}
