package io.rlhf4j.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Objects;

/** Defaults of the section ppo by which other projects go; {@code resources/presets} has their keys. */
public enum Preset {
  /** OpenRLHF's train_ppo_ray. */
  OPENRLHF,
  /** TRL's PPOTrainer. */
  TRL;

  private static final String SECTION = "ppo";
  private static final String KEY = "preset";

  /** The recipe with the keys of its preset under those that it gives itself; one without a preset stays as it is. */
  static YamlNode.Mapping expand(YamlNode.Mapping recipe) {
    if (!(recipe.entries().get(SECTION) instanceof YamlNode.Mapping ppo)
        || !(ppo.entries().get(KEY) instanceof YamlNode.Scalar(var name, var origin))) {
      return recipe;
    }
    var entries = new LinkedHashMap<>(recipe.entries());
    Arrays.stream(values()).filter(preset -> YamlNamed.matches(preset, String.valueOf(name))).findFirst()
        .ifPresent(preset -> entries.put(SECTION, preset.keys().mergedWith(ppo)));
    return new YamlNode.Mapping(entries, recipe.origin());
  }

  private YamlNode.Mapping keys() {
    String resource = "/presets/" + YamlNamed.of(this) + ".yaml";
    try (InputStream in = Objects.requireNonNull(Preset.class.getResourceAsStream(resource), resource)) {
      return YamlReader.readText(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
