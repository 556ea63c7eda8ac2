package io.rlhf4j.reward.kind;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.model.TinyDirectories;
import io.rlhf4j.reward.RewardModelScorer;
import io.rlhf4j.rl.StopRules;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.ChatParser;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.ChatTemplate;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rewards in the place of PPO's reward role. */
class RewardsRoleTest {

  private static final List<ChatMessage> DIALOGUE = List.of(ChatMessage.system("be good"),
      ChatMessage.user("wh\u00e4t?\n\nreally?"), ChatMessage.assistant("yes"), ChatMessage.user("why"));

  @TempDir
  private Path directory;

  @Test
  void aRewardModelScoresTokensAsItsOwnRoleDoes() {
    Path model = TinyDirectories.scalar(directory, 5);
    try (Tokenizer tokenizer = Tokenizer.load(model);
        RewardModelScorer role = RewardModelScorer.load(model, 1000, false);
        RewardsRole rewards = open("{kind: sequence, path: '" + model + "'}", model)) {
      ChatRenderer renderer = ChatRenderer.of(tokenizer);
      List<TokenSequence> sequences = List.of(renderer.sequence(DIALOGUE, "good"),
          renderer.sequence(List.of(ChatMessage.user("q")), "bad"), renderer.sequence(DIALOGUE, "which one"));

      assertThat(rewards.score(sequences)).containsExactly(role.score(sequences), Offset.offset(1e-5f));
    }
  }

  @Test
  void answersToOnePromptAreAGroupAndNoScoreIsZero() {
    Path model = TinyDirectories.scalar(directory, 5);
    try (Tokenizer tokenizer = Tokenizer.load(model);
        RewardsRole rewards = open("{kind: java, class_name: '" + GroupSizes.class.getName() + "'}", model)) {
      ChatRenderer renderer = ChatRenderer.of(tokenizer);
      List<ChatMessage> other = List.of(ChatMessage.user("q"));
      float[] scores = rewards.score(List.of(renderer.sequence(DIALOGUE, "a"), renderer.sequence(other, "bb"),
          renderer.sequence(DIALOGUE, "ccc"), renderer.sequence(other, "none"),
          // Without the template: one question as it stands.
          TokenSequence.of(tokenizer.encode("bare"), tokenizer.encode("dd"))));

      // 1000 for each turn of the prompt, 10 for each answer of the group, 1 for each character.
      assertThat(scores).containsExactly(4021, 1022, 4023, 0, 1012);
    }
  }

  @Test
  void aStopStringThatEndedAnAnswerIsNotShown() {
    Path model = TinyDirectories.causal(directory, 5);
    try (Tokenizer tokenizer = Tokenizer.load(model);
        RewardsRole rewards = open("{kind: java, class_name: '" + GroupSizes.class.getName() + "'}", model,
            new StopRules(List.of(), List.of("END")))) {
      int[] prompt = ChatRenderer.of(tokenizer).promptIds(List.of(ChatMessage.user("q")));
      List<TokenSequence> sequences = Stream.of("abcEND", "END", "aENDb", "abcEND" + "<|im_end|>")
          .map(text -> TokenSequence.of(prompt, tokenizer.encode(text))).toList();

      // Of the last one the turn's end was the end, and the text before it could not end it.
      assertThat(rewards.score(sequences)).containsExactly(1043, 1040, 1045, 1046);
    }
  }

  /** Tells what it was shown. */
  public static final class GroupSizes implements GroupReward {

    @Override
    public List<double[]> score(List<AnswerGroup> groups) {
      return groups.stream().map(group -> group.answers().stream().mapToDouble(answer -> answer.equals("none")
          ? Double.NaN : 1000 * group.prompt().size() + 10 * group.answers().size() + answer.length()).toArray())
          .toList();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
          + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
      "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]"
          + "{% elif m.role == 'system' %}<<SYS>>{{ m.content }}<</SYS>>{% else %} {{ m.content }}</s>{% endif %}{% endfor %}",
      "{% for m in messages %}{{ '\n\nHuman: ' if m.role == 'user' else ('\n\nSystem: ' if m.role == 'system' else "
          + "'\n\nAssistant: ') }}{{ m.content }}{% endfor %}{% if add_generation_prompt %}{{ '\n\nAssistant: ' }}{% endif %}"})
  void whatATemplateWroteIsReadBack(String source) {
    try (Tokenizer tokenizer = Tokenizer.load(TinyDirectories.causal(directory, 5))) {
      ChatRenderer renderer = new ChatRenderer(tokenizer, ChatTemplate.parse(source, Map.of("bos_token", "<s>")));
      ChatParser parser = new ChatParser(renderer);
      for (List<ChatMessage> prompt : List.of(DIALOGUE, DIALOGUE.subList(1, 4), DIALOGUE.subList(1, 2))) {
        assertThat(parser.prompt(renderer.promptText(prompt))).contains(prompt);
      }
      assertThat(parser.prompt("just a text")).isEmpty();
    }
  }

  private static RewardsRole open(String reward, Path policy) {
    return open(reward, policy, StopRules.NONE);
  }

  private static RewardsRole open(String reward, Path policy, StopRules stop) {
    return RewardsRole.open(RecipeConfig.parse("rewards: [" + reward + "]").rewards(), Tokenizer.load(policy), stop);
  }
}
