package io.rlhf4j.rpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;

/** Observes the end of every call, on either side. */
final class CallEnds implements ClientInterceptor, ServerInterceptor {

  /** What wants to know. */
  @FunctionalInterface
  interface Observer {

    /**
     * Runs before the caller sees that the call has ended.
     *
     * @param trailers what the server says last; on the server they are still to be sent and may be added to
     * @param took since the call began on this side
     */
    void ended(MethodDescriptor<?, ?> method, Status status, Metadata trailers, Duration took);
  }

  private final Observer observer;

  CallEnds(Observer observer) {
    this.observer = observer;
  }

  @Override
  public <Q, P> ClientCall<Q, P> interceptCall(MethodDescriptor<Q, P> method, CallOptions options, Channel next) {
    long start = System.nanoTime();
    return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      public void start(Listener<P> listener, Metadata headers) {
        super.start(new SimpleForwardingClientCallListener<>(listener) {
          @Override
          public void onClose(Status status, Metadata trailers) {
            observer.ended(method, status, trailers, since(start));
            super.onClose(status, trailers);
          }
        }, headers);
      }
    };
  }

  @Override
  public <Q, P> ServerCall.Listener<Q> interceptCall(ServerCall<Q, P> call, Metadata headers,
      ServerCallHandler<Q, P> next) {
    long start = System.nanoTime();
    return next.startCall(new SimpleForwardingServerCall<>(call) {
      @Override
      public void close(Status status, Metadata trailers) {
        observer.ended(getMethodDescriptor(), status, trailers, since(start));
        super.close(status, trailers);
      }
    }, headers);
  }

  private static Duration since(long start) {
    return Duration.ofNanos(System.nanoTime() - start);
  }
}
