package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.pipeline.Roles;
import io.rlhf4j.model.TinyDirectories;
import io.rlhf4j.reward.RewardRole;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PpoScoreTest {

  /** However the policy ended an answer, PPO scores it as a file with the same conversation is scored. */
  @Test
  void ppoScoresAnAnswerAsItsConversationIsScored(@TempDir Path directory) throws Exception {
    Path model = TinyDirectories.withAnotherEos(TinyDirectories.scalar(directory.resolve("model"), 5));
    float[] scores;
    try (Tokenizer tokenizer = Tokenizer.load(model); RewardRole role = reward(model, "ppo: {stop: ['</end>']}")) {
      assertThat(tokenizer.eosToken()).isEqualTo("<|pad|>");
      int[] prompt = ChatRenderer.of(tokenizer).promptIds(List.of(ChatMessage.user("which?")));
      scores = role.score(Stream.of("<|im_end|>", "<|pad|>", "</end>", "").map(end -> TokenSequence.of(prompt,
          tokenizer.encode("the good one" + end))).toList());
    }
    assertThat(scores[0]).isCloseTo(fileScore(directory, model), Offset.offset(1e-5f));
    assertThat(scores[1]).isEqualTo(scores[0]);
    assertThat(scores[2]).isEqualTo(scores[0]);
    assertThat(Math.abs(scores[3] - scores[0])).as("cut by its length").isGreaterThan(1e-3f);
  }

  private static RewardRole reward(Path model, String recipe) throws Exception {
    return Roles.factories().reward().create(model,
        Roles.settings(RecipeConfig.parse(recipe), InferencePrecision.FP32));
  }

  private static float fileScore(Path directory, Path model) throws Exception {
    Path input = Files.writeString(directory.resolve("in.jsonl"), """
        {"messages": [{"role": "user", "content": "which?"}, {"role": "assistant", "content": "the good one"}]}
        """);
    Path output = directory.resolve("out.jsonl");
    TinyRun.Result result = TinyRun.execute(List.of("reward", "score", "--model", model.toString(), "--input",
        input.toString(), "--output", output.toString()));
    assertThat(result.code()).as(result.err()).isZero();
    return (float) new ObjectMapper().readTree(Files.readString(output)).get("reward").asDouble();
  }
}
