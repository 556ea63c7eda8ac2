package io.rlhf4j.rpc;

import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.rlhf4j.proto.v1.PrepareRequest;
import java.util.ArrayList;
import java.util.List;

/** Lets a service borrow the requests of Prepare: the buffer of each is given back when the service has seen it. */
final class BorrowedRequests {

  private static final BorrowingMarshaller<PrepareRequest> MARSHALLER =
      new BorrowingMarshaller<>(PrepareRequest.parser());

  private BorrowedRequests() {}

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
        (call, headers) -> new Returning(handler.startCall(new Lent<>(call, before), headers)));
  }

  /** Hands requests on and gives their buffers back. */
  private static final class Returning extends ServerCall.Listener<Borrowed<PrepareRequest>> {

    private final ServerCall.Listener<PrepareRequest> listener;

    Returning(ServerCall.Listener<PrepareRequest> listener) {
      this.listener = listener;
    }

    @Override
    public void onMessage(Borrowed<PrepareRequest> request) {
      try (request) {
        listener.onMessage(request.message());
      }
    }

    @Override
    public void onHalfClose() {
      listener.onHalfClose();
    }

    @Override
    public void onCancel() {
      listener.onCancel();
    }

    @Override
    public void onComplete() {
      listener.onComplete();
    }

    @Override
    public void onReady() {
      listener.onReady();
    }
  }

  /** The same call, as a service sees it that knows nothing of all this. */
  private static final class Lent<P> extends ServerCall<PrepareRequest, P> {

    private final ServerCall<Borrowed<PrepareRequest>, P> call;
    private final MethodDescriptor<PrepareRequest, P> method;

    Lent(ServerCall<Borrowed<PrepareRequest>, P> call, MethodDescriptor<PrepareRequest, P> method) {
      this.call = call;
      this.method = method;
    }

    @Override
    public void request(int messages) {
      call.request(messages);
    }

    @Override
    public void sendHeaders(Metadata headers) {
      call.sendHeaders(headers);
    }

    @Override
    public void sendMessage(P message) {
      call.sendMessage(message);
    }

    @Override
    public boolean isReady() {
      return call.isReady();
    }

    @Override
    public void close(Status status, Metadata trailers) {
      call.close(status, trailers);
    }

    @Override
    public boolean isCancelled() {
      return call.isCancelled();
    }

    @Override
    public void setMessageCompression(boolean enabled) {
      call.setMessageCompression(enabled);
    }

    @Override
    public void setCompression(String compressor) {
      call.setCompression(compressor);
    }

    @Override
    public void setOnReadyThreshold(int bytes) {
      call.setOnReadyThreshold(bytes);
    }

    @Override
    public SecurityLevel getSecurityLevel() {
      return call.getSecurityLevel();
    }

    @Override
    public Attributes getAttributes() {
      return call.getAttributes();
    }

    @Override
    public String getAuthority() {
      return call.getAuthority();
    }

    @Override
    public MethodDescriptor<PrepareRequest, P> getMethodDescriptor() {
      return method;
    }
  }
}
