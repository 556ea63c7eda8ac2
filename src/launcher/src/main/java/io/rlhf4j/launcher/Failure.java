package io.rlhf4j.launcher;

import io.rlhf4j.cluster.CutOffException;
import io.rlhf4j.config.InputException;
import io.rlhf4j.reward.kind.RemoteException;
import io.rlhf4j.rpc.RoleException;
import io.rlhf4j.tensor.NativeMemory;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Turns what went wrong into one line and an exit code. */
final class Failure {

  static final int UNEXPECTED = 1;
  static final int WRONG_INPUT = 2;

  private Failure() {}

  /** Prints one line, with {@code debug} the stack trace as well, and returns the exit code. */
  static int report(Throwable failure, PrintWriter err, boolean debug) {
    Optional<String> input = wrongInput(failure);
    Optional<String> known = input.or(() -> first(failure, Failure::isOutOfReach).map(Failure::message))
        .or(() -> NativeMemory.exhausted(failure).map(why -> "out of memory: " + why + "; lower micro_batch_tokens of "
            + "the stage, or let auto_find_batch_size: true find what fits, and give the same command again"));
    if (known.isPresent()) {
      err.println("rlhf: " + oneLine(known.get()));
    } else {
      String hint = debug ? "" : " (run again with --debug for the stack trace)";
      err.println("rlhf: unexpected " + oneLine(failure.toString()) + hint);
    }
    if (debug) {
      failure.printStackTrace(err);
    }
    err.flush();
    return input.isPresent() ? WRONG_INPUT : UNEXPECTED;
  }

  /** Whether it is the user who can put it right. */
  static boolean isWrongInput(Throwable failure) {
    return wrongInput(failure).isPresent();
  }

  /** The message for the user, if it is the user who can put it right. */
  private static Optional<String> wrongInput(Throwable failure) {
    return first(failure, Failure::isFullDisk).map(cause -> "the disk is full: " + place(failure, cause)
        + "; make room and give the same command again")
        .or(() -> first(failure, InputException.class::isInstance).map(Failure::message))
        .or(() -> first(failure, Failure::isPortInUse).map(cause -> "port is in use: " + address(failure, cause)));
  }

  /** Whatever was being written then; a limit on the size of files looks the same to a program. */
  private static boolean isFullDisk(Throwable cause) {
    return cause instanceof IOException
        && message(cause).matches("(?s).*(No space left on device|Disk quota exceeded|File too large).*");
  }

  /** The exception nearest to the cause that names a file. */
  private static String place(Throwable failure, Throwable cause) {
    List<Throwable> chain = Stream.iterate(failure, each -> each != cause, Throwable::getCause).toList();
    return Stream.concat(Stream.of(cause), chain.reversed().stream()).map(Failure::message)
        .filter(message -> message.contains("/")).findFirst().orElse(message(cause));
  }

  /** Nothing in this program is wrong; the message says what is, and where. */
  private static boolean isOutOfReach(Throwable cause) {
    return cause instanceof CutOffException || cause instanceof RoleException || cause instanceof RemoteException;
  }

  private static boolean isPortInUse(Throwable cause) {
    // Netty's native transports have an exception type of their own.
    return cause instanceof BindException || message(cause).contains("Address already in use");
  }

  /** The cause itself often does not say which address, an exception around it does. */
  private static String address(Throwable failure, Throwable cause) {
    return first(failure, around -> message(around).matches("(?s).*:\\d{2,5}\\b.*")).map(Failure::message)
        .orElse(message(cause));
  }

  private static Optional<Throwable> first(Throwable failure, Predicate<Throwable> wanted) {
    return Stream.iterate(failure, cause -> cause != null, Throwable::getCause).limit(20).filter(wanted).findFirst();
  }

  private static String message(Throwable failure) {
    return String.valueOf(failure.getMessage());
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s+", " ");
  }
}
