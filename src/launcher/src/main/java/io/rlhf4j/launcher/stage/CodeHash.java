package io.rlhf4j.launcher.stage;

import io.rlhf4j.actor.ActorRole;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.critic.CriticRole;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.reference.ReferenceRole;
import io.rlhf4j.reward.RewardRole;
import io.rlhf4j.rpc.RoleName;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * SHA-256 of the program itself: of the classes and kernels of its modules, not of the archives around them, so that
 * two builds of the same sources agree. It tells code versions apart where the version number does not.
 */
final class CodeHash {

  /** A class of each module that computes. */
  private static final List<Class<?>> MODULES =
      List.of(Version.class, RecipeConfig.class, RoleName.class, ActorRole.class, CriticRole.class, RewardRole.class,
          ReferenceRole.class);

  private CodeHash() {}

  /** Reads the program once. */
  private static final class Program {
    private static final String HASH =
        of(MODULES.stream().map(CodeHash::place).distinct().toList());
  }

  /** Of this program, hexadecimal. */
  static String ofProgram() {
    return Program.HASH;
  }

  private static Path place(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Of the files in these directories and archives, by their names within. */
  static String of(List<Path> places) {
    try {
      TreeMap<String, String> files = new TreeMap<>();
      for (Path place : places) {
        if (Files.isDirectory(place)) {
          ofDirectory(place, files);
        } else {
          ofArchive(place, files);
        }
      }
      return Hashes.ofText(files.toString());
    } catch (IOException e) {
      throw new UncheckedIOException("the program cannot be read", e);
    }
  }

  private static void ofDirectory(Path root, TreeMap<String, String> files) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        try (InputStream in = Files.newInputStream(file)) {
          add(root.relativize(file).toString().replace('\\', '/'), in, files);
        }
      }
    }
  }

  private static void ofArchive(Path archive, TreeMap<String, String> files) throws IOException {
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        if (!entry.isDirectory()) {
          try (InputStream in = zip.getInputStream(entry)) {
            add(entry.getName(), in, files);
          }
        }
      }
    }
  }

  private static void add(String name, InputStream in, TreeMap<String, String> files) throws IOException {
    // The manifest names whoever built the archive.
    if (!name.startsWith("META-INF/")) {
      MessageDigest digest = Hashes.sha256();
      digest.update(in.readAllBytes());
      files.put(name, HexFormat.of().formatHex(digest.digest()));
    }
  }
}
