package io.rlhf4j.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResponseSignsTest {

  @Test
  void threeResponsesByHand() {
    // Lengths 5, 3, 3 and scores 5, 1, 3: deviations (4/3, -2/3, -2/3) and (2, -2, 0), so 4 / sqrt(24/9 * 8).
    Map<String, Double> signs = ResponseSigns.of(List.of(scored(1, 0, 5, 7, 7, 7, 7, 7), scored(1, 1, 1, 1, 2, 3),
        scored(2, 0, 3, 1, 2, 3)));

    assertThat(signs).containsEntry("score_min", 1.0).containsEntry("score_max", 5.0);
    assertThat(signs.get("length_score_correlation")).isCloseTo(4 / Math.sqrt(24 / 9.0 * 8), within(1e-9));
    // Three runs of 7 7 7, two of which repeat the first: 2 / 3, and nothing in the other two responses.
    assertThat(signs.get("repetition")).isCloseTo(2 / 9.0, within(1e-9));
    assertThat(signs.get("duplicate_rate")).isCloseTo(2 / 3.0, within(1e-9));
    assertThat(signs).containsEntry("flat_group_rate", 0.0);
  }

  @Test
  void theSameAnswerTwiceToOnePromptIsNoDuplicateButItsGroupIsFlat() {
    Map<String, Double> signs = ResponseSigns.of(List.of(scored(1, 0, 2, 4, 5), scored(1, 1, 2, 4, 5)));

    assertThat(signs).containsEntry("duplicate_rate", 0.0).containsEntry("flat_group_rate", 1.0)
        .containsEntry("length_score_correlation", 0.0).containsEntry("repetition", 0.0);
  }

  @Test
  void singleResponsesHaveNoGroups() {
    assertThat(ResponseSigns.of(List.of(scored(1, 0, 2, 4)))).doesNotContainKey("flat_group_rate");
  }

  private static ScoredRollout scored(long prompt, int sample, float score, int... response) {
    int n = response.length;
    return new ScoredRollout(new Rollout(new RolloutKey(0, prompt, sample, 0), new int[] {1}, response, new float[n],
        FinishReason.STOP), score, new float[n], new float[n], new float[0]);
  }
}
