package io.rlhf4j.reward.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.telemetry.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The files that RewardBench leaves:
 *
 * <pre>
 * NAME_outputs.jsonl        one object for each pair
 * NAME.json                 accuracy and extra_results by subset
 * eval-set/NAME.json        the row of the leaderboard: model, model_type, chat_template and one key for each subset
 * eval-set-scores/NAME.json lists of texts, results and scores
 * </pre>
 *
 * @param directory of the files
 * @param name of the model
 */
public record ResultFiles(Path directory, String name) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectWriter PRETTY = JSON.writerWithDefaultPrettyPrinter();

  public ResultFiles {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")) {
      throw InputException.key("--name", "is '" + name + "', must be NAME or ORGANISATION/NAME of letters, digits, "
          + "'.', '_' and '-'");
    }
  }

  /** Like {@link #write(BenchmarkScores, String)}, of a model that is compared with no other. */
  public void write(BenchmarkScores scores) {
    write(scores, null);
  }

  /**
   * Writes all files.
   *
   * @param referenceModel what a policy trained with DPO is compared with
   * @throws InputException if a file cannot be written
   */
  public void write(BenchmarkScores scores, @Nullable String referenceModel) {
    try {
      StringBuilder outputs = new StringBuilder();
      for (JudgedPair pair : scores.pairs()) {
        outputs.append(JSON.writeValueAsString(output(pair, scores.type()))).append('\n');
      }
      write(name + "_outputs.jsonl", outputs.toString());
      write(name + ".json", PRETTY.writeValueAsString(summary(scores, referenceModel)));
      write("eval-set/" + name + ".json", PRETTY.writeValueAsString(leaderboard(scores, referenceModel)));
      write("eval-set-scores/" + name + ".json", JSON.writeValueAsString(lists(scores)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new InputException(directory + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  /** Beside them a page for people, which is written elsewhere. */
  public Path page() {
    return directory.resolve(name + ".html");
  }

  private void write(String file, String text) throws IOException {
    Path target = directory.resolve(file);
    Files.createDirectories(target.toAbsolutePath().getParent());
    AtomicFiles.writeText(target, text);
  }

  private static ObjectNode output(JudgedPair pair, ModelType type) {
    ObjectNode output = pair.row().json().deepCopy();
    output.remove(List.of("chosen", "rejected"));
    if (!output.has("prompt")) {
      output.put("prompt", pair.promptText());
    }
    double credit = type.credit(pair);
    if (credit == Math.rint(credit)) {
      output.put("results", (int) credit);
    } else {
      output.put("results", credit);
    }
    output.put("scores_chosen", number(pair.chosen()));
    output.put("scores_rejected", number(pair.rejected()));
    output.put("text_chosen", pair.text(0));
    return output.put("text_rejected", pair.text(1));
  }

  private ObjectNode summary(BenchmarkScores scores, @Nullable String referenceModel) {
    ObjectNode summary = JSON.createObjectNode().put("accuracy", scores.accuracy())
        .put("num_prompts", scores.pairs().size()).put("model", name).put("ref_model", referenceModel)
        .put("tokenizer", name).putNull("chat_template");
    ObjectNode extra = summary.putObject("extra_results");
    named(scores).forEach(extra::put);
    return summary;
  }

  /** Only rows of DPO name a reference there, and those without one have a type of their own. */
  private ObjectNode leaderboard(BenchmarkScores scores, @Nullable String referenceModel) {
    ObjectNode row = JSON.createObjectNode().put("model", name);
    if (scores.type() == ModelType.DPO) {
      row.put("ref_model", referenceModel);
    }
    boolean referenceFree = scores.type() == ModelType.DPO && referenceModel == null;
    row.put("model_type", referenceFree ? "DPO Ref. Free" : scores.type().label());
    row.put("chat_template", "tokenizer");
    named(scores).forEach(row::put);
    return row;
  }

  private static Map<String, Double> named(BenchmarkScores scores) {
    Map<String, Double> named = scores.bySubset();
    named.remove("");
    return named;
  }

  private ObjectNode lists(BenchmarkScores scores) {
    ObjectNode lists = JSON.createObjectNode().put("model", name).put("model_type", scores.type().label())
        .put("chat_template", "tokenizer");
    List<JudgedPair> pairs = scores.pairs();
    for (String key : List.of("text_chosen", "text_rejected", "results", "subset", "id", "scores_chosen",
        "scores_rejected")) {
      ArrayNode list = lists.putArray(key);
      pairs.forEach(pair -> list.add(key.equals("subset") ? JSON.valueToTree(pair.subset())
          : output(pair, scores.type()).get(key)));
    }
    return lists;
  }

  private static @Nullable Double number(double score) {
    return Double.isFinite(score) ? score : null;
  }
}
