package io.rlhf4j.launcher.quickstart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;

/** Writes replies of random quality to a customer's message. */
final class ReplyWriter {

  private final RandomGenerator random;
  private final ReplyQuality quality;

  ReplyWriter(RandomGenerator random, ReplyQuality quality) {
    this.random = random;
    this.quality = quality;
  }

  String write(CustomerMessage message) {
    List<String> sentences = new ArrayList<>();
    if (chance(quality.thanks())) {
      sentences.add(pick(ReplyPhrases.THANKS));
    }
    addApologyAndProduct(message, sentences);
    addActions(message, sentences);
    if (chance(quality.rude())) {
      sentences.add(pick(ReplyPhrases.RUDE));
    }
    if (chance(quality.filler())) {
      sentences.add(pick(ReplyPhrases.FILLERS));
    }
    if (chance(quality.repeated()) && !sentences.isEmpty()) {
      sentences.add(pick(sentences));
    }
    if (chance(quality.closing())) {
      sentences.add(pick(ReplyPhrases.CLOSINGS));
    }
    if (sentences.isEmpty()) {
      sentences.add(pick(ReplyPhrases.THANKS));
    }
    return damage(greeting(message) + String.join(" ", sentences));
  }

  private String greeting(CustomerMessage message) {
    String word = pick(ReplyPhrases.GREETINGS.subList(0, 2));
    double draw = random.nextDouble();
    if (draw < quality.rightName()) {
      return pick(ReplyPhrases.GREETINGS) + " " + message.name() + ", ";
    }
    if (draw < quality.rightName() + quality.wrongName()) {
      return pick(ReplyPhrases.GREETINGS) + " " + other(CustomerMessage.NAMES, message.name()) + ", ";
    }
    return draw < quality.rightName() + quality.wrongName() + quality.bareGreeting() ? word + ", " : "";
  }

  private void addApologyAndProduct(CustomerMessage message, List<String> sentences) {
    boolean apology = chance(message.problem().isComplaint() ? quality.apology() : quality.needlessApology());
    double draw = random.nextDouble();
    if (draw < quality.rightProduct() + quality.wrongProduct()) {
      String product = draw < quality.rightProduct()
          ? message.product()
          : other(CustomerMessage.PRODUCTS, message.product());
      sentences.add(pick(apology ? ReplyPhrases.APOLOGIES_WITH_PRODUCT : ReplyPhrases.PRODUCTS_ALONE)
          .formatted(product));
    } else if (apology) {
      sentences.add(pick(ReplyPhrases.APOLOGIES));
    }
  }

  private void addActions(CustomerMessage message, List<String> sentences) {
    List<Problem> problems = Arrays.asList(Problem.values());
    double draw = random.nextDouble();
    if (draw < quality.rightAction()) {
      sentences.add(promise(message.problem().actionSentence()));
    } else if (draw < quality.rightAction() + quality.wrongAction()) {
      sentences.add(promise(other(problems, message.problem()).actionSentence()));
    } else if (draw < quality.rightAction() + quality.wrongAction() + quality.vagueAction()) {
      sentences.add(promise(pick(ReplyPhrases.VAGUE)));
    }
    if (chance(quality.secondAction())) {
      sentences.add(promise(other(problems, message.problem()).actionSentence()));
    }
  }

  private String promise(String action) {
    return pick(chance(quality.today()) ? ReplyPhrases.HASTY_PROMISES : ReplyPhrases.PROMISES).formatted(action);
  }

  private String damage(String reply) {
    List<String> words = new ArrayList<>(Arrays.asList(reply.split(" ")));
    if (chance(quality.cut())) {
      return String.join(" ", words.subList(0, 1 + random.nextInt(words.size())));
    }
    if (chance(quality.shuffled())) {
      // Not Collections.shuffle: it takes no seeded RandomGenerator that is fixed across JDKs.
      for (int i = words.size() - 1; i > 0; i--) {
        Collections.swap(words, i, random.nextInt(i + 1));
      }
      return String.join(" ", words);
    }
    return reply;
  }

  private boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  private <T> T pick(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  private <T> T other(List<T> choices, T not) {
    return pick(choices.stream().filter(choice -> !choice.equals(not)).toList());
  }
}
