package io.rlhf4j.launcher.stage;

import io.rlhf4j.actor.ActorRole;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.PromptReader;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.data.Shard;
import io.rlhf4j.data.SkipReason;
import io.rlhf4j.generate.ResponseText;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.launcher.pipeline.RecipeTokenizer;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.telemetry.PartFile;
import io.rlhf4j.telemetry.Progress;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Samples answers to the prompts of a file. Each row's answers depend on the seed, the prompt's place in its file and
 * the number of the answer; neither shards nor an interruption change a byte, because windows of prompts are sampled
 * together whatever happens around them.
 *
 * @param recipe its seed, limits and {@code ppo.micro_batch_tokens}
 * @param model model directory
 * @param prompts file of prompts
 * @param sampling answers per prompt included
 * @param shard which windows of the file
 */
public record GenerateJob(RecipeConfig recipe, Path model, Path prompts, SamplingOptions sampling, Shard shard) {

  /** Prompts that are sampled together and written together. */
  private static final int WINDOW = 32;

  private Provenance provenance() {
    Map<String, Path> inputs = new LinkedHashMap<>();
    inputs.put("model", model);
    inputs.put("prompts", prompts);
    RecipeTokenizer.describe(recipe, inputs);
    return Provenance.of("generate", Version.number(), sampling.seed(), Map.of("sampling", sampling.toString(),
        "precision", recipe.ppo().generation().rolloutPrecision().toString(), "shard", shard.toString(),
        "prompt tokens", String.valueOf(recipe.data().maxPromptLength())), inputs);
  }

  /**
   * Samples and writes what is not there yet; rows go out in the order of the prompts.
   *
   * @param roles whose actor samples
   * @throws InputException if the model or the prompts cannot be used, or something else is in the target
   */
  public void run(Path target, boolean overwrite, StageRoles roles, Consumer<String> news) {
    Provenance provenance = provenance();
    if (!overwrite && provenance.isDone(target)) {
      news.accept("generate: " + target + " is complete already");
      return;
    }
    try (Tokenizer tokenizer = RecipeTokenizer.ofModel(recipe, model); ActorRole actor = roles.actor(model);
        PartFile part = PartFile.open(target, provenance.identity(), WINDOW)) {
      ChatRenderer renderer = ChatRenderer.of(tokenizer);
      int limit = recipe.data().maxPromptLength();
      DataSet<PromptRow> usable = PromptReader.read(prompts).skipping(SkipReason.PROMPT_TOO_LONG,
          row -> renderer.promptIds(row.messages()).length > limit);
      usable.skipped().summary().ifPresent(news);
      List<List<PromptRow>> all = Batches.ofCount(usable.rows(), WINDOW);
      List<List<PromptRow>> mine =
          IntStream.range(0, all.size()).filter(shard::takes).mapToObj(all::get).toList();
      Windows windows = new Windows(actor, tokenizer, renderer, part);
      windows.run(mine);
      provenance.write(Provenance.besideFile(target));
      part.complete();
      news.accept(windows.summary());
    }
  }

  /** The windows of one run. */
  private final class Windows {

    private final ActorRole actor;
    private final Tokenizer tokenizer;
    private final ChatRenderer renderer;
    private final PartFile part;
    private long promptTokens;
    private long answerTokens;
    private double seconds;

    Windows(ActorRole actor, Tokenizer tokenizer, ChatRenderer renderer, PartFile part) {
      this.actor = actor;
      this.tokenizer = tokenizer;
      this.renderer = renderer;
      this.part = part;
    }

    void run(List<List<PromptRow>> windows) {
      long done = 0;
      try (Progress progress = Progress.start("generate", windows.stream().mapToLong(List::size).sum())) {
        for (List<PromptRow> window : windows) {
          done += window.size();
          if (done > part.rows()) {
            part.append(sample(window));
          }
          progress.advance(window.size(), "");
        }
      }
    }

    private List<String> sample(List<PromptRow> window) {
      List<PromptRequest> requests =
          window.stream().map(row -> new PromptRequest(row.id(), renderer.promptIds(row.messages()))).toList();
      Map<Long, List<Rollout>> rollouts = new TreeMap<>();
      long start = System.nanoTime();
      actor.generate(0, requests, sampling, rollout -> {
        rollouts.computeIfAbsent(rollout.key().promptId(), id -> new ArrayList<>()).add(rollout);
        answerTokens += rollout.response().length;
      });
      seconds += (System.nanoTime() - start) * 1e-9;
      requests.forEach(request -> promptTokens += request.tokens().length);
      return window.stream().map(row -> FileOutput.line(json(row, rollouts.get(row.id())))).toList();
    }

    private Map<String, Object> json(PromptRow row, List<Rollout> rollouts) {
      rollouts.sort(Comparator.comparingInt(rollout -> rollout.key().sampleIndex()));
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("id", row.id());
      map.putAll(ScoredRows.json(row));
      map.put("responses",
          rollouts.stream().map(rollout -> ResponseText.of(rollout, tokenizer, sampling.stop())).toList());
      map.put("finished", rollouts.stream().map(rollout -> rollout.finish().isComplete()).toList());
      map.put("tokens", rollouts.stream().map(rollout -> rollout.response().length).toList());
      return map;
    }

    String summary() {
      return "generate: %d prompt tokens and %d sampled tokens, %.0f tokens/s".formatted(promptTokens, answerTokens,
          seconds == 0 ? 0 : answerTokens / seconds);
    }
  }
}
