package io.rlhf4j.launcher.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.data.Batches;
import io.rlhf4j.text.MaskedTokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** SFT examples on their way to the actor: as part of its settings, which it gets again whenever it starts anew. */
final class Demonstrations {

  private static final String KEY = "demonstrations";

  /** The settings travel in one message of at most 4 MiB. */
  private static final int MOST_TOKENS = 300_000;

  private Demonstrations() {}

  /** A line for the user if not all examples fit. */
  static Optional<String> left(List<MaskedTokens> examples, long seed) {
    int fit = chosen(examples, seed).size();
    return fit == examples.size() ? Optional.empty()
        : Optional.of("ppo.ptx_coef: " + fit + " of " + examples.size() + " SFT examples are imitated during PPO, "
            + "chosen by the seed: no more than " + MOST_TOKENS + " tokens travel to the actor");
  }

  private static List<MaskedTokens> chosen(List<MaskedTokens> examples, long seed) {
    List<MaskedTokens> chosen = new ArrayList<>();
    int left = MOST_TOKENS;
    for (List<MaskedTokens> one : Batches.pass(examples, seed, 0, 1)) {
      left -= one.getFirst().length();
      if (left < 0) {
        break;
      }
      chosen.add(one.getFirst());
    }
    return chosen;
  }

  /** Adds as many examples as fit, chosen by the seed. */
  static void put(ObjectNode settings, List<MaskedTokens> examples, long seed) {
    ArrayNode list = settings.putArray(KEY);
    for (MaskedTokens example : chosen(examples, seed)) {
      ObjectNode object = list.addObject();
      ArrayNode tokens = object.putArray("tokens");
      StringBuilder trained = new StringBuilder();
      for (int t = 0; t < example.length(); t++) {
        tokens.add(example.tokens()[t]);
        trained.append(example.trained()[t] ? '1' : '0');
      }
      object.put("trained", trained.toString());
    }
  }

  /** The examples in the settings; none if there are none. */
  static List<MaskedTokens> in(JsonNode settings) {
    List<MaskedTokens> examples = new ArrayList<>();
    for (JsonNode one : settings.path(KEY)) {
      int n = one.path("tokens").size();
      int[] tokens = new int[n];
      boolean[] trained = new boolean[n];
      for (int t = 0; t < n; t++) {
        tokens[t] = one.path("tokens").get(t).asInt();
        trained[t] = one.path("trained").asText().charAt(t) == '1';
      }
      examples.add(new MaskedTokens(tokens, trained));
    }
    return examples;
  }
}
