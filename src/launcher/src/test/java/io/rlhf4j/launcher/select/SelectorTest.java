package io.rlhf4j.launcher.select;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.text.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SelectorTest {

  private static final Scored FIRST = scored("one", "a good answer here:2", "a bad answer:-1", "middling words now:1");
  private static final Scored SECOND = scored("two", "same thing said:1", "other thing said:1");
  private static final Scored THIRD = scored("three", "cut off in the:9~", "short reply given:0.5", "no:0.25");

  @Test
  void bestTakesTheHighestRewardOfEachPrompt() {
    Selector.Selection selection = select("strategy: best", FIRST, SECOND, THIRD);

    assertThat(texts(selection)).containsExactly("a good answer here", "same thing said", "short reply given");
    assertThat(selection.report().dropped()).containsExactlyInAnyOrderEntriesOf(
        Map.of(Dropped.UNFINISHED, 1, Dropped.LOWER_REWARD, 4));
    assertThat(selection.report().answers()).isEqualTo(8);
  }

  @Test
  void topKAndThresholdKeepSeveral() {
    assertThat(texts(select("strategy: top_k, top_k: 2", FIRST))).containsExactly("a good answer here",
        "middling words now");
    assertThat(texts(select("strategy: threshold, threshold: 0.5", FIRST, SECOND, THIRD))).containsExactly(
        "a good answer here", "middling words now", "same thing said", "other thing said", "short reply given");
  }

  @Test
  void pairsSetTheBestAgainstTheWorstAndDropTies() {
    Selector.Selection selection = select("strategy: pairs", FIRST, SECOND, THIRD);

    assertThat(selection.rows()).containsExactly(
        new Kept.Pair(FIRST.prompt(), "a good answer here", "a bad answer", 2, -1),
        new Kept.Pair(THIRD.prompt(), "short reply given", "no", 0.5, 0.25));
    assertThat(selection.report().dropped()).containsEntry(Dropped.TIED, 1);
    assertThat(select("strategy: pairs, min_gap: 0.5", FIRST, THIRD).report().dropped())
        .containsEntry(Dropped.SMALL_GAP, 1);
    Scored alike = scored("four", "we will send it to you today:1", "we will send it to you soon:0");
    assertThat(select("strategy: pairs, max_similarity: 0.5", FIRST, alike).report().dropped())
        .containsEntry(Dropped.SIMILAR, 1);
    Scored one = scored("five", "alone here now:1");
    assertThat(select("strategy: pairs", one).report().dropped()).containsEntry(Dropped.NOTHING_LEFT, 1);
  }

  @Test
  void severalPairsGoInwards() {
    Scored four = scored("four", "a good answer here:4", "quite a bad one:-1", "the second best:3", "second worst:0");
    assertThat(select("strategy: pairs, pairs_per_prompt: 3", four, FIRST).rows()).containsExactly(
        new Kept.Pair(four.prompt(), "a good answer here", "quite a bad one", 4, -1),
        new Kept.Pair(four.prompt(), "the second best", "second worst", 3, 0),
        new Kept.Pair(FIRST.prompt(), "a good answer here", "a bad answer", 2, -1));
  }

  @Test
  void conditionalWritesTheRewardBehindThePrompt() {
    List<Kept> rows = select("strategy: conditional", SECOND).rows();
    assertThat(rows).hasSize(2);
    assertThat(rows.getFirst().prompt().getLast().content()).isEqualTo("two <rm_score>: 1.00");
  }

  @Test
  void filtersNameTheirReasons() {
    Selector.Selection selection = select(
        "strategy: top_k, top_k: 9, min_chars: 3, max_chars: 16, pattern: '[a-z]', forbidden: bad", FIRST, THIRD);
    assertThat(texts(selection)).isEmpty();
    assertThat(selection.report().dropped()).containsExactlyInAnyOrderEntriesOf(Map.of(Dropped.UNFINISHED, 1,
        Dropped.TOO_SHORT, 1, Dropped.TOO_LONG, 3, Dropped.FORBIDDEN, 1, Dropped.NOTHING_LEFT, 2));
  }

  @Test
  void repeatedRowsKeepTheBetterOne() {
    Scored again = scored("one", "A  good answer HERE:3");
    assertThat(select("strategy: best", FIRST, again).rows()).extracting(Kept::reward).containsExactly(3.0);
    assertThat(select("strategy: best, dedup: none", FIRST, again).rows()).hasSize(2);

    String words = "the parcel is late and we are very sorry about that dear friend we will send another one today";
    Scored almost = scored("six", words + ":1");
    Scored nearly = scored("six", words + " indeed:2");
    assertThat(select("strategy: best", almost, nearly).rows()).hasSize(2);
    assertThat(select("strategy: best, dedup: near", almost, nearly).rows()).extracting(Kept::reward)
        .containsExactly(2.0);
  }

  @Test
  void bucketsKeepTheBestRowsAndTheWantedDifficulty() {
    List<Scored> prompts = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      prompts.add(scored("prompt " + i, "answer number " + i + ":" + i, "other answer " + i + ":" + (i - 1)));
    }
    Scored[] all = prompts.toArray(Scored[]::new);

    assertThat(texts(select("strategy: best, quality_share: 0.2", all))).containsExactly("answer number 8",
        "answer number 9");
    // The hardest prompts are those with the lowest rewards.
    assertThat(texts(select("strategy: best, difficulty_from: 0.75", all))).containsExactly("answer number 0",
        "answer number 1");
    SelectionReport report = select("strategy: best", all).report();
    assertThat(report.buckets().values().stream().mapToInt(counts -> counts[0] + counts[1] + counts[2] + counts[3])
        .sum()).isEqualTo(10);
    assertThat(report.buckets().get("easy")[3]).isPositive();
    assertThat(report.toText()).contains("rows kept", "hard prompts");
  }

  @Test
  void nearDuplicatesAreFoundAmongMany() {
    NearDuplicates seen = new NearDuplicates(0.7);
    for (int i = 0; i < 200; i++) {
      assertThat(seen.add(Shingles.of("row " + i + " says something about " + i * 7 + " and then " + i * 13))).isTrue();
    }
    assertThat(seen.add(Shingles.of("Row 77 says something about 539 and then 1001."))).isFalse();
    assertThat(seen.add(Shingles.of("nothing like it was said before here"))).isTrue();
  }

  private static Selector.Selection select(String keys, Scored... prompts) {
    return Selector.select(List.of(prompts), RecipeConfig.parse("select: {" + keys + "}").select());
  }

  private static List<String> texts(Selector.Selection selection) {
    return selection.rows().stream().map(Kept::text).toList();
  }

  /** Answers as {@code text:reward}, with a tilde at the end where they were cut. */
  private static Scored scored(String prompt, String... answers) {
    List<Scored.Answer> list = new ArrayList<>();
    for (String answer : answers) {
      int colon = answer.lastIndexOf(':');
      boolean cut = answer.endsWith("~");
      list.add(new Scored.Answer(answer.substring(0, colon),
          Double.parseDouble(answer.substring(colon + 1, answer.length() - (cut ? 1 : 0))), !cut));
    }
    return new Scored(List.of(ChatMessage.user(prompt)), list);
  }
}
