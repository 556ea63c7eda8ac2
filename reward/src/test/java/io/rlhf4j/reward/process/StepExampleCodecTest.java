package io.rlhf4j.reward.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class StepExampleCodecTest {

  @Test
  void aJudgedAnswerComesBackAsItWas() {
    StepExampleCodec codec = new StepExampleCodec();
    StepExample row = new StepExample(new Steps(new int[] {5, 6, 7, 8, 9}, 2, new int[] {3, 4}, true),
        new float[] {0.25f, 1});
    StepExample again = codec.read(codec.facts(row), codec.body(row));

    assertThat(again.steps().tokens()).containsExactly(5, 6, 7, 8, 9);
    assertThat(again.steps().promptLength()).isEqualTo(2);
    assertThat(again.steps().ends()).containsExactly(3, 4);
    assertThat(again.steps().cut()).isTrue();
    assertThat(again.labels()).containsExactly(0.25f, 1);
    assertThat(StepFingerprint.of(List.of(List.of(again)))).isEqualTo(StepFingerprint.of(List.of(List.of(row))));
  }
}
