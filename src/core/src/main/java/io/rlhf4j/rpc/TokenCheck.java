package io.rlhf4j.rpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.rlhf4j.trust.Token;
import org.jspecify.annotations.Nullable;

/** Refuses calls without the token of the nodes, before anything of their request is read. */
final class TokenCheck implements ServerInterceptor {

  private final @Nullable Token token;

  /** @param token null lets every call pass */
  TokenCheck(@Nullable Token token) {
    this.token = token;
  }

  @Override
  public <Q, P> ServerCall.Listener<Q> interceptCall(ServerCall<Q, P> call, Metadata headers,
      ServerCallHandler<Q, P> next) {
    if (token == null || token.matches(shown(headers))) {
      return next.startCall(call, headers);
    }
    String problem = headers.containsKey(RpcMetadata.AUTHORIZATION) ? "the token is not the one of this node"
        : "the call has no token, this node asks for one";
    call.close(Status.UNAUTHENTICATED.withDescription(problem), new Metadata());
    return new ServerCall.Listener<>() {};
  }

  private static @Nullable String shown(Metadata headers) {
    String value = headers.get(RpcMetadata.AUTHORIZATION);
    return value != null && value.startsWith(RpcMetadata.BEARER) ? value.substring(RpcMetadata.BEARER.length()) : null;
  }
}
