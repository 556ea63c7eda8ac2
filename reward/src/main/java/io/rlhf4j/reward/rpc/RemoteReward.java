package io.rlhf4j.reward.rpc;

import io.rlhf4j.proto.v1.RewardServiceGrpc;
import io.rlhf4j.proto.v1.SequenceScore;
import io.rlhf4j.reward.kind.AnswerGroup;
import io.rlhf4j.reward.kind.AnswersRole;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.rpc.RemoteRole;
import io.rlhf4j.rpc.RoleClient;
import io.rlhf4j.rpc.Shapes;
import java.util.List;

/** A reward role behind gRPC. */
public final class RemoteReward extends RemoteRole implements AnswersRole {

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

  @Override
  public Scored scoreAnswers(List<AnswerGroup> groups) {
    return AnswersCodec.scored(client.callEach(RewardServiceGrpc.getScoreAnswersMethod(), AnswersCodec.header(groups),
        groups, AnswersCodec::item, client.deadlines().score()));
  }
}
