package io.rlhf4j.rpc;

import io.rlhf4j.proto.v1.PrepareHeader;
import io.rlhf4j.proto.v1.PrepareReply;
import io.rlhf4j.proto.v1.PrepareRequest;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Receives a model and settings and opens the session with them. */
final class PrepareHandler implements RequestHandler<PrepareRequest, PrepareReply> {

  /** Builds the role once model and settings are complete; on the role's thread. */
  @FunctionalInterface
  interface Opener {
    void open(Path modelDirectory, PrepareHeader header) throws Exception;
  }

  private final RoleName role;
  private final Path target;
  private final RpcLimits limits;
  private final Consumer<PrepareHeader> admission;
  private final Opener opener;
  private @Nullable PrepareHeader header;
  private @Nullable ModelReceiver receiver;

  /** @param admission throws if the caller must not open a session */
  PrepareHandler(RoleName role, Path target, RpcLimits limits, Consumer<PrepareHeader> admission, Opener opener) {
    this.role = role;
    this.target = target;
    this.limits = limits;
    this.admission = admission;
    this.opener = opener;
  }

  @Override
  public void accept(PrepareRequest request) throws Exception {
    switch (request.getPartCase()) {
      case HEADER -> begin(request.getHeader());
      case CHUNK -> {
        if (receiver == null) {
          throw new IllegalStateException("request does not start with its header");
        }
        receiver.accept(request.getChunk(), BorrowedRequests.content());
      }
      case PART_NOT_SET -> throw new IllegalArgumentException("request has an empty message");
    }
  }

  private void begin(PrepareHeader opening) throws Exception {
    if (header != null) {
      throw new IllegalStateException("request has two headers");
    }
    if (opening.getProtocolVersion() != RpcMetadata.PROTOCOL_VERSION) {
      throw new IllegalStateException("speaks protocol version " + RpcMetadata.PROTOCOL_VERSION + ", the caller "
          + opening.getProtocolVersion() + "; run the same build of rlhf4j everywhere");
    }
    if (!opening.getRole().equals(role.label())) {
      throw new IllegalStateException("is the " + role.label() + ", the caller wants the " + opening.getRole());
    }
    admission.accept(opening);
    receiver = new ModelReceiver(target, opening.getFilesList(), limits);
    header = opening;
  }

  @Override
  public void respond(Consumer<PrepareReply> replies) throws Exception {
    if (receiver == null || header == null) {
      throw new IllegalStateException("request is empty");
    }
    receiver.finish();
    opener.open(target, header);
    replies.accept(PrepareReply.newBuilder().setProtocolVersion(RpcMetadata.PROTOCOL_VERSION).build());
  }

  @Override
  public void abandon() {
    if (receiver != null) {
      receiver.close();
    }
  }
}
