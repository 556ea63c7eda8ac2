package io.rlhf4j.reward.kind;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.ModelRewardSpec;
import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.config.RuleSpec;
import io.rlhf4j.model.AdapterBase;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The files that rewards are made of: models, templates, answers. */
public final class RewardFiles {

  /** Of a longer file only the ends are read, besides its length and its time. */
  private static final int WHOLE_BYTES = 256 << 20;
  private static final int END_BYTES = 1 << 20;

  private RewardFiles() {}

  /** Directories of the models in the order of the list, those of ensembles included. */
  public static List<Path> models(List<RewardSpec> specs) {
    return specs.stream().flatMap(RewardFiles::of).filter(Files::isDirectory).toList();
  }

  /** Changes when one of the files changes, those of a model that adapters stand beside included; hexadecimal. */
  public static String fingerprint(List<RewardSpec> specs) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      List<Path> roots =
          specs.stream().flatMap(RewardFiles::of).flatMap(path -> AdapterBase.chain(path).stream()).toList();
      for (Path root : roots) {
        for (Path file : files(root)) {
          digest.update((root.relativize(file) + " " + Files.size(file) + "\n").getBytes(StandardCharsets.UTF_8));
          update(digest, file);
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw new InputException("rewards: cannot be read (" + e.getMessage() + ")", e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Path> files(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static void update(MessageDigest digest, Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() <= WHOLE_BYTES) {
        update(digest, channel, 0, channel.size());
        return;
      }
      digest.update(Files.getLastModifiedTime(file).toString().getBytes(StandardCharsets.UTF_8));
      update(digest, channel, 0, END_BYTES);
      update(digest, channel, channel.size() - END_BYTES, END_BYTES);
    }
  }

  private static void update(MessageDigest digest, FileChannel channel, long from, long length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(END_BYTES);
    for (long at = from; at < from + length;) {
      buffer.clear().limit((int) Math.min(END_BYTES, from + length - at));
      int read = channel.read(buffer, at);
      if (read < 0) {
        throw new IOException("a file became shorter while it was read");
      }
      digest.update(buffer.flip());
      at += read;
    }
  }

  private static Stream<Path> of(RewardSpec spec) {
    return switch (spec) {
      case RewardSpec.Sequence sequence -> existing(sequence.path());
      case RewardSpec.Ensemble ensemble -> ensemble.members().stream().flatMap(RewardFiles::of);
      case RewardSpec.Random random -> Stream.empty();
      case RewardSpec.Java java -> Stream.empty();
      case ModelRewardSpec model -> ofModel(model);
      case RuleSpec rule -> ofRule(rule);
    };
  }

  private static Stream<Path> ofModel(ModelRewardSpec spec) {
    return switch (spec) {
      case ModelRewardSpec.Dpo dpo -> existing(dpo.path(), dpo.reference());
      case ModelRewardSpec.Pair pair -> existing(pair.path(), pair.template());
      case ModelRewardSpec.Judge judge -> Stream.concat(
          judge.models().stream().filter(model -> !model.matches("https?://.*")).flatMap(m -> existing(Path.of(m))),
          existing(judge.template()));
      case ModelRewardSpec.Process process -> existing(process.path());
      case ModelRewardSpec.Remote remote -> existing(remote.tokenizer());
    };
  }

  private static Stream<Path> ofRule(RuleSpec spec) {
    return switch (spec) {
      case RuleSpec.Perplexity perplexity -> existing(perplexity.path());
      case RuleSpec.Accuracy accuracy -> existing(accuracy.answers());
      case RuleSpec.Format format -> Stream.empty();
      case RuleSpec.Regex regex -> Stream.empty();
      case RuleSpec.Length length -> Stream.empty();
      case RuleSpec.Repetition repetition -> Stream.empty();
      case RuleSpec.Language language -> Stream.empty();
    };
  }

  private static Stream<Path> existing(@Nullable Path... paths) {
    List<Path> existing = new ArrayList<>();
    for (Path path : paths) {
      if (path != null && Files.exists(path)) {
        existing.add(path);
      }
    }
    return existing.stream();
  }
}
