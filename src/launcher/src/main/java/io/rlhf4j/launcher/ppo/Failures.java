package io.rlhf4j.launcher.ppo;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Takes off the wrappers that futures put around a failure, so that the user sees the one line that matters. */
public final class Failures {

  private Failures() {}

  /** The failure itself. */
  public static RuntimeException unwrap(Throwable failure) {
    Throwable inner = failure;
    while ((inner instanceof ExecutionException || inner instanceof CompletionException) && inner.getCause() != null) {
      inner = inner.getCause();
    }
    return switch (inner) {
      case RuntimeException known -> known;
      case Error error -> throw error;
      case Throwable other -> new IllegalStateException(other.toString(), other);
    };
  }
}
