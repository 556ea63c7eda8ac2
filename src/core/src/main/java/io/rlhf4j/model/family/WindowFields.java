package io.rlhf4j.model.family;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Reads which layers attend through a sliding window. */
final class WindowFields {

  private WindowFields() {}

  /** The window of all layers, if there is one; 0 in {@code absent} for none where the field is missing. */
  static AttentionStyle everywhere(ConfigFields fields, AttentionStyle attention, int absent) {
    int window = fields.json().has("sliding_window") ? fields.integer("sliding_window", 0) : absent;
    return attention.withWindow(window, attention.windowed().stream().map(layer -> window > 0).toList());
  }

  /** The window of the layers that {@code layer_types} names, or of those that the rule names. */
  static AttentionStyle some(ConfigFields fields, AttentionStyle attention, IntPredicate rule) {
    int layers = attention.windowed().size();
    List<Boolean> windowed = fields.has("layer_types") ? listed(fields, layers)
        : IntStream.range(0, layers).mapToObj(rule::test).toList();
    int window = fields.integer("sliding_window", 4096);
    return attention.withWindow(window, windowed);
  }

  private static List<Boolean> listed(ConfigFields fields, int layers) {
    JsonNode types = fields.node("layer_types");
    List<Boolean> windowed = new ArrayList<>();
    for (JsonNode type : types) {
      if (!type.asText().equals("sliding_attention") && !type.asText().equals("full_attention")) {
        fields.refuse("layer_types", "only \"full_attention\" and \"sliding_attention\" are supported");
      }
      windowed.add(type.asText().equals("sliding_attention"));
    }
    if (windowed.size() != layers) {
      throw fields.wrong("layer_types", types, "a list of num_hidden_layers = " + layers + " names");
    }
    return windowed;
  }
}
