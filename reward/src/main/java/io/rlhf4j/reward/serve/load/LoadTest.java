package io.rlhf4j.reward.serve.load;

import io.rlhf4j.config.InputException;
import io.rlhf4j.reward.kind.Answer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Compares many clients at once with one that asks one question after the other, then looks at the times of answers at
 * half of that load, then has some clients leave early.
 *
 * @param clients that ask at once
 * @param seconds of each phase
 * @param rounds of one client and many, in turn
 * @param leaving share of requests that are abandoned in the last phase; 0 leaves the phase out
 */
public record LoadTest(int clients, double seconds, int rounds, double leaving) {

  public LoadTest {
    require(clients >= 2, "--clients", clients, "at least 2");
    require(seconds > 0, "--seconds", seconds, "greater than 0");
    require(rounds >= 1, "--rounds", rounds, "at least 1");
    require(leaving >= 0 && leaving < 1, "--leaving", leaving, "at least 0 and below 1");
  }

  private static void require(boolean holds, String option, Object value, String rule) {
    if (!holds) {
      throw InputException.key(option, "is " + value + ", must be " + rule);
    }
  }

  /**
   * Asks each question alone to learn the right scores, then lets all clients ask for a phase that does not count, then
   * begins.
   *
   * @throws InputException if the server does not answer
   */
  public LoadReport run(LoadTarget target, List<Answer> questions) throws InterruptedException {
    var asking = new Clients(target, questions, alone(target, questions));
    // Until both programs have compiled what they do often.
    asking.closedLoop(clients, seconds, 0);
    List<Phase> single = new ArrayList<>();
    List<Phase> together = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      single.add(asking.closedLoop(1, seconds, 0));
      together.add(asking.closedLoop(clients, seconds, 0));
    }
    double full = median(together.stream().mapToDouble(Phase::rate).toArray());
    Phase half = asking.openLoop(full / 2, seconds);
    double[] ratios = new double[rounds];
    Arrays.setAll(ratios, i -> together.get(i).rate() / single.get(i).rate());
    return new LoadReport(clients, Phase.together(single), Phase.together(together), ratios, median(ratios), half,
        leaving == 0 ? null : asking.closedLoop(clients, seconds, leaving));
  }

  private static double[] alone(LoadTarget target, List<Answer> questions) throws InterruptedException {
    double[] scores = new double[questions.size()];
    for (int i = 0; i < scores.length; i++) {
      try {
        scores[i] = target.score(questions.get(i));
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        throw new InputException("the server does not score question " + (i + 1) + ": " + e, e);
      }
    }
    return scores;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }
}
