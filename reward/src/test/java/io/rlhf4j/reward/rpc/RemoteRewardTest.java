package io.rlhf4j.reward.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.reward.RewardRole;
import io.rlhf4j.reward.kind.AnswerGroup;
import io.rlhf4j.reward.kind.AnswersRole;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.rpc.CallDeadlines;
import io.rlhf4j.rpc.RoleBinding;
import io.rlhf4j.rpc.RoleClient;
import io.rlhf4j.rpc.RoleServer;
import io.rlhf4j.rpc.RpcLimits;
import io.rlhf4j.text.ChatMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers as texts over gRPC. */
class RemoteRewardTest {

  @TempDir
  private Path directory;

  private Path model;

  /** Scores an answer by its length, and one without letters not at all. */
  private static final class Lengths implements AnswersRole {

    final List<AnswerGroup> seen = new ArrayList<>();

    @Override
    public Scored scoreAnswers(List<AnswerGroup> groups) {
      seen.addAll(groups);
      return new Scored(groups.stream().map(group -> group.answers().stream()
          .mapToDouble(text -> text.isEmpty() ? Double.NaN : text.length() / 3.0).toArray()).toList(),
          Map.of("asked", (long) groups.size(), "another", 2L));
    }

    @Override
    public float[] score(List<TokenSequence> sequences) {
      return new float[sequences.size()];
    }

    @Override
    public void close() {}
  }

  private record TokensOnly() implements RewardRole {

    @Override
    public float[] score(List<TokenSequence> sequences) {
      return new float[sequences.size()];
    }

    @Override
    public void close() {}
  }

  @BeforeEach
  void writeModel() throws IOException {
    model = Files.createDirectories(directory.resolve("model"));
    Files.writeString(model.resolve("config.json"), "{}");
  }

  @Test
  void scoresLabelsAndCountsTravelAsTheyAre() {
    Lengths lengths = new Lengths();
    List<ChatMessage> talk = List.of(new ChatMessage("system", "be brief"), ChatMessage.user("hé?"));
    List<AnswerGroup> groups =
        List.of(new AnswerGroup(talk, List.of("yes", "", "no"), "7"), new AnswerGroup(talk, List.of("x"), null));
    try (RoleServer server =
        RewardRpcService.start((path, settings) -> lengths, RoleBinding.loopback(directory.resolve("work")));
        RemoteReward remote = connect(server)) {
      remote.prepare(model, "{}");
      AnswersRole.Scored scored = remote.scoreAnswers(groups);
      assertThat(lengths.seen).isEqualTo(groups);
      assertThat(scored.scores()).hasSize(2);
      // Doubles, not the floats of token scores.
      assertThat(scored.scores().get(0)).containsExactly(1.0, Double.NaN, 2 / 3.0);
      assertThat(scored.scores().get(1)).containsExactly(1 / 3.0);
      assertThat(scored.counts()).containsExactly(Map.entry("another", 2L), Map.entry("asked", 2L));
      assertThat(remote.scoreAnswers(List.of()).scores()).isEmpty();

      assertThatThrownBy(() -> remote.scoreAnswers(List.of(new AnswerGroup(talk, List.of(), null))))
          .hasMessageContaining("a group needs a prompt and answers, has 2 turns and 0 answers");
    }
  }

  @Test
  void aRoleForTokensSaysSo() {
    try (RoleServer server =
        RewardRpcService.start((path, settings) -> new TokensOnly(), RoleBinding.loopback(directory.resolve("work")));
        RemoteReward remote = connect(server)) {
      remote.prepare(model, "{}");
      AnswerGroup group = new AnswerGroup(List.of(ChatMessage.user("q")), List.of("a"), null);
      assertThatThrownBy(() -> remote.scoreAnswers(List.of(group)))
          .hasMessageContaining("was prepared to score sequences of tokens, not answers as texts");
    }
  }

  private static RemoteReward connect(RoleServer server) {
    return new RemoteReward(new RoleClient(server.endpoint(), "hash", CallDeadlines.DEFAULT, RpcLimits.DEFAULT));
  }
}
