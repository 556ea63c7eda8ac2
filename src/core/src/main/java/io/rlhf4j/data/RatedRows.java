package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.text.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Pairs out of layouts that rate answers one by one. */
sealed interface RatedRows {

  /** Takes one row and gives the pairs that are complete with it. */
  void accept(JsonNode row, long line, Consumer<PreferencePair> pairs) throws BadRow;

  /** Says what waited in vain. */
  default void finish(BiConsumer<Long, SkipReason> skipped) {}

  /** The answer with the higher score is the chosen one; the scores differ. */
  private static PreferencePair pair(List<ChatMessage> prompt, Rated first, Rated second, long line) {
    boolean inOrder = first.score > second.score;
    return new PreferencePair(prompt, inOrder ? first.answer : second.answer, inOrder ? second.answer : first.answer,
        Math.abs(first.score - second.score), line);
  }

  /** An answer and its rating. */
  record Rated(String answer, double score) {

    static Rated of(JsonNode answer, JsonNode score) throws BadRow {
      if (!score.isNumber() || !Double.isFinite(score.doubleValue())) {
        throw new BadRow(PreferenceLayout.noNumber(score) ? SkipReason.MISSING_KEY : SkipReason.BAD_VALUE);
      }
      return new Rated(Turns.checkedAnswer(Turns.text(answer)), score.doubleValue());
    }

    Rated withScore(double other) {
      return new Rated(answer, other);
    }
  }

  /**
   * openbmb/UltraFeedback: {@code instruction} and {@code completions}, each with a {@code fine-grained_score}. A
   * completion without a rating or a text is left out, and its row with it only if no two others are left.
   */
  final class UltraFeedback implements RatedRows {

    @Override
    public void accept(JsonNode row, long line, Consumer<PreferencePair> pairs) throws BadRow {
      List<ChatMessage> prompt = Turns.checkedPrompt(List.of(ChatMessage.user(Turns.text(row.path("instruction")))));
      if (!row.path("completions").isArray()) {
        throw new BadRow(row.has("completions") ? SkipReason.BAD_VALUE : SkipReason.MISSING_KEY);
      }
      List<Rated> answers = answers(row.path("completions"));
      int found = 0;
      for (int i = 0; i < answers.size(); i++) {
        for (int j = i + 1; j < answers.size(); j++) {
          if (answers.get(i).score != answers.get(j).score && !answers.get(i).answer.equals(answers.get(j).answer)) {
            pairs.accept(pair(prompt, answers.get(i), answers.get(j), line));
            found++;
          }
        }
      }
      if (found == 0) {
        throw new BadRow(SkipReason.EQUAL_SCORES);
      }
    }

    private static List<Rated> answers(JsonNode completions) throws BadRow {
      List<Rated> answers = new ArrayList<>();
      BadRow unusable = null;
      for (JsonNode completion : completions) {
        // The mean of four ratings; overall_score is one of its own that is known to be wrong in places.
        JsonNode mean = completion.path("fine-grained_score");
        boolean known = mean.isNumber() && !PreferenceLayout.noNumber(mean);
        try {
          answers.add(Rated.of(completion.path("response"), known ? mean : completion.path("overall_score")));
        } catch (BadRow bad) {
          unusable = bad;
        }
      }
      if (unusable != null && answers.size() < 2) {
        throw unusable;
      }
      return answers;
    }
  }

  /**
   * nvidia/HelpSteer2: two neighbouring rows rate one answer each, by {@code helpfulness}; rows of its preference part
   * hold both, and {@code preference_strength} from -3 (the first is much better) to 3.
   */
  final class HelpSteer2 implements RatedRows {

    private static final String TURN = "<extra_id_1>";

    private record Waiting(String prompt, Rated rated, long line) {}

    private @Nullable Waiting waiting;
    private final List<Lost> lost = new ArrayList<>();

    /** A row that waited for the next one and was not used. */
    private record Lost(long line, SkipReason reason) {}

    @Override
    public void accept(JsonNode row, long line, Consumer<PreferencePair> pairs) throws BadRow {
      String text = Turns.text(row.path("prompt"));
      if (row.has("response_1")) {
        JsonNode strength = row.path("preference_strength");
        Rated first = Rated.of(row.path("response_1"), strength).withScore(0);
        emit(text, first, Rated.of(row.path("response_2"), strength), line, pairs);
        return;
      }
      Rated rated = Rated.of(row.path("response"), row.path("helpfulness"));
      Waiting first = waiting;
      if (first == null || !first.prompt.equals(text)) {
        if (first != null) {
          lost.add(new Lost(first.line, SkipReason.UNPAIRED));
        }
        waiting = new Waiting(text, rated, line);
        return;
      }
      waiting = null;
      try {
        emit(text, first.rated, rated, first.line, pairs);
      } catch (BadRow bad) {
        lost.add(new Lost(first.line, bad.reason()));
        throw bad;
      }
    }

    private static void emit(String prompt, Rated first, Rated second, long line, Consumer<PreferencePair> pairs)
        throws BadRow {
      if (first.score == second.score) {
        throw new BadRow(SkipReason.EQUAL_SCORES);
      }
      if (first.answer.equals(second.answer)) {
        throw new BadRow(SkipReason.EQUAL_ANSWERS);
      }
      pairs.accept(pair(turns(prompt), first, second, line));
    }

    /** Later turns begin with a mark and the speaker's name on a line of their own. */
    private static List<ChatMessage> turns(String prompt) throws BadRow {
      List<ChatMessage> turns = new ArrayList<>();
      for (String part : prompt.split(TURN, -1)) {
        int end = part.indexOf('\n');
        boolean assistant = !turns.isEmpty() && part.startsWith("Assistant");
        String said = turns.isEmpty() || end < 0 ? part : part.substring(end + 1);
        turns.add(assistant ? ChatMessage.assistant(said.strip()) : ChatMessage.user(said.strip()));
      }
      return Turns.checkedPrompt(turns);
    }

    @Override
    public void finish(BiConsumer<Long, SkipReason> skipped) {
      lost.forEach(row -> skipped.accept(row.line, row.reason));
      if (waiting != null) {
        skipped.accept(waiting.line, SkipReason.UNPAIRED);
      }
    }
  }
}
