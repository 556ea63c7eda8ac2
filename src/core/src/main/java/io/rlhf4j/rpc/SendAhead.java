package io.rlhf4j.rpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/** Lets a service hand over replies of {@link RpcChannel#AHEAD_BYTES} before it has to wait for the reader. */
enum SendAhead implements ServerInterceptor {
  INSTANCE;

  @Override
  public <Q, P> ServerCall.Listener<Q> interceptCall(ServerCall<Q, P> call, Metadata headers,
      ServerCallHandler<Q, P> next) {
    call.setOnReadyThreshold(RpcChannel.AHEAD_BYTES);
    return next.startCall(call, headers);
  }
}
