package io.rlhf4j.launcher.quickstart;

import java.util.List;

/** What a customer writes about, and the one action that solves it. */
enum Problem {
  BROKEN(true, "send a new one", "", List.of("my %s came broken", "my %s fell apart", "the %s you sent is broken"),
      List.of("broken", "fell apart")),
  LATE(true, "track it", " for you", List.of("my %s is late", "my %s is not here yet", "i still wait for my %s"),
      List.of("late", "not here yet", "still wait")),
  SIZE(true, "swap it", " for you", List.of("my %s is too small", "my %s is too big", "my %s is the wrong size"),
      List.of("too small", "too big", "wrong size")),
  PAID_TWICE(true, "refund you", "", List.of("i paid twice for my %s", "you made me pay twice for the %s"),
      List.of("twice")),
  MISSING(true, "send the part", "", List.of("a part of my %s is missing", "my %s came with a part missing"),
      List.of("missing")),
  CARE(false, "send you a guide", "", List.of("how do i clean my %s", "what is the best way to clean a %s"),
      List.of("clean")),
  MORE(false, "add one more", "", List.of("can i get one more %s", "i like my %s and want one more"),
      List.of("one more"));

  private final boolean complaint;
  private final String action;
  private final String ending;
  private final List<String> sentences;
  private final List<String> cues;

  Problem(boolean complaint, String action, String ending, List<String> sentences, List<String> cues) {
    this.complaint = complaint;
    this.action = action;
    this.ending = ending;
    this.sentences = sentences;
    this.cues = cues;
  }

  /** Whether something went wrong, so that an apology is due. */
  boolean isComplaint() {
    return complaint;
  }

  /** The words that name the action. */
  String action() {
    return action;
  }

  /** The action as a reply writes it. */
  String actionSentence() {
    return action + ending;
  }

  /** Ways to state the problem; {@code %s} is the product. */
  List<String> sentences() {
    return sentences;
  }

  /** Words in a message that give the problem away; those of different problems never meet in one message. */
  List<String> cues() {
    return cues;
  }
}
