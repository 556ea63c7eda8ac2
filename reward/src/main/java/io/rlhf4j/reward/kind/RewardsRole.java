package io.rlhf4j.reward.kind;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.generate.ResponseText;
import io.rlhf4j.rl.StopRules;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.ChatParser;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Any list of rewards as the reward role of PPO, which sends token ids of the policy: they are read back into messages,
 * so that every reward may have a tokenizer of its own. What ended an answer, a stop string for example, is hidden.
 * Answers to the same prompt in one call are scored as a group. What no reward can score gets 0 there. Stages that work
 * on files bring texts instead.
 */
public final class RewardsRole implements AnswersRole {

  private static final Logger LOG = LoggerFactory.getLogger(RewardsRole.class);

  private final Rewards rewards;
  private final Tokenizer tokenizer;
  private final ChatParser parser;
  private final int turnEnd;
  private final StopRules stop;
  private boolean warned;

  private RewardsRole(Rewards rewards, Tokenizer tokenizer, StopRules stop) {
    ChatRenderer renderer = ChatRenderer.of(tokenizer);
    this.rewards = rewards;
    this.tokenizer = tokenizer;
    this.parser = new ChatParser(renderer);
    this.turnEnd = renderer.turnEndId();
    this.stop = stop;
  }

  /**
   * @param tokenizer the policy's; belongs to the role from now on
   * @param stop the rules that the answers are sampled with
   * @throws io.rlhf4j.config.InputException if a reward cannot be opened, or the tokenizer has no chat template
   */
  public static RewardsRole open(List<RewardSpec> specs, Tokenizer tokenizer, StopRules stop) {
    Rewards rewards = Rewards.open(specs);
    try {
      return new RewardsRole(rewards, tokenizer, stop);
    } catch (RuntimeException e) {
      rewards.close();
      throw e;
    }
  }

  @Override
  public float[] score(List<TokenSequence> sequences) {
    Map<List<Integer>, List<Integer>> byPrompt = new LinkedHashMap<>();
    for (int i = 0; i < sequences.size(); i++) {
      List<Integer> prompt = Arrays.stream(promptOf(sequences.get(i))).boxed().toList();
      byPrompt.computeIfAbsent(prompt, tokens -> new ArrayList<>()).add(i);
    }
    List<AnswerGroup> groups = byPrompt.values().stream().map(members -> new AnswerGroup(
        messages(promptOf(sequences.get(members.getFirst()))),
        members.stream().map(i -> answer(sequences.get(i))).toList(), null)).toList();
    List<double[]> scored = rewards.score(groups);
    float[] scores = new float[sequences.size()];
    int g = 0;
    int unscored = 0;
    for (List<Integer> members : byPrompt.values()) {
      for (int a = 0; a < members.size(); a++) {
        double score = scored.get(g)[a];
        if (Double.isInfinite(score)) {
          throw InputException.key("rewards", "an answer got the score " + score
              + ", must be finite, or NaN for no score");
        }
        unscored += Double.isNaN(score) ? 1 : 0;
        scores[members.get(a)] = Double.isNaN(score) ? 0 : (float) score;
      }
      g++;
    }
    if (unscored > 0 && !warned) {
      warned = true;
      LOG.warn("{} of {} answers got no score from any reward (NaN) and count as 0; this is said once", unscored,
          scores.length);
    }
    return scores;
  }

  @Override
  public Scored scoreAnswers(List<AnswerGroup> groups) {
    Map<String, Long> before = rewards.counts();
    List<double[]> scores = rewards.score(groups);
    // Sorted: the same in every JVM, also behind a wire.
    Map<String, Long> counts = new TreeMap<>();
    rewards.counts().forEach((what, count) -> {
      long more = count - before.getOrDefault(what, 0L);
      if (more > 0) {
        counts.put(what, more);
      }
    });
    return new Scored(scores, counts);
  }

  private static int[] promptOf(TokenSequence sequence) {
    return Arrays.copyOf(sequence.tokens(), sequence.promptLength());
  }

  /** A prompt that the chat template has not written is one question as it stands. */
  private List<ChatMessage> messages(int[] prompt) {
    String text = tokenizer.decode(prompt, false);
    return parser.prompt(text).orElseGet(() -> List.of(ChatMessage.user(text)));
  }

  private String answer(TokenSequence sequence) {
    int[] tokens = Arrays.copyOfRange(sequence.tokens(), sequence.promptLength(), sequence.length());
    boolean ended = tokens.length > 0 && tokens[tokens.length - 1] == turnEnd;
    return ended ? tokenizer.decode(Arrays.copyOf(tokens, tokens.length - 1), true)
        : ResponseText.of(tokens, tokenizer, stop);
  }

  @Override
  public void close() {
    rewards.close();
    tokenizer.close();
  }
}
