package io.rlhf4j.rpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.rlhf4j.proto.v1.PrepareRequest;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Lets a service borrow the requests of Prepare: the buffer of each is given back when the service has seen it. */
final class BorrowedRequests {

  private static final BorrowingMarshaller<PrepareRequest> MARSHALLER =
      new BorrowingMarshaller<>(PrepareRequest.parser(), PrepareRequest.CHUNK_FIELD_NUMBER,
          chunk -> PrepareRequest.newBuilder().setChunk(chunk).build());

  /** Not gRPC's context: interceptors on the way to the service put their own in its place. */
  private static final ThreadLocal<List<ByteBuffer>> CONTENT = ThreadLocal.withInitial(List::of);

  private BorrowedRequests() {}

  /** What is borrowed of the request that this thread hands to a service now: the content of its chunk, or nothing. */
  static List<ByteBuffer> content() {
    return CONTENT.get();
  }

  /** The same service; its methods that take model chunks must be done with a request when they return from it. */
  static ServerServiceDefinition in(ServerServiceDefinition service) {
    List<ServerMethodDefinition<?, ?>> methods = new ArrayList<>();
    ServiceDescriptor.Builder descriptor = ServiceDescriptor.newBuilder(service.getServiceDescriptor().getName())
        .setSchemaDescriptor(service.getServiceDescriptor().getSchemaDescriptor());
    for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
      ServerMethodDefinition<?, ?> chosen =
          takesChunks(method.getMethodDescriptor()) ? borrowing(cast(method)) : method;
      methods.add(chosen);
      descriptor.addMethod(chosen.getMethodDescriptor());
    }
    ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(descriptor.build());
    methods.forEach(definition::addMethod);
    return definition.build();
  }

  private static boolean takesChunks(MethodDescriptor<?, ?> method) {
    return method.getRequestMarshaller() instanceof MethodDescriptor.PrototypeMarshaller<?> messages
        && messages.getMessagePrototype() instanceof PrepareRequest;
  }

  /** Checked by {@link #takesChunks}. */
  @SuppressWarnings("unchecked")
  private static <P> ServerMethodDefinition<PrepareRequest, P> cast(ServerMethodDefinition<?, P> method) {
    return (ServerMethodDefinition<PrepareRequest, P>) method;
  }

  private static <P> ServerMethodDefinition<Borrowed<PrepareRequest>, P> borrowing(
      ServerMethodDefinition<PrepareRequest, P> method) {
    MethodDescriptor<PrepareRequest, P> before = method.getMethodDescriptor();
    ServerCallHandler<PrepareRequest, P> handler = method.getServerCallHandler();
    return ServerMethodDefinition.create(before.toBuilder(MARSHALLER, before.getResponseMarshaller()).build(),
        (call, headers) -> returning(handler.startCall(lent(call, before), headers)));
  }

  /** The same call, as a service sees it that knows nothing of all this. */
  @SuppressWarnings("unchecked")
  private static <P> ServerCall<PrepareRequest, P> lent(ServerCall<Borrowed<PrepareRequest>, P> call,
      MethodDescriptor<PrepareRequest, P> method) {
    // All that a call has of its requests' type is its method, which is overridden.
    return new SimpleForwardingServerCall<>((ServerCall<PrepareRequest, P>) (ServerCall<?, P>) call) {
      @Override
      public MethodDescriptor<PrepareRequest, P> getMethodDescriptor() {
        return method;
      }
    };
  }

  /** Hands requests on and gives their buffers back. */
  @SuppressWarnings("unchecked")
  private static ServerCall.Listener<Borrowed<PrepareRequest>> returning(ServerCall.Listener<PrepareRequest> service) {
    // The one method that takes a request is overridden.
    ServerCall.Listener<?> other = service;
    return new SimpleForwardingServerCallListener<>((ServerCall.Listener<Borrowed<PrepareRequest>>) other) {
      @Override
      public void onMessage(Borrowed<PrepareRequest> request) {
        try (request) {
          CONTENT.set(request.content());
          service.onMessage(request.message());
        } finally {
          CONTENT.remove();
        }
      }
    };
  }
}
