package io.rlhf4j.launcher.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CustomerMessageTest {

  @Test
  void readsTheAttributesFromTheText() {
    assertThat(CustomerMessage.parse("Hi, I am Eva. My clock fell apart. Please be quick."))
        .isEqualTo(new CustomerMessage("eva", "clock", Problem.BROKEN, Mood.HURRIED));
  }

  @Test
  void everyWrittenMessageReadsBackToItsAttributes() {
    MessageWriter writer = new MessageWriter(new SplittableRandom(2));
    for (int round = 0; round < 5; round++) {
      for (CustomerMessage message : CustomerMessage.all()) {
        String text = writer.write(message);
        assertThat(CustomerMessage.parse(text)).as(text).isEqualTo(message);
      }
    }
  }

  @Test
  void refusesATextThatIsNoneOfThisTask() {
    assertThatThrownBy(() -> CustomerMessage.parse("what is the capital of france?"))
        .isInstanceOf(InputException.class).hasMessageContaining("customer-replies").hasMessageContaining("name");
    assertThatThrownBy(() -> CustomerMessage.parse("hi, i am tom. my lamp and my desk came broken. please help."))
        .isInstanceOf(InputException.class).hasMessageContaining("2 words for a product");
  }
}
