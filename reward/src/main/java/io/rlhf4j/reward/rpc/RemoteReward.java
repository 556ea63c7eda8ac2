package io.rlhf4j.reward.rpc;

import io.rlhf4j.proto.v1.RewardServiceGrpc;
import io.rlhf4j.proto.v1.SequenceScore;
import io.rlhf4j.reward.RewardRole;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.rpc.RemoteRole;
import io.rlhf4j.rpc.RoleClient;
import io.rlhf4j.rpc.Shapes;
import java.util.List;

/** A {@link RewardRole} behind gRPC. */
public final class RemoteReward extends RemoteRole implements RewardRole {

  public RemoteReward(RoleClient client) {
    super(client, RewardServiceGrpc.getPrepareMethod());
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
}
