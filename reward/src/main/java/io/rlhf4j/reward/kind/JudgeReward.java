package io.rlhf4j.reward.kind;

import io.rlhf4j.config.ModelRewardSpec;
import io.rlhf4j.config.ModelRewardSpec.JudgeMode;
import io.rlhf4j.reward.kind.PairComparison.Match;
import io.rlhf4j.text.ChatMessage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/** Language models as judges. Verdicts that make no sense or never come are counted and do not vote. */
final class JudgeReward implements GroupReward {

  private final ModelRewardSpec.Judge spec;
  private final PromptTemplate template;
  private final List<TextGenerator> judges;
  private long verdicts;
  private long unreadable;
  private long failed;
  private long cut;
  private long overlong;
  private long compared;
  private long turned;

  JudgeReward(ModelRewardSpec.Judge spec, PromptTemplate template, List<TextGenerator> judges) {
    this.spec = spec;
    this.template = template;
    this.judges = judges;
  }

  static JudgeReward open(ModelRewardSpec.Judge spec) {
    var settings = new GenerationSettings(spec.modelName(), spec.temperature(), spec.maxNewTokens(), spec.seed());
    Opened opened = new Opened();
    try {
      List<TextGenerator> judges = new ArrayList<>();
      spec.models().forEach(model -> judges.add(opened.add(TextGenerator.open(model, settings))));
      return new JudgeReward(spec, template(spec), judges);
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  static PromptTemplate template(ModelRewardSpec.Judge spec) {
    return switch (spec.mode()) {
      case PAIRWISE -> PromptTemplate.of(spec.template(), "pairwise.txt", List.of("question", "answer_a", "answer_b"));
      case RATING -> PromptTemplate.of(spec.template(), "rating.txt", List.of("question", "answer"));
    };
  }

  @Override
  public List<double[]> score(List<AnswerGroup> groups) {
    return switch (spec.mode()) {
      case PAIRWISE -> compared(groups);
      case RATING -> rated(groups);
    };
  }

  /** Both orders of every pair; who has more votes wins, equal votes are a tie. */
  private List<double[]> compared(List<AnswerGroup> groups) {
    List<Match> matches = PairComparison.matches(groups);
    List<JudgeQuestion> questions = new ArrayList<>();
    for (Match match : matches) {
      AnswerGroup group = groups.get(match.group());
      String first = group.answers().get(match.first());
      String second = group.answers().get(match.second());
      questions.add(question(group, Map.of("answer_a", first, "answer_b", second)));
      questions.add(question(group, Map.of("answer_a", second, "answer_b", first)));
    }
    List<List<OptionalDouble>> votes = ask(questions, Verdict::choice);
    double[] wins = new double[matches.size()];
    for (int m = 0; m < wins.length; m++) {
      double shownFirst = lead(votes.get(2 * m));
      double shownSecond = -lead(votes.get(2 * m + 1));
      compared++;
      turned += shownFirst * shownSecond < 0 ? 1 : 0;
      double lead = shownFirst + shownSecond;
      wins[m] = lead > 0 ? 1 : lead < 0 ? 0 : 0.5;
    }
    return PairComparison.scores(groups, matches, wins);
  }

  /** Votes for the answer shown first minus votes for the other. */
  private static double lead(List<OptionalDouble> votes) {
    return votes.stream().filter(OptionalDouble::isPresent).mapToDouble(vote -> 2 * vote.getAsDouble() - 1).sum();
  }

  private List<double[]> rated(List<AnswerGroup> groups) {
    List<JudgeQuestion> questions = groups.stream()
        .flatMap(group -> group.answers().stream().map(answer -> question(group, Map.of("answer", answer)))).toList();
    List<List<OptionalDouble>> grades = ask(questions, Verdict::grade);
    double[] means = grades.stream().mapToDouble(all -> all.stream().filter(OptionalDouble::isPresent)
        .mapToDouble(OptionalDouble::getAsDouble).average().orElse(Double.NaN)).toArray();
    AnswerReward known = answers -> means;
    return known.score(groups);
  }

  private JudgeQuestion question(AnswerGroup group, Map<String, String> answers) {
    Map<String, String> texts = new LinkedHashMap<>(answers);
    texts.put("question", PromptTemplate.plain(group.prompt()));
    return new JudgeQuestion(template, texts);
  }

  /** All verdicts on each question: of every judge, as often as it is asked. */
  private List<List<OptionalDouble>> ask(List<JudgeQuestion> questions, Function<String, OptionalDouble> reader) {
    List<List<OptionalDouble>> verdictsOf = new ArrayList<>();
    questions.forEach(question -> verdictsOf.add(new ArrayList<>()));
    if (questions.isEmpty()) {
      return verdictsOf;
    }
    for (TextGenerator judge : judges) {
      List<List<ChatMessage>> prompts = questions.stream().map(question -> fitting(question, judge)).toList();
      for (int attempt = 0; attempt < spec.verdicts(); attempt++) {
        List<Optional<String>> texts = judge.tryAnswer(prompts, attempt);
        for (int q = 0; q < texts.size(); q++) {
          OptionalDouble verdict = texts.get(q).map(reader).orElse(OptionalDouble.empty());
          verdictsOf.get(q).add(verdict);
          verdicts++;
          unreadable += verdict.isPresent() ? 0 : 1;
          failed += texts.get(q).isPresent() ? 0 : 1;
        }
      }
    }
    return verdictsOf;
  }

  private List<ChatMessage> fitting(JudgeQuestion question, TextGenerator judge) {
    JudgeQuestion fitting = question.fitting(judge::fits);
    List<ChatMessage> prompt = fitting.messages();
    cut += fitting.equals(question) ? 0 : 1;
    overlong += judge.fits(prompt) ? 0 : 1;
    return prompt;
  }

  @Override
  public Map<String, Long> counts() {
    Map<String, Long> counts = new LinkedHashMap<>();
    counts.put(spec.mode() == JudgeMode.PAIRWISE ? "verdicts" : "grades", verdicts);
    if (unreadable > 0) {
      counts.put("of them not readable", unreadable);
    }
    if (failed > 0) {
      counts.put("of those without a reply of the judge", failed);
    }
    if (cut > 0) {
      counts.put("questions too long for the judge, the middle of their texts left out", cut);
    }
    if (overlong > 0) {
      counts.put("of them with instructions too long for the judge, cut at the beginning", overlong);
    }
    if (spec.mode() == JudgeMode.PAIRWISE) {
      counts.put(PairComparison.COMPARED, compared);
      counts.put(PairComparison.TURNED, turned);
    }
    return counts;
  }

  @Override
  public void close() {
    judges.forEach(TextGenerator::close);
  }
}
