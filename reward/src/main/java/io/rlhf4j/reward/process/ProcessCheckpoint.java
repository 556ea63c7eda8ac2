package io.rlhf4j.reward.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.StepsConfig;
import io.rlhf4j.model.ModelDescription;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A trained process reward model as a Hugging Face directory (one label) with its tokenizer. Its {@code config.json}
 * also says where steps were read in training, because scores read elsewhere mean nothing.
 */
public final class ProcessCheckpoint {

  private static final String SEPARATOR = "step_separator";
  private static final String PLACEHOLDER = "placeholder";

  private ProcessCheckpoint() {}

  /** Writes into an existing directory. */
  public static void save(ScalarModel model, Tokenizer tokenizer, StepsConfig steps, Path directory) {
    ObjectNode config = model.source();
    config.put("eos_token_id", tokenizer.eosId());
    config.put("pad_token_id", tokenizer.padId());
    config.put(SEPARATOR, steps.stepSeparator());
    config.put(PLACEHOLDER, steps.placeholder());
    model.save(directory);
    tokenizer.copyTo(directory);
  }

  /**
   * Where a model is read: as in its training, if its directory says so.
   *
   * @param separator null takes the model's, or a blank line for one that does not say
   * @param placeholder null takes the model's, or none
   * @throws InputException if the model was trained with others
   */
  public static StepsConfig steps(Path directory, @Nullable String separator, @Nullable String placeholder) {
    JsonNode config = ModelDescription.read(directory).json();
    if (!config.path(SEPARATOR).isTextual()) {
      return new StepsConfig(separator == null ? "\n\n" : separator, placeholder);
    }
    String trained = config.path(SEPARATOR).textValue();
    String read = config.path(PLACEHOLDER).textValue();
    require(SEPARATOR, separator, trained, directory);
    require(PLACEHOLDER, placeholder, read, directory);
    return new StepsConfig(trained, read);
  }

  private static void require(String key, @Nullable String given, @Nullable String trained, Path directory) {
    if (given != null && !given.equals(trained)) {
      throw InputException.key(key, "is " + TextNode.valueOf(given) + ", must be left out"
          + (trained == null ? "" : " or be " + TextNode.valueOf(trained)) + ", as in the training of " + directory);
    }
  }
}
