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
import io.micrometer.core.instrument.Metrics;
import io.rlhf4j.telemetry.MeterNames;
import java.time.Duration;

/** Measures every call on both sides, with the status that it ended with. */
final class CallMeters implements ClientInterceptor, ServerInterceptor {

  @Override
  public <Q, P> ClientCall<Q, P> interceptCall(MethodDescriptor<Q, P> method, CallOptions options, Channel next) {
    long start = System.nanoTime();
    return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      public void start(Listener<P> listener, Metadata headers) {
        super.start(new SimpleForwardingClientCallListener<>(listener) {
          @Override
          public void onClose(Status status, Metadata trailers) {
            record(MeterNames.CLIENT_CALLS, method, status, start);
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
        record(MeterNames.SERVER_CALLS, getMethodDescriptor(), status, start);
        super.close(status, trailers);
      }
    }, headers);
  }

  private static void record(String name, MethodDescriptor<?, ?> method, Status status, long start) {
    Metrics.timer(name, "method", method.getFullMethodName(), "code", status.getCode().name())
        .record(Duration.ofNanos(System.nanoTime() - start));
  }
}
