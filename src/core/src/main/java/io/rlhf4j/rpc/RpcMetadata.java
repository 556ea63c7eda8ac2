package io.rlhf4j.rpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import org.jspecify.annotations.Nullable;

/** The configuration hash that every call carries, so that two runs cannot mix on one role. */
final class RpcMetadata {

  /** Version of the wire contract in {@code proto}; both sides must have the same. */
  static final int PROTOCOL_VERSION = 1;

  static final Metadata.Key<String> CONFIG_HASH =
      Metadata.Key.of("rlhf4j-config-hash", Metadata.ASCII_STRING_MARSHALLER);

  private static final Context.Key<String> CALLERS_HASH = Context.key("rlhf4j-config-hash");

  private RpcMetadata() {}

  /** Hash of the caller's configuration; only inside a service method. */
  static @Nullable String callersConfigHash() {
    return CALLERS_HASH.get();
  }

  static ServerInterceptor interceptor() {
    return new ServerInterceptor() {
      @Override
      public <Q, P> ServerCall.Listener<Q> interceptCall(ServerCall<Q, P> call, Metadata headers,
          ServerCallHandler<Q, P> next) {
        Context context = Context.current().withValue(CALLERS_HASH, headers.get(CONFIG_HASH));
        return Contexts.interceptCall(context, call, headers, next);
      }
    };
  }
}
