package io.rlhf4j.reward.rpc;

import io.rlhf4j.proto.v1.AnswerScores;
import io.rlhf4j.proto.v1.AnswersHeader;
import io.rlhf4j.proto.v1.AnswersOfPrompt;
import io.rlhf4j.proto.v1.AnswersReply;
import io.rlhf4j.proto.v1.AnswersRequest;
import io.rlhf4j.proto.v1.ChatTurn;
import io.rlhf4j.reward.kind.AnswerGroup;
import io.rlhf4j.reward.kind.AnswersRole;
import io.rlhf4j.rpc.BatchShape;
import io.rlhf4j.text.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Answers to prompts and their scores on the wire. Malformed messages are an {@link IllegalArgumentException}. */
final class AnswersCodec {

  /** Groups to be scored. */
  static final BatchShape<AnswersRequest, AnswersHeader, AnswerGroup> SHAPE = new BatchShape<>(
      AnswersRequest::hasHeader, AnswersRequest::getHeader, AnswersHeader::getGroups, AnswersCodec::group);

  private AnswersCodec() {}

  static AnswersRequest header(List<AnswerGroup> groups) {
    return AnswersRequest.newBuilder().setHeader(AnswersHeader.newBuilder().setGroups(groups.size())).build();
  }

  static AnswersRequest item(AnswerGroup group) {
    AnswersOfPrompt.Builder message = AnswersOfPrompt.newBuilder().addAllAnswers(group.answers());
    for (ChatMessage turn : group.prompt()) {
      message.addPrompt(ChatTurn.newBuilder().setRole(turn.role()).setContent(turn.content()));
    }
    if (group.label() != null) {
      message.setLabel(group.label());
    }
    return AnswersRequest.newBuilder().setGroup(message).build();
  }

  private static AnswerGroup group(AnswersRequest message) {
    AnswersOfPrompt group = message.getGroup();
    if (group.getPromptCount() == 0 || group.getAnswersCount() == 0) {
      throw new IllegalArgumentException("a group needs a prompt and answers, has " + group.getPromptCount()
          + " turns and " + group.getAnswersCount() + " answers");
    }
    return new AnswerGroup(
        group.getPromptList().stream().map(turn -> new ChatMessage(turn.getRole(), turn.getContent())).toList(),
        group.getAnswersList(), group.hasLabel() ? group.getLabel() : null);
  }

  static List<AnswersReply> replies(AnswersRole.Scored scored) {
    List<AnswersReply> replies = new ArrayList<>();
    for (int g = 0; g < scored.scores().size(); g++) {
      AnswerScores.Builder scores = AnswerScores.newBuilder();
      for (double score : scored.scores().get(g)) {
        scores.addScores(score);
      }
      AnswersReply.Builder reply = AnswersReply.newBuilder().setScores(scores);
      if (g == scored.scores().size() - 1) {
        reply.putAllCounts(scored.counts());
      }
      replies.add(reply.build());
    }
    return replies;
  }

  static AnswersRole.Scored scored(List<AnswersReply> replies) {
    // A map on the wire has no order.
    Map<String, Long> counts = new TreeMap<>();
    List<double[]> scores = new ArrayList<>();
    for (AnswersReply reply : replies) {
      AnswerScores group = reply.getScores();
      double[] values = new double[group.getScoresCount()];
      for (int i = 0; i < values.length; i++) {
        values[i] = group.getScores(i);
      }
      scores.add(values);
      reply.getCountsMap().forEach((what, count) -> counts.merge(what, count, Long::sum));
    }
    return new AnswersRole.Scored(scores, counts);
  }
}
