package io.rlhf4j.launcher.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.text.MaskedTokens;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class DemonstrationsTest {

  private static final MaskedTokens LONG = new MaskedTokens(new int[50_000], new boolean[50_000]);

  @Test
  void whatDoesNotFitIsSaid() {
    assertThat(Demonstrations.left(Collections.nCopies(6, LONG), 1)).isEmpty();
    List<MaskedTokens> eight = Collections.nCopies(8, LONG);
    assertThat(Demonstrations.left(eight, 1)).contains("ppo.ptx_coef: 6 of 8 SFT examples are imitated during PPO, "
        + "chosen by the seed: no more than 300000 tokens travel to the actor");
    ObjectNode settings = JsonNodeFactory.instance.objectNode();
    Demonstrations.put(settings, eight, 1);
    assertThat(Demonstrations.in(settings)).hasSize(6);
  }
}
