package io.rlhf4j.rpc;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Client side of one call: blocks its caller, and asks for a reply only when an earlier one has been used. */
final class OutboundCall<Q, P> implements ClientResponseObserver<Q, P> {

  private final Endpoint endpoint;
  private final Duration deadline;
  private final ReadyGate gate = new ReadyGate();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Queue<P> arrived = new ArrayDeque<>();
  private boolean completed;
  /** Nobody takes replies any more. */
  private boolean abandoned;
  private @Nullable RuntimeException failure;
  /** Set before the call starts, on the thread that starts it. */
  private @Nullable ClientCallStreamObserver<Q> requests;

  OutboundCall(Endpoint endpoint, Duration deadline) {
    this.endpoint = endpoint;
    this.deadline = deadline;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<Q> stream) {
    requests = stream;
    stream.disableAutoRequestWithInitial(RpcChannel.IN_HAND);
    stream.setOnReadyHandler(gate::signal);
  }

  /** Sends all of {@code items}, then hands out the replies until the other side is done. */
  void run(Iterator<Q> items, Consumer<P> replies) {
    ClientCallStreamObserver<Q> stream = requests;
    if (stream == null) {
      throw new IllegalStateException("the call was not started");
    }
    try {
      while (items.hasNext()) {
        gate.await(stream::isReady);
        stream.onNext(items.next());
      }
      stream.onCompleted();
      for (P reply = take(); reply != null; reply = take()) {
        replies.accept(reply);
        stream.request(1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stream.cancel("interrupted", e);
      throw new RoleException(endpoint, "call interrupted", e);
    } catch (RuntimeException | Error e) {
      stream.cancel("the caller failed", e);
      throw e;
    } finally {
      change(this::abandon);
    }
  }

  /** Replies that hold a buffer give it back. */
  private void abandon() {
    abandoned = true;
    arrived.forEach(OutboundCall::release);
    arrived.clear();
  }

  private static void release(Object reply) {
    if (reply instanceof Borrowed<?> borrowed) {
      borrowed.close();
    }
  }

  private @Nullable P take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (arrived.isEmpty() && !completed && failure == null) {
        changed.await();
      }
      if (!arrived.isEmpty()) {
        return arrived.remove();
      }
      if (failure != null) {
        throw failure;
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onNext(P reply) {
    change(() -> {
      if (abandoned) {
        release(reply);
      } else {
        arrived.add(reply);
      }
    });
  }

  @Override
  public void onError(Throwable error) {
    RuntimeException told = Statuses.toException(endpoint, Status.fromThrowable(error), deadline);
    change(() -> failure = told);
    gate.close(told);
  }

  @Override
  public void onCompleted() {
    change(() -> completed = true);
    gate.close(new RoleException(endpoint, "ended the call before the request was complete", null));
  }

  private void change(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
