package io.rlhf4j.launcher.ppo;

import io.rlhf4j.actor.ActorRole;
import io.rlhf4j.critic.CriticRole;
import io.rlhf4j.reference.ReferenceRole;
import io.rlhf4j.reward.RewardRole;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.FinishReason;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.RolloutKey;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.TokenSequence;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Deterministic roles without a model. Learning changes one number, which shows in everything that is measured later; a
 * score depends on all sequences of its chunk, so that a chunk cut differently shows as well.
 */
final class ToyRoles {

  /** As a role's settings: the role fails when it is asked to work. */
  static final String FAIL = "{\"fail\": true}";

  private ToyRoles() {}

  static RoleFactories factories() {
    return new RoleFactories(Actor::new, Critic::new,
        (model, settings) -> new Reward(settings), (model, settings) -> new Reference(settings));
  }

  private static void work(String role, String settings) {
    if (settings.equals(FAIL)) {
      throw new UnsupportedOperationException("toy " + role + " cannot work");
    }
  }

  private static double stored(Path model, String file, double otherwise) {
    try {
      return Files.exists(model.resolve(file)) ? Double.parseDouble(Files.readString(model.resolve(file))) : otherwise;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void store(Path directory, String file, double value) {
    try {
      Files.writeString(directory.resolve(file), Double.toString(value));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<float[]> rows(List<TokenSequence> sequences, double weight) {
    double shared = sequences.stream().mapToLong(one -> sum(one.tokens())).sum() * 1e-3;
    List<float[]> rows = new ArrayList<>();
    for (TokenSequence sequence : sequences) {
      float[] row = new float[sequence.responseLength()];
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) -(weight * sequence.tokens()[sequence.promptLength() + i] + shared);
      }
      rows.add(row);
    }
    return rows;
  }

  private static long sum(int[] tokens) {
    long sum = 0;
    for (int token : tokens) {
      sum += token;
    }
    return sum;
  }

  private static double learn(List<Experience> batch) {
    double sum = 0;
    for (Experience experience : batch) {
      for (float advantage : experience.advantages()) {
        sum += advantage;
      }
    }
    return 0.1 + Math.abs(sum) % 1;
  }

  /** Samples from a random stream of each rollout's own. */
  static final class Actor implements ActorRole {
    private final String settings;
    private double weight;
    private long version;

    Actor(Path model, String settings) {
      this.settings = settings;
      this.weight = stored(model, "weight.txt", 0.01);
      this.version = (long) stored(model, "version.txt", 0);
    }

    @Override
    public void generate(long step, List<PromptRequest> prompts, SamplingOptions options, Consumer<Rollout> sink) {
      work("actor", settings);
      for (PromptRequest prompt : prompts) {
        for (int sample = 0; sample < options.samplesPerPrompt(); sample++) {
          Random random = new Random(options.seed() + 1000 * step + 10 * prompt.promptId() + sample + version * 7);
          int[] response = random.ints(1 + random.nextInt(options.maxNewTokens()), 0, 50).toArray();
          sink.accept(new Rollout(new RolloutKey(step, prompt.promptId(), sample, version), prompt.tokens(), response,
              new float[response.length], FinishReason.STOP));
        }
      }
    }

    @Override
    public List<float[]> logProbs(List<TokenSequence> sequences, double temperature) {
      return rows(sequences, weight / temperature);
    }

    @Override
    public Map<String, Double> update(long step, List<Experience> batch) {
      weight = learn(batch);
      version++;
      return Map.of("policy_weight", weight);
    }

    @Override
    public void save(Path directory) {
      store(directory, "weight.txt", weight);
    }

    @Override
    public void checkpoint(Path directory) {
      save(directory);
      store(directory, "version.txt", version);
    }

    @Override
    public void close() {}
  }

  static final class Critic implements CriticRole {
    private final String settings;
    private double weight;

    Critic(Path model, String settings) {
      this.settings = settings;
      this.weight = stored(model, "weight.txt", 0.02);
    }

    @Override
    public List<float[]> values(List<TokenSequence> sequences) {
      work("critic", settings);
      return rows(sequences, weight);
    }

    @Override
    public Map<String, Double> update(long step, List<Experience> batch) {
      weight = learn(batch) / 2;
      return Map.of("value_weight", weight);
    }

    @Override
    public void save(Path directory) {
      store(directory, "weight.txt", weight);
    }

    @Override
    public void checkpoint(Path directory) {
      save(directory);
    }

    @Override
    public void close() {}
  }

  static final class Reward implements RewardRole {
    private final String settings;

    Reward(String settings) {
      this.settings = settings;
    }

    @Override
    public float[] score(List<TokenSequence> sequences) {
      work("reward", settings);
      List<float[]> rows = rows(sequences, 0.5);
      float[] scores = new float[rows.size()];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = rows.get(i)[0];
      }
      return scores;
    }

    @Override
    public void close() {}
  }

  static final class Reference implements ReferenceRole {
    private final String settings;

    Reference(String settings) {
      this.settings = settings;
    }

    @Override
    public List<float[]> logProbs(List<TokenSequence> sequences, double temperature) {
      work("reference", settings);
      return rows(sequences, 0.015 / temperature);
    }

    @Override
    public void close() {}
  }
}
