package io.rlhf4j.launcher.quickstart;

import java.util.List;

/** How a customer writes. It changes nothing about what a good reply is. */
enum Mood {
  CALM(List.of("please help.", "can you help me?", "what can you do?")),
  UPSET(List.of("i am not happy.", "this is bad.", "i am so sad.")),
  HURRIED(List.of("i need help soon.", "please be quick.", "i have no time."));

  private final List<String> sentences;

  Mood(List<String> sentences) {
    this.sentences = sentences;
  }

  List<String> sentences() {
    return sentences;
  }
}
