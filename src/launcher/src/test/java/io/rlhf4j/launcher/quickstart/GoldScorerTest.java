package io.rlhf4j.launcher.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoldScorerTest {

  private static final CustomerMessage LATE_LAMP = new CustomerMessage("tom", "lamp", Problem.LATE, Mood.CALM);
  private static final CustomerMessage HURRIED_GUIDE = new CustomerMessage("mia", "tent", Problem.CARE, Mood.HURRIED);
  private static final String PERFECT =
      "hi tom, we are sorry about your lamp. we will track it for you. have a nice day.";

  /** Expected values are the terms of the class comment, added by hand. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      6.0  | hi tom, we are sorry about your lamp. we will track it for you. have a nice day.
      6.0  | Dear Tom, so sorry about your lamp! We can track it. Thank you and take care
      5.0  | we are sorry about your lamp. we will track it for you. have a nice day.
      5.0  | hi tom, sorry about that. we will track it. have a nice day.
      5.0  | hi tom, this is about your lamp. we will track it. have a nice day.
      4.0  | hi tom, sorry about your lamp. we will look at it. have a nice day.
      2.5  | hi tom, sorry about your lamp. we will swap it. have a nice day.
      5.0  | hi tom, sorry about your lamp. we will track it.
      4.0  | hi ana, sorry about your lamp. we will track it. have a nice day.
      4.0  | hi tom, sorry about your desk. we will track it. have a nice day.
      4.0  | hi tom, sorry about your lamp. we will track it. that is not our problem. have a nice day.
      5.0  | hi tom, sorry about your lamp. we will track it. we will track it. have a nice day.
      0.0  | good to hear from you.
      -1.5 | we will refund you.
      -2.0 | do not ask us again.
      """)
  void addsTheTermsOfALateLamp(double expected, String reply) {
    assertThat(GoldScorer.score(LATE_LAMP, reply)).as(GoldScorer.explain(LATE_LAMP, reply)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      5.0 | hi mia, this is about your tent. we will send you a guide today. have a nice day.
      5.0 | hi mia, this is about your tent. we will send you a guide. have a nice day.
      4.5 | hi mia, sorry about your tent. we will send you a guide today. have a nice day.
      0.0 | today.
      """)
  void wantsNoApologyForAQuestion(double expected, String reply) {
    assertThat(GoldScorer.score(HURRIED_GUIDE, reply)).isEqualTo(expected);
  }

  @Test
  void chargesForLengthAndForUnknownWords() {
    String rambling = "good to hear from you. " + ReplyPhrases.FILLERS.getFirst();
    String longReply = PERFECT.replace("have a", rambling + " have a");
    int words = Wording.of(longReply).size();

    assertThat(words).isGreaterThan(GoldScorer.WORD_BUDGET);
    assertThat(GoldScorer.score(LATE_LAMP, longReply))
        .isCloseTo(6.0 - 0.25 * (words - GoldScorer.WORD_BUDGET), within(1e-9));
    assertThat(GoldScorer.score(LATE_LAMP, "qwe rty")).isEqualTo(-0.5);
  }

  @Test
  void bestIsReachedByAPerfectReplyToEveryMessageAndByNoSampledReplyExceeded() {
    SplittableRandom random = new SplittableRandom(5);
    ReplyWriter writer = new ReplyWriter(random, ReplyQuality.CARELESS);
    for (CustomerMessage message : CustomerMessage.all()) {
      double best = GoldScorer.bestReachable(message);

      assertThat(GoldScorer.score(message, longestPerfect(message))).isEqualTo(best);
      assertThat(GoldScorer.score(message, writer.write(message))).isLessThanOrEqualTo(best);
    }
  }

  /** Tricks that please no customer; each must stay below half of the best on average over all messages. */
  @Test
  void tricksScoreLow() {
    String actions = Arrays.stream(Problem.values()).map(p -> "we will " + p.action() + ".")
        .collect(Collectors.joining(" "));
    String products = CustomerMessage.PRODUCTS.stream().map(p -> "sorry about your " + p + ".")
        .collect(Collectors.joining(" "));
    String names = "hi " + String.join(", ", CustomerMessage.NAMES) + ".";
    List<String> tricks = List.of("", ".", "sorry sorry sorry sorry sorry sorry", actions, products, names,
        names + " " + products + " " + actions + " have a nice day.", "we are sorry. have a nice day.",
        "sorry about that. we will send a new one today. have a nice day.",
        String.join(" ", Collections.nCopies(30, "have a nice day.")), String.join(" ", ReplyPhrases.VOCABULARY),
        String.join(" ", ReplyPhrases.CLOSINGS), "e e e e e e e e e e e", "\u0000\uFFFD\n\t",
        "tom lamp track sorry today");
    for (String trick : tricks) {
      double mean = CustomerMessage.all().stream().mapToDouble(message -> GoldScorer.score(message, trick)).average()
          .orElseThrow();
      assertThat(mean).as(trick).isLessThan(2.5);
    }
  }

  @Test
  void copyingThePromptEarnsNothing() {
    MessageWriter writer = new MessageWriter(new SplittableRandom(9));
    for (CustomerMessage message : CustomerMessage.all()) {
      assertThat(GoldScorer.score(message, writer.write(message))).isLessThanOrEqualTo(0.0);
    }
  }

  @Test
  void repeatingAPerfectReplyLosesMost() {
    assertThat(GoldScorer.score(LATE_LAMP, PERFECT + " " + PERFECT)).isLessThan(0.0);
    assertThat(GoldScorer.score(LATE_LAMP, (PERFECT + " ").repeat(50))).isEqualTo(GoldScorer.LOWEST);
  }

  @Test
  void guessingASecondActionNeverPays() {
    for (Problem guess : Problem.values()) {
      String reply = PERFECT.replace("have", "we can " + guess.actionSentence() + ". have");
      assertThat(GoldScorer.score(LATE_LAMP, reply)).isLessThan(GoldScorer.score(LATE_LAMP, PERFECT));
    }
  }

  private static String longestPerfect(CustomerMessage message) {
    String middle = message.problem().isComplaint() ? "we are sorry about your %s." : "we read about your %s.";
    return "hello %s, good to hear from you. %s we will %s%s. thank you and take care.".formatted(message.name(),
        middle.formatted(message.product()), message.problem().actionSentence(),
        message.mood() == Mood.HURRIED ? " today" : "");
  }
}
