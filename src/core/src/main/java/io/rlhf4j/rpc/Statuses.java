package io.rlhf4j.rpc;

import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.rlhf4j.config.InputException;
import io.rlhf4j.trust.HandshakeFailure;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;

/**
 * Exceptions to statuses and back.
 *
 * <p>{@link InputException} travels as {@code INVALID_ARGUMENT} and arrives as an {@code InputException}. A call that
 * does not fit the session or the contract is {@code FAILED_PRECONDITION}. Anything else is {@code INTERNAL}.
 */
final class Statuses {

  /** gRPC sends descriptions as HTTP/2 headers, which peers limit to 8 KiB altogether. */
  private static final int MAX_DESCRIPTION_CHARS = 1000;

  private Statuses() {}

  static Status of(Throwable failure) {
    return switch (failure) {
      case StatusRuntimeException known -> known.getStatus();
      case StatusException known -> known.getStatus();
      case InputException wrong -> Status.INVALID_ARGUMENT.withDescription(oneLine(wrong.getMessage()));
      case IllegalArgumentException wrong -> Status.FAILED_PRECONDITION.withDescription(oneLine(wrong.getMessage()));
      case IllegalStateException wrong -> Status.FAILED_PRECONDITION.withDescription(oneLine(wrong.getMessage()));
      case OutOfMemoryError full ->
          Status.RESOURCE_EXHAUSTED.withDescription(oneLine("out of memory: " + full.getMessage()));
      case Throwable other -> Status.INTERNAL.withDescription(
          oneLine(other.getClass().getSimpleName() + ": " + other.getMessage())).withCause(other);
    };
  }

  static RuntimeException toException(Endpoint endpoint, Status status, Duration deadline) {
    String said = status.getDescription() == null ? status.getCode().name() : oneLine(status.getDescription());
    Throwable cause = status.asRuntimeException();
    return switch (status.getCode()) {
      case INVALID_ARGUMENT -> new InputException(endpoint + ": " + said, cause);
      // Wrong until somebody puts it right; trying again is of no use.
      case UNAUTHENTICATED -> new InputException(endpoint + ": " + said + "; give both the same token_file", cause);
      case UNAVAILABLE -> HandshakeFailure.in(status.getCause()).isPresent()
          ? new InputException(endpoint + ": no TLS connection: " + HandshakeFailure.in(status.getCause()).get(), cause)
          : RoleException.lost(endpoint, "not reachable (" + said + ")", cause);
      // It hangs, or is much too slow; another may do better, and so may the same once it is prepared again.
      case DEADLINE_EXCEEDED ->
          RoleException.lost(endpoint, "no complete answer within " + deadline.toSeconds() + " seconds", cause);
      // A caller that cancels leaves with its own exception, so this was the other side, going down.
      case CANCELLED -> RoleException.lost(endpoint, "went away (" + said + ")", cause);
      // It was started again behind the same address.
      case ABORTED -> RoleException.lost(endpoint, said, cause);
      // What gRPC makes of a connection that breaks while a request is being written.
      case UNKNOWN -> status.getCause() instanceof ClosedChannelException
          ? RoleException.lost(endpoint, "not reachable (" + said + ")", cause)
          : new RoleException(endpoint, said, cause);
      case OK, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, RESOURCE_EXHAUSTED,
          FAILED_PRECONDITION, OUT_OF_RANGE, UNIMPLEMENTED, INTERNAL, DATA_LOSS ->
          new RoleException(endpoint, said, cause);
    };
  }

  static String oneLine(String message) {
    String line = String.valueOf(message).strip().replaceAll("\\s*\\R\\s*", "; ");
    return line.length() <= MAX_DESCRIPTION_CHARS ? line : line.substring(0, MAX_DESCRIPTION_CHARS) + "...";
  }
}
