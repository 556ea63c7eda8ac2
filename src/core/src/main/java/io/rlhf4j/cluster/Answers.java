package io.rlhf4j.cluster;

import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.Behaviors;
import java.util.concurrent.CompletableFuture;

/** The bridge from an actor's answer to a thread that waits for it. */
final class Answers {

  private Answers() {}

  /** An actor that completes {@code future} with the first message it gets, and stops. */
  static <T> Behavior<T> to(CompletableFuture<T> future) {
    return Behaviors.receiveMessage(answer -> {
      future.complete(answer);
      return Behaviors.stopped();
    });
  }
}
