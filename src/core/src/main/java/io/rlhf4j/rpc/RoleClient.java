package io.rlhf4j.rpc;

import io.grpc.MethodDescriptor;
import io.rlhf4j.proto.v1.FetchModelReply;
import io.rlhf4j.proto.v1.FetchModelRequest;
import io.rlhf4j.proto.v1.ModelFile;
import io.rlhf4j.proto.v1.PrepareHeader;
import io.rlhf4j.proto.v1.PrepareReply;
import io.rlhf4j.proto.v1.PrepareRequest;
import io.rlhf4j.trust.NodeTrust;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/** What the clients of the four roles share. Calls block; any thread may call. */
public final class RoleClient implements AutoCloseable {

  private final RpcChannel channel;
  private final CallDeadlines deadlines;
  private final RpcLimits limits;
  private final Fence fence;

  /** To a role on this machine. */
  public RoleClient(Endpoint endpoint, String configHash, CallDeadlines deadlines, RpcLimits limits) {
    this(endpoint, configHash, deadlines, limits, NodeTrust.LOOPBACK_ONLY);
  }

  /** @param trust what protects the connection, as the role's own binding has it */
  public RoleClient(Endpoint endpoint, String configHash, CallDeadlines deadlines, RpcLimits limits,
      NodeTrust trust) {
    this(endpoint, configHash, Fence.NONE, deadlines, limits, trust);
  }

  /**
   * @param fence which coordinator calls
   * @param trust what protects the connection, as the role's own binding has it
   */
  public RoleClient(Endpoint endpoint, String configHash, Fence fence, CallDeadlines deadlines, RpcLimits limits,
      NodeTrust trust) {
    this.channel = RpcChannel.open(endpoint, configHash, limits, trust);
    this.fence = fence;
    this.deadlines = deadlines;
    this.limits = limits;
  }

  /** The other side. */
  public Endpoint endpoint() {
    return channel.endpoint();
  }

  /** How long calls may take. */
  public CallDeadlines deadlines() {
    return deadlines;
  }

  /** Uploads a model directory and opens a session. */
  public void prepare(MethodDescriptor<PrepareRequest, PrepareReply> method, Path model, String settingsJson) {
    List<ModelFile> files = ModelFiles.in(model);
    PrepareHeader header = PrepareHeader.newBuilder().setProtocolVersion(RpcMetadata.PROTOCOL_VERSION)
        .setRole(channel.endpoint().role().label()).setConfigHash(channel.configHash()).setSettingsJson(settingsJson)
        .setSession(channel.session()).setRun(fence.run()).setEpoch(fence.epoch()).addAllFiles(files).build();
    channel.connect(deadlines.prepare());
    PrepareRequest opening = PrepareRequest.newBuilder().setHeader(header).build();
    try (ModelChunks chunks = new ModelChunks(model, files)) {
      Iterator<PrepareRequest> requests = withHeader(opening, chunks,
          chunk -> PrepareRequest.newBuilder().setChunk(chunk).build());
      channel.call(method, requests, reply -> {}, deadlines.prepare());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Downloads the role's current model to a directory that does not exist yet. */
  public void fetchModel(MethodDescriptor<FetchModelRequest, FetchModelReply> method, Path target) {
    fetch(method, FetchModelRequest.getDefaultInstance(), target);
  }

  /** Like {@link #fetchModel}, together with all that learning continues from. */
  public void fetchTrainingState(MethodDescriptor<FetchModelRequest, FetchModelReply> method, Path target) {
    fetch(method, FetchModelRequest.newBuilder().setTrainingState(true).build(), target);
  }

  private void fetch(MethodDescriptor<FetchModelRequest, FetchModelReply> method, FetchModelRequest request,
      Path target) {
    MethodDescriptor<FetchModelRequest, Borrowed<FetchModelReply>> borrowing = method
        .toBuilder(method.getRequestMarshaller(), new BorrowingMarshaller<>(FetchModelReply.parser(),
            FetchModelReply.CHUNK_FIELD_NUMBER, chunk -> FetchModelReply.newBuilder().setChunk(chunk).build()))
        .build();
    channel.connect(deadlines.fetch());
    try (ModelDownload download = new ModelDownload(target, limits)) {
      channel.call(borrowing, List.of(request).iterator(), download, deadlines.fetch());
      download.finish();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a header and items, hands out the replies as they come. */
  public <Q, P, T> void call(MethodDescriptor<Q, P> method, Q header, List<T> items, Function<T, Q> toMessage,
      Consumer<P> replies, Duration deadline) {
    channel.connect(deadline);
    Iterator<Q> requests = withHeader(header, items.iterator(), toMessage);
    channel.call(method, requests, replies, deadline);
  }

  /** Like {@link #call} for a method with exactly one reply for each item. */
  public <Q, P, T> List<P> callEach(MethodDescriptor<Q, P> method, Q header, List<T> items, Function<T, Q> toMessage,
      Duration deadline) {
    List<P> replies = new ArrayList<>(items.size());
    call(method, header, items, toMessage, replies::add, deadline);
    if (replies.size() != items.size()) {
      throw new RoleException(channel.endpoint(),
          "sent " + replies.size() + " replies for " + items.size() + " sequences", null);
    }
    return replies;
  }

  /** Like {@link #call} for a method with exactly one reply. */
  public <Q, P, T> P callOnce(MethodDescriptor<Q, P> method, Q header, List<T> items, Function<T, Q> toMessage,
      Duration deadline) {
    List<P> replies = new ArrayList<>(1);
    call(method, header, items, toMessage, replies::add, deadline);
    if (replies.size() != 1) {
      throw new RoleException(channel.endpoint(), "sent " + replies.size() + " replies instead of one", null);
    }
    return replies.getFirst();
  }

  private static <Q, T> Iterator<Q> withHeader(Q header, Iterator<T> items, Function<T, Q> toMessage) {
    return new Iterator<>() {
      private boolean opened;

      @Override
      public boolean hasNext() {
        return !opened || items.hasNext();
      }

      @Override
      public Q next() {
        if (!opened) {
          opened = true;
          return header;
        }
        return toMessage.apply(items.next());
      }
    };
  }

  @Override
  public void close() {
    channel.close();
  }
}
