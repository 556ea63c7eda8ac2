package io.rlhf4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.rl.TokenSequence;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class StoredAnswersTest {

  @Test
  void thePromptIsStoredOnce() {
    TokenSequence first = new TokenSequence(new int[] {7, 8, 21, 22, 23}, 2);
    TokenSequence second = new TokenSequence(new int[] {7, 8, 31}, 2);
    ByteBuffer body = new StoredAnswers(first, second).body();

    int[] stored = new int[body.remaining() / Integer.BYTES];
    body.asIntBuffer().get(stored);
    assertThat(stored).containsExactly(7, 8, 21, 22, 23, 31);
    StoredAnswers read = StoredAnswers.read(body, 2, 3);
    assertThat(read.first().tokens()).containsExactly(7, 8, 21, 22, 23);
    assertThat(read.second().tokens()).containsExactly(7, 8, 31);
    assertThat(read.second().promptLength()).isEqualTo(2);
  }
}
