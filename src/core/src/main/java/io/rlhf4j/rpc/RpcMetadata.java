package io.rlhf4j.rpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import org.jspecify.annotations.Nullable;

/** What every call carries, so that neither two runs nor two coordinators of one run can mix on one role. */
final class RpcMetadata {

  /** Version of the wire contract in {@code proto}; both sides must have the same. */
  static final int PROTOCOL_VERSION = 3;

  static final Metadata.Key<String> CONFIG_HASH =
      Metadata.Key.of("rlhf4j-config-hash", Metadata.ASCII_STRING_MARSHALLER);

  static final Metadata.Key<String> SESSION = Metadata.Key.of("rlhf4j-session", Metadata.ASCII_STRING_MARSHALLER);

  static final Metadata.Key<String> AUTHORIZATION = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  static final String BEARER = "Bearer ";

  private static final Context.Key<Caller> CALLER = Context.key("rlhf4j-caller");

  /** Who calls; null where the metadata says nothing. */
  record Caller(@Nullable String configHash, @Nullable String session) {}

  private RpcMetadata() {}

  /** Who calls; only inside a service method. */
  static Caller caller() {
    Caller known = CALLER.get();
    return known == null ? new Caller(null, null) : known;
  }

  static ServerInterceptor interceptor() {
    return new ServerInterceptor() {
      @Override
      public <Q, P> ServerCall.Listener<Q> interceptCall(ServerCall<Q, P> call, Metadata headers,
          ServerCallHandler<Q, P> next) {
        Caller caller = new Caller(headers.get(CONFIG_HASH), headers.get(SESSION));
        Context context = Context.current().withValue(CALLER, caller);
        return Contexts.interceptCall(context, call, headers, next);
      }
    };
  }
}
