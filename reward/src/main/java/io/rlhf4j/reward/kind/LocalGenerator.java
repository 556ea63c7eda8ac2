package io.rlhf4j.reward.kind;

import io.rlhf4j.config.InputException;
import io.rlhf4j.generate.RolloutGenerator;
import io.rlhf4j.generate.TurnEnd;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.text.ChatMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes with a language model in this process. */
final class LocalGenerator implements TextGenerator {

  private final CausalModel model;
  private final ChatSequences sequences;
  private final TurnEnd turnEnd;
  private final GenerationSettings settings;
  private final RolloutGenerator generator = new RolloutGenerator();

  private LocalGenerator(CausalModel model, ChatSequences sequences, GenerationSettings settings) {
    this.model = model;
    this.sequences = sequences;
    this.turnEnd = TurnEnd.of(sequences.tokenizer());
    this.settings = settings;
  }

  static LocalGenerator open(String directory, GenerationSettings settings) {
    Path path = Path.of(directory);
    Opened opened = new Opened();
    try {
      CausalModel model = opened.add(CausalModel.load(path));
      int room = model.backbone().config().maxPositions() - settings.maxNewTokens();
      if (room < 1) {
        throw InputException.key("max_new_tokens", "is " + settings.maxNewTokens() + ", must be below "
            + model.backbone().config().maxPositions() + ", the longest sequence of " + directory);
      }
      return new LocalGenerator(model, opened.add(ChatSequences.open(path, room)), settings);
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  @Override
  public List<String> answer(List<List<ChatMessage>> prompts, int attempt) {
    List<PromptRequest> requests = new ArrayList<>();
    for (List<ChatMessage> prompt : prompts) {
      int[] ids = sequences.renderer().promptIds(prompt);
      requests.add(new PromptRequest(requests.size(), sequences.fit(new TokenSequence(ids, ids.length)).tokens()));
    }
    var options = new SamplingOptions(settings.temperature(), 1, 0, 0, settings.maxNewTokens(), 1, settings.seed());
    String[] answers = new String[prompts.size()];
    Compute.run(() -> {
      generator.generate(model, attempt, 0, requests, options, turnEnd,
          rollout -> answers[(int) rollout.key().promptId()] = text(rollout.response()));
    });
    return Arrays.asList(answers);
  }

  @Override
  public boolean fits(List<ChatMessage> prompt) {
    return sequences.renderer().promptIds(prompt).length <= sequences.maxLength();
  }

  private String text(int[] response) {
    int last = response[response.length - 1];
    boolean ended = Arrays.stream(turnEnd.tokens()).anyMatch(end -> end == last);
    return sequences.tokenizer().decode(ended ? Arrays.copyOf(response, response.length - 1) : response, true).strip();
  }

  @Override
  public void close() {
    sequences.close();
    model.close();
  }
}
