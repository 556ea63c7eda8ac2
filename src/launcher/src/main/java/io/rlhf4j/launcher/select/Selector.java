package io.rlhf4j.launcher.select;

import io.rlhf4j.config.SelectConfig;
import io.rlhf4j.text.ChatMessage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Selects training data. The same answers and settings always give the same rows, in the order of the prompts. */
public final class Selector {

  private final SelectConfig config;
  private final AnswerFilter filter;
  private final Map<Dropped, Integer> dropped = new EnumMap<>(Dropped.class);

  /**
   * What was selected.
   *
   * @param rows in the order of the prompts
   * @param report what became of the rest
   */
  public record Selection(List<Kept> rows, SelectionReport report) {}

  private Selector(SelectConfig config) {
    this.config = config;
    this.filter = new AnswerFilter(config);
  }

  public static Selection select(List<Scored> prompts, SelectConfig config) {
    return new Selector(config).run(prompts);
  }

  private Selection run(List<Scored> prompts) {
    Buckets buckets = Buckets.of(prompts);
    List<Kept> rows = new ArrayList<>();
    for (Scored prompt : prompts) {
      double difficulty = buckets.difficulty(prompt);
      if (difficulty < config.difficultyFrom() || difficulty > config.difficultyTo()) {
        drop(difficulty < config.difficultyFrom() ? Dropped.TOO_EASY : Dropped.TOO_HARD, 1);
      } else {
        rows.addAll(of(prompt));
      }
    }
    List<Kept> kept = deduplicated(ofQuality(rows));
    int answers = prompts.stream().mapToInt(prompt -> prompt.answers().size()).sum();
    return new Selection(kept, new SelectionReport(prompts.size(), answers, kept.size(), dropped,
        buckets.meanReward(), kept.stream().mapToDouble(Kept::reward).average().orElse(Double.NaN),
        buckets.count(prompts, kept)));
  }

  private List<? extends Kept> of(Scored prompt) {
    List<Scored.Answer> usable = new ArrayList<>();
    for (Scored.Answer answer : prompt.answers()) {
      Optional<Dropped> reason = filter.reason(answer);
      reason.ifPresentOrElse(why -> drop(why, 1), () -> usable.add(answer));
    }
    return switch (config.strategy()) {
      case BEST -> best(prompt.prompt(), usable, 1);
      case TOP_K -> best(prompt.prompt(), usable, config.topK());
      case THRESHOLD -> above(prompt.prompt(), usable);
      case PAIRS -> pairs(prompt.prompt(), usable);
      case CONDITIONAL -> usable.stream().map(answer -> conditioned(prompt.prompt(), answer)).toList();
    };
  }

  private List<Kept> best(List<ChatMessage> prompt, List<Scored.Answer> usable, int count) {
    if (usable.isEmpty()) {
      drop(Dropped.NOTHING_LEFT, 1);
      return List.of();
    }
    drop(Dropped.LOWER_REWARD, Math.max(0, usable.size() - count));
    // A stable sort: of equal rewards the earlier sample comes first.
    return usable.stream().sorted(Comparator.comparingDouble(Scored.Answer::reward).reversed()).limit(count)
        .<Kept>map(answer -> new Kept.Imitation(prompt, answer.text(), answer.reward())).toList();
  }

  private List<Kept> above(List<ChatMessage> prompt, List<Scored.Answer> usable) {
    List<Kept> kept = usable.stream().filter(answer -> answer.reward() >= config.threshold())
        .<Kept>map(answer -> new Kept.Imitation(prompt, answer.text(), answer.reward())).toList();
    drop(Dropped.BELOW_THRESHOLD, usable.size() - kept.size());
    return kept;
  }

  /** Best with worst, second best with second worst, and so on inwards. */
  private List<Kept> pairs(List<ChatMessage> prompt, List<Scored.Answer> usable) {
    if (usable.size() < 2) {
      drop(Dropped.NOTHING_LEFT, 1);
      return List.of();
    }
    // A stable sort: of equal rewards the earlier sample comes first.
    List<Scored.Answer> rising =
        usable.stream().sorted(Comparator.comparingDouble(Scored.Answer::reward)).toList();
    int count = Math.min(config.pairsPerPrompt(), rising.size() / 2);
    List<Kept> pairs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      pair(prompt, rising.get(rising.size() - 1 - i), rising.get(i)).ifPresent(pairs::add);
    }
    return pairs;
  }

  private Optional<Kept> pair(List<ChatMessage> prompt, Scored.Answer best, Scored.Answer worst) {
    double gap = best.reward() - worst.reward();
    if (gap == 0 || Shingles.normal(best.text()).equals(Shingles.normal(worst.text()))) {
      drop(Dropped.TIED, 1);
    } else if (gap < config.minGap()) {
      drop(Dropped.SMALL_GAP, 1);
    } else if (config.maxSimilarity() < 1
        && Shingles.jaccard(Shingles.of(best.text()), Shingles.of(worst.text())) > config.maxSimilarity()) {
      drop(Dropped.SIMILAR, 1);
    } else {
      return Optional.of(new Kept.Pair(prompt, best.text(), worst.text(), best.reward(), worst.reward()));
    }
    return Optional.empty();
  }

  /** The reward behind the last turn, as OpenRLHF writes it. */
  private static Kept conditioned(List<ChatMessage> prompt, Scored.Answer answer) {
    List<ChatMessage> told = new ArrayList<>(prompt);
    ChatMessage last = told.removeLast();
    told.add(new ChatMessage(last.role(), last.content() + condition(answer.reward())));
    return new Kept.Imitation(told, answer.text(), answer.reward());
  }

  /** What is written behind a prompt whose answer has that reward, or shall have it. */
  public static String condition(double reward) {
    return String.format(Locale.ROOT, " <rm_score>: %.2f", reward);
  }

  private List<Kept> ofQuality(List<Kept> rows) {
    int wanted = (int) Math.ceil(config.qualityShare() * rows.size());
    if (wanted == rows.size()) {
      return rows;
    }
    List<Integer> best = IntStream.range(0, rows.size()).boxed()
        .sorted(Comparator.comparingDouble((Integer i) -> rows.get(i).reward()).reversed()).limit(wanted).toList();
    Set<Integer> chosen = new HashSet<>(best);
    drop(Dropped.LOW_QUALITY, rows.size() - wanted);
    return IntStream.range(0, rows.size()).filter(chosen::contains).mapToObj(rows::get).toList();
  }

  private List<Kept> deduplicated(List<Kept> rows) {
    Set<String> seen = new HashSet<>();
    NearDuplicates near = new NearDuplicates(config.nearSimilarity());
    Set<Integer> kept = new HashSet<>();
    IntStream.range(0, rows.size()).boxed()
        .sorted(Comparator.comparingDouble((Integer i) -> rows.get(i).reward()).reversed()).forEach(i -> {
          String text = rows.get(i).prompt().getLast().content() + "\n" + rows.get(i).text();
          boolean isNew = switch (config.dedup()) {
            case NONE -> true;
            case EXACT -> seen.add(Shingles.normal(rows.get(i).prompt() + "\n" + rows.get(i).text()));
            case NEAR -> near.add(Shingles.of(text));
          };
          if (isNew) {
            kept.add(i);
          }
        });
    drop(Dropped.DUPLICATE, rows.size() - kept.size());
    return IntStream.range(0, rows.size()).filter(kept::contains).mapToObj(rows::get).toList();
  }

  private void drop(Dropped reason, int count) {
    if (count > 0) {
      dropped.merge(reason, count, Integer::sum);
    }
  }
}
