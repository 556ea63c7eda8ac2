package io.rlhf4j.tensor;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Tells that memory ran out where libtorch wanted some, which it says in words only. */
public final class NativeMemory {

  // The allocators of CPU and GPU, and C++ for everything else.
  private static final Pattern EXHAUSTED =
      Pattern.compile("can't allocate memory|not enough memory|out of memory|std::bad_alloc");
  private static final Pattern WANTED = Pattern.compile("[Tt]ried to allocate (\\d+(?:\\.\\d+)? [KMGi]*[Bb](?:ytes)?)");

  private NativeMemory() {}

  /** What is to be said of it, in a few words; empty if the failure has another reason. */
  public static Optional<String> exhausted(Throwable failure) {
    return Stream.iterate(failure, cause -> cause != null, Throwable::getCause).limit(20)
        .filter(cause -> cause instanceof KernelException || cause instanceof ai.djl.engine.EngineException)
        .map(cause -> String.valueOf(cause.getMessage())).filter(message -> EXHAUSTED.matcher(message).find())
        .findFirst().map(NativeMemory::said);
  }

  private static String said(String message) {
    Matcher wanted = WANTED.matcher(message);
    return wanted.find() ? "libtorch could not allocate " + wanted.group(1) : "libtorch could not allocate memory";
  }
}
