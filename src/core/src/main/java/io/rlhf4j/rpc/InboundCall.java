package io.rlhf4j.rpc;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Server side of one call. Requests are taken two at a time, so a fast sender cannot fill the heap; replies wait for
 * the reader, so a slow reader cannot either.
 */
final class InboundCall<Q, P> implements StreamObserver<Q> {

  private static final Logger LOG = LoggerFactory.getLogger(InboundCall.class);

  private final ServerCallStreamObserver<P> replies;
  private final RequestHandler<Q, P> handler;
  private final Executor roleThread;
  /** The calls that are on their way, this one until it is answered. */
  private final Set<InboundCall<?, ?>> running;
  private final ReadyGate gate = new ReadyGate();
  /** Only touched by this call's gRPC callbacks, which come one after the other. */
  private boolean failed;

  private InboundCall(ServerCallStreamObserver<P> replies, RequestHandler<Q, P> handler, Executor roleThread,
      Set<InboundCall<?, ?>> running) {
    this.replies = replies;
    this.running = running;
    this.handler = handler;
    this.roleThread = roleThread;
  }

  static <Q, P> StreamObserver<Q> start(StreamObserver<P> replies, RequestHandler<Q, P> handler, Executor roleThread) {
    return start(replies, handler, roleThread, ConcurrentHashMap.newKeySet());
  }

  /** @param running calls that {@link #end} may be called on; this one is among them until it is answered */
  static <Q, P> StreamObserver<Q> start(StreamObserver<P> replies, RequestHandler<Q, P> handler, Executor roleThread,
      Set<InboundCall<?, ?>> running) {
    var call = new InboundCall<>((ServerCallStreamObserver<P>) replies, handler, roleThread, running);
    running.add(call);
    call.replies.disableAutoRequest();
    call.replies.setOnReadyHandler(call.gate::signal);
    call.replies.setOnCancelHandler(call::onCancel);
    call.replies.request(RpcChannel.IN_HAND);
    return call;
  }

  @Override
  public void onNext(Q request) {
    if (failed) {
      return;
    }
    try {
      handler.accept(request);
      replies.request(1);
    } catch (Exception e) {
      fail(e);
    }
  }

  @Override
  public void onCompleted() {
    if (failed) {
      return;
    }
    try {
      roleThread.execute(this::respond);
    } catch (RejectedExecutionException e) {
      fail(Status.UNAVAILABLE.withDescription("the role is shutting down").asRuntimeException());
    }
  }

  @Override
  public void onError(Throwable cancelled) {
    onCancel();
  }

  /** Ends it from this side; a caller that does not read any more would hold up all others. */
  void end(String reason) {
    gate.close(Status.FAILED_PRECONDITION.withDescription(reason).asRuntimeException());
  }

  private void onCancel() {
    running.remove(this);
    gate.close(Status.CANCELLED.withDescription("the caller went away").asRuntimeException());
    abandon();
  }

  private void respond() {
    if (replies.isCancelled()) {
      running.remove(this);
      return;
    }
    try {
      gate.await(() -> true);
      handler.respond(this::send);
      replies.onCompleted();
    } catch (Exception | OutOfMemoryError e) {
      if (!replies.isCancelled()) {
        fail(e);
      }
    } finally {
      running.remove(this);
    }
  }

  private void send(P reply) {
    try {
      gate.await(replies::isReady);
      replies.onNext(reply);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Status.UNAVAILABLE.withDescription("the role is shutting down").asRuntimeException();
    }
  }

  private void fail(Throwable failure) {
    running.remove(this);
    failed = true;
    Status status = Statuses.of(failure);
    if (status.getCode() == Status.Code.INTERNAL) {
      LOG.warn("call failed: {}", status.getDescription(), failure);
    }
    replies.onError(status.asRuntimeException());
    abandon();
  }

  private void abandon() {
    try {
      roleThread.execute(handler::abandon);
    } catch (RejectedExecutionException e) {
      handler.abandon();
    }
  }
}
