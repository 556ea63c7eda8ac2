package io.rlhf4j.rpc;

import io.rlhf4j.proto.v1.FetchModelReply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Client side of FetchModel. */
final class ModelDownload implements Consumer<Borrowed<FetchModelReply>>, AutoCloseable {

  private final Path target;
  private final RpcLimits limits;
  private @Nullable ModelReceiver receiver;

  ModelDownload(Path target, RpcLimits limits) {
    this.target = target;
    this.limits = limits;
  }

  @Override
  public void accept(Borrowed<FetchModelReply> borrowed) {
    try (borrowed) {
      FetchModelReply reply = borrowed.message();
      switch (reply.getPartCase()) {
        case HEADER -> {
          if (receiver != null) {
            throw new IllegalStateException("model download has two headers");
          }
          receiver = new ModelReceiver(target, reply.getHeader().getFilesList(), limits);
        }
        case CHUNK -> receiver().accept(reply.getChunk(), borrowed.content());
        case PART_NOT_SET -> throw new IllegalArgumentException("model download has an empty message");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void finish() throws IOException {
    receiver().finish();
  }

  private ModelReceiver receiver() {
    if (receiver == null) {
      throw new IllegalStateException("model download does not start with its header");
    }
    return receiver;
  }

  @Override
  public void close() {
    if (receiver != null) {
      receiver.close();
    }
  }
}
