package io.rlhf4j.launcher.quickstart;

import io.rlhf4j.config.InputException;
import io.rlhf4j.launcher.quickstart.TaskRow.Conversation;
import io.rlhf4j.launcher.quickstart.TaskRow.Preference;
import io.rlhf4j.launcher.quickstart.TaskRow.Prompt;
import io.rlhf4j.text.ChatMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * The task {@value #NAME}: answer a customer by name, apologise when something went wrong, name the product, promise
 * what solves the problem, close politely. The replies to imitate do each of these only sometimes.
 *
 * <p>No prompt occurs twice. Those of the test files describe combinations of name, product and problem that occur in
 * no training file.
 */
public final class QuickstartTask implements Task {

  static final String NAME = "customer-replies";

  /**
   * Replies to one message in the preference files, all compared with each other: five replies give ten preferences,
   * and a reward model computes each reply once for the four preferences that it stands in.
   */
  static final int REPLIES_PER_PROMPT = 5;

  private final TaskSizes sizes;

  public QuickstartTask() {
    this(TaskSizes.DEFAULT);
  }

  public QuickstartTask(TaskSizes sizes) {
    this.sizes = sizes;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void generate(Path directory, long seed) {
    try {
      Files.createDirectories(directory);
      RowSource source = new RowSource(seed);
      for (TaskFile file : TaskFile.values()) {
        Files.writeString(file.in(directory), TaskRow.toJsonLines(source.rows(file, sizes.of(file))));
      }
    } catch (IOException e) {
      throw new InputException(directory + ": cannot write the data of the task " + NAME + ": " + e, e);
    }
  }

  @Override
  public double gold(List<ChatMessage> prompt, String reply) {
    return GoldScorer.score(messageOf(prompt), reply);
  }

  @Override
  public double best(List<ChatMessage> prompt) {
    return GoldScorer.bestReachable(messageOf(prompt));
  }

  /** The terms that make up a gold score, in one line for reports. */
  public String explain(List<ChatMessage> prompt, String reply) {
    return GoldScorer.explain(messageOf(prompt), reply);
  }

  private static CustomerMessage messageOf(List<ChatMessage> prompt) {
    Stream<ChatMessage> users = prompt.stream().filter(message -> message.role().equals(ChatMessage.USER));
    return CustomerMessage.parse(String.join(" ", users.map(ChatMessage::content).toList()));
  }

  /** Makes rows one after the other; the order of the calls decides what they hold. */
  private static final class RowSource {

    private final PromptSource prompts;
    private final BradleyTerry judge;
    private final ReplyWriter sftWriter;
    private final ReplyWriter carefulWriter;
    private final ReplyWriter carelessWriter;
    private final RandomGenerator choice;

    RowSource(long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      prompts = new PromptSource(random.split());
      judge = new BradleyTerry(random.split());
      sftWriter = new ReplyWriter(random.split(), ReplyQuality.SFT);
      carefulWriter = new ReplyWriter(random.split(), ReplyQuality.CAREFUL);
      carelessWriter = new ReplyWriter(random.split(), ReplyQuality.CARELESS);
      choice = random.split();
    }

    List<TaskRow> rows(TaskFile file, int count) {
      List<TaskRow> rows = new ArrayList<>();
      while (rows.size() < count) {
        PromptSource.Drawn drawn = prompts.next(file.isHeldOut());
        ChatMessage user = ChatMessage.user(drawn.text());
        switch (file) {
          case SFT ->
              rows.add(new Conversation(List.of(user, ChatMessage.assistant(sftWriter.write(drawn.message())))));
          case PREFERENCE_TRAIN, PREFERENCE_TEST -> rows.addAll(preferences(user, drawn.message()));
          case PROMPTS_TRAIN, PROMPTS_TEST -> rows.add(new Prompt(List.of(user)));
        }
      }
      return rows.subList(0, count);
    }

    /** Every two of {@link #REPLIES_PER_PROMPT} different replies, compared once. */
    private List<Preference> preferences(ChatMessage user, CustomerMessage message) {
      List<String> replies = differentReplies(message);
      List<Preference> compared = new ArrayList<>();
      for (int i = 0; i < replies.size(); i++) {
        for (int j = i + 1; j < replies.size(); j++) {
          compared.add(preference(user, message, replies.get(i), replies.get(j)));
        }
      }
      return compared;
    }

    private List<String> differentReplies(CustomerMessage message) {
      Set<String> replies = new LinkedHashSet<>();
      while (replies.size() < REPLIES_PER_PROMPT) {
        replies.add(reply(message));
      }
      return List.copyOf(replies);
    }

    private Preference preference(ChatMessage user, CustomerMessage message, String first, String second) {
      boolean firstIsBetter =
          judge.prefersFirst(GoldScorer.score(message, first), GoldScorer.score(message, second));
      return new Preference(List.of(user), firstIsBetter ? first : second, firstIsBetter ? second : first);
    }

    private String reply(CustomerMessage message) {
      return (choice.nextBoolean() ? carefulWriter : carelessWriter).write(message);
    }
  }
}
