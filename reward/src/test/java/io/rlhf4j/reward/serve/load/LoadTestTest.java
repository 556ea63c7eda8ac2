package io.rlhf4j.reward.serve.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.InputException;
import io.rlhf4j.reward.kind.Answer;
import io.rlhf4j.reward.kind.AnswerReward;
import io.rlhf4j.reward.kind.Rewards;
import io.rlhf4j.reward.serve.RewardServer;
import io.rlhf4j.reward.serve.ServeOptions;
import io.rlhf4j.reward.serve.rpc.GrpcTarget;
import io.rlhf4j.text.ChatMessage;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against servers over real sockets, right ones and broken ones. */
class LoadTestTest {

  private static final List<Answer> QUESTIONS = IntStream.range(0, 50)
      .mapToObj(i -> new Answer(List.of(ChatMessage.user("q")), String.valueOf(i), null)).toList();
  private static final LoadTest SHORT = new LoadTest(16, 0.3, 2, 0.4);

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void noAnswerIsWrongOrLostWhileOthersLeave(boolean grpc) throws Exception {
    try (RewardServer server = server(LoadTestTest::numbers); LoadTarget target = target(server, grpc)) {
      LoadReport report = SHORT.run(target, QUESTIONS);
      assertThat(report.failures()).as(report.toText()).isZero();
      assertThat(report.leaving().left()).isPositive();
      assertThat(report.leaving().millis()).isNotEmpty().isSorted();
      assertThat(report.ratios()).hasSize(2);
      assertThat(new ObjectMapper().readTree(report.toJson()).at("/leaving/left").asLong())
          .isEqualTo(report.leaving().left());
      assertThat(report.toText()).contains("1 client ", "16 clients, some leave", "16 clients over one: ");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void answersThatChangeInABatchAreWrong(boolean grpc) throws Exception {
    AnswerReward mixedUp = answers -> {
      double[] scores = numbers(answers);
      scores[0] += answers.size() > 1 ? 0.01 : 0;
      return scores;
    };
    try (RewardServer server = server(mixedUp); LoadTarget target = target(server, grpc)) {
      LoadReport report = SHORT.run(target, QUESTIONS);
      assertThat(report.together().wrong()).isPositive();
      assertThat(report.single().wrong()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void answersThatDoNotComeAreLost(boolean grpc) throws Exception {
    AnswerReward failing = answers -> {
      if (answers.size() > 1 || answers.getFirst().text().equals("none")) {
        throw new IllegalStateException("too much");
      }
      return numbers(answers);
    };
    List<Answer> questions = List.of(new Answer(List.of(ChatMessage.user("q")), "none", null));
    try (RewardServer server = server(failing); LoadTarget target = target(server, grpc)) {
      assertThatThrownBy(() -> SHORT.run(target, questions)).isInstanceOf(InputException.class)
          .hasMessageStartingWith("the server does not score question 1:").hasMessageContaining("too much");
      Phase phase = new Clients(target, questions, new double[1]).closedLoop(2, 0.1, 0);
      assertThat(phase.lost()).isPositive();
      assertThat(phase.problem()).contains("too much");
      assertThat(phase.millis()).isEmpty();
    }
  }

  @Test
  void timesOfAPhase() {
    var phase = new Phase(2, IntStream.rangeClosed(1, 200).asDoubleStream().toArray(), 0, 0, 0, "");
    assertThat(phase.rate()).isEqualTo(100);
    assertThat(phase.within(0.5)).isEqualTo(100);
    assertThat(phase.within(0.99)).isEqualTo(198);
    assertThat(new Phase(1, new double[0], 0, 0, 0, "").within(0.5)).isNaN();
  }

  private static double[] numbers(List<Answer> answers) {
    return answers.stream().mapToDouble(answer -> Double.parseDouble(answer.text())).toArray();
  }

  private static RewardServer server(AnswerReward reward) {
    return RewardServer.start(Rewards.of("numbers", reward), new ServeOptions("127.0.0.1", 0, 0, 8,
        Duration.ofMillis(2), 1000, 100_000, Duration.ofSeconds(30)));
  }

  private static LoadTarget target(RewardServer server, boolean grpc) {
    return grpc ? new GrpcTarget("127.0.0.1", server.grpcPort())
        : new HttpTarget(URI.create("http://127.0.0.1:" + server.httpPort() + "/get_reward"));
  }
}
