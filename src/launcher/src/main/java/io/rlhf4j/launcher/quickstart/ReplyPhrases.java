package io.rlhf4j.launcher.quickstart;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The sentences that replies are made of, and the few words by which the gold score recognises them. */
final class ReplyPhrases {

  static final List<String> GREETINGS = List.of("hi", "hello", "dear");
  static final List<String> APOLOGIES_WITH_PRODUCT = List.of("we are sorry about your %s.", "sorry about your %s.");
  static final List<String> APOLOGIES = List.of("we are so sorry.", "sorry about that.");
  static final List<String> PRODUCTS_ALONE = List.of("this is about your %s.", "we read about your %s.");
  static final List<String> THANKS = List.of("thanks for the note.", "good to hear from you.");
  static final List<String> PROMISES = List.of("we will %s.", "we can %s.");
  static final List<String> HASTY_PROMISES = List.of("we will %s today.", "we can %s today.");
  static final List<String> VAGUE = List.of("look at it", "see what we can do");
  static final List<String> FILLERS = List.of("we work all day and all week and we do all that we can.",
      "you can ask us and we can ask and then we will see.");
  static final List<String> RUDE = List.of("that is not our problem.", "do not ask us again.");
  static final List<String> CLOSINGS = List.of("have a nice day.", "thank you and take care.", "all the best from us.");

  /** Each makes an apology. */
  static final List<String> APOLOGY_CUES = List.of("we are sorry", "we are so sorry", "sorry about");
  static final List<String> RUDE_CUES = List.of("not our problem", "do not ask us");
  static final List<String> CLOSING_CUES = CLOSINGS.stream().map(ReplyPhrases::bare).toList();
  static final Set<String> VOCABULARY = vocabulary();

  private ReplyPhrases() {}

  private static String bare(String sentence) {
    return String.join(" ", Wording.of(sentence).words());
  }

  private static Set<String> vocabulary() {
    Stream<String> replies = Stream.of(GREETINGS, APOLOGIES_WITH_PRODUCT, APOLOGIES, PRODUCTS_ALONE, THANKS, PROMISES,
        HASTY_PROMISES, VAGUE, FILLERS, RUDE, CLOSINGS).flatMap(List::stream).map(s -> s.replace("%s", ""));
    Stream<String> actions = Arrays.stream(Problem.values()).map(Problem::actionSentence);
    Stream<String> slots = Stream.concat(CustomerMessage.NAMES.stream(), CustomerMessage.PRODUCTS.stream());
    return Stream.of(replies, actions, slots).flatMap(s -> s).flatMap(s -> Wording.of(s).words().stream())
        .collect(Collectors.toUnmodifiableSet());
  }
}
