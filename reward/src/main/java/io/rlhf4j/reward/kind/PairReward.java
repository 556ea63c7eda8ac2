package io.rlhf4j.reward.kind;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.ModelRewardSpec;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.reward.kind.PairComparison.Match;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.Tokenizer;
import io.rlhf4j.train.ResponseLogProbs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Asks a language model "A or B?" for every pair of answers, in both orders, and reads the probability of the word. */
final class PairReward implements GroupReward {

  private final ModelRewardSpec.Pair spec;
  private final CausalModel model;
  private final ChatSequences sequences;
  private final PromptTemplate template;
  private final int tokenA;
  private final int tokenB;
  private long compared;
  private long turned;

  private PairReward(ModelRewardSpec.Pair spec, CausalModel model, ChatSequences sequences, PromptTemplate template) {
    this.spec = spec;
    this.model = model;
    this.sequences = sequences;
    this.template = template;
    this.tokenA = oneToken(sequences.tokenizer(), "token_a", spec.tokenA());
    this.tokenB = oneToken(sequences.tokenizer(), "token_b", spec.tokenB());
  }

  static PairReward open(ModelRewardSpec.Pair spec) {
    PromptTemplate template =
        PromptTemplate.of(spec.template(), "pair.txt", List.of("context", "response_a", "response_b"));
    Opened opened = new Opened();
    try {
      CausalModel model = opened.add(CausalModel.load(spec.path()));
      return new PairReward(spec, model,
          opened.add(ChatSequences.open(spec.path(), model.backbone().config().maxPositions())), template);
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /** @throws InputException if the tokenizer writes the word in several tokens */
  static int oneToken(Tokenizer tokenizer, String key, String word) {
    int[] ids = tokenizer.encode(word);
    if (ids.length != 1) {
      throw InputException.key(key, "is '" + word + "', which takes " + ids.length + " tokens, must be one token");
    }
    return ids[0];
  }

  @Override
  public List<double[]> score(List<AnswerGroup> groups) {
    List<Match> matches = PairComparison.matches(groups);
    List<TokenSequence> questions = new ArrayList<>();
    for (Match match : matches) {
      AnswerGroup group = groups.get(match.group());
      String first = group.answers().get(match.first());
      String second = group.answers().get(match.second());
      ask(questions, group.prompt(), first, second);
      ask(questions, group.prompt(), second, first);
    }
    List<float[]> logProbs = Compute.run(() -> ResponseLogProbs.of(model, questions, 1, spec.maxTokens()));
    double[] wins = new double[matches.size()];
    for (int m = 0; m < wins.length; m++) {
      double shownFirst = firstIsBetter(logProbs, 4 * m);
      double shownSecond = 1 - firstIsBetter(logProbs, 4 * m + 2);
      wins[m] = (shownFirst + shownSecond) / 2;
      compared++;
      turned += (shownFirst > 0.5) == (shownSecond > 0.5) ? 0 : 1;
    }
    return PairComparison.scores(groups, matches, wins);
  }

  /** The question followed by each of the two words: neighbours that share their prompt. */
  private void ask(List<TokenSequence> questions, List<ChatMessage> prompt, String first, String second) {
    String text = template.fill(Map.of("context", PromptTemplate.plain(prompt), "response_a", first, "response_b",
        second));
    int[] ids = sequences.renderer().promptIds(List.of(ChatMessage.user(text)));
    questions.add(sequences.fit(TokenSequence.of(ids, new int[] {tokenA})));
    questions.add(sequences.fit(TokenSequence.of(ids, new int[] {tokenB})));
  }

  /** {@code P(A) / (P(A) + P(B))}. */
  private static double firstIsBetter(List<float[]> logProbs, int at) {
    return 1 / (1 + Math.exp(logProbs.get(at + 1)[0] - logProbs.get(at)[0]));
  }

  @Override
  public Map<String, Long> counts() {
    Map<String, Long> counts = new LinkedHashMap<>(sequences.counts());
    counts.put(PairComparison.COMPARED, compared);
    counts.put(PairComparison.TURNED, turned);
    return counts;
  }

  @Override
  public void close() {
    sequences.close();
    model.close();
  }
}
