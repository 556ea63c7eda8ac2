package io.rlhf4j.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextTableTest {

  @Test
  void numbersStandAtTheRight() {
    var table = new TextTable("", "before", "after").row("gold score", "0.31", "10.82").row("KL", "", "-3 nats");

    assertThat(table).hasToString("""
                    before    after
        ----------  ------  -------
        gold score    0.31    10.82
        KL                  -3 nats
        """);
  }

  @Test
  void wideCellsAreWrapped() {
    var table = new TextTable("prompt", "answer").wrapAt(10).row("one", "two three four\nabcdefghijklm");

    assertThat(table).hasToString("""
        prompt  answer
        ------  ----------
        one     two three
                four
                abcdefghij
                klm
        """);
  }
}
