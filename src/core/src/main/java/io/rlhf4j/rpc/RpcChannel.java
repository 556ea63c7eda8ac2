package io.rlhf4j.rpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import io.rlhf4j.trust.NodeTrust;
import java.util.Iterator;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A connection to one role. Any number of threads may call at once; the role runs the calls one after the other. */
public final class RpcChannel implements AutoCloseable {

  /** A peer that is silent this long is asked whether it still lives. */
  static final int KEEPALIVE_SECONDS = 20;

  /** What a peer may send before it is read, for a call and for all calls of a connection; a few model chunks. */
  static final int WINDOW_BYTES = 2 << 20;

  /** What a writer may hand over before it waits; so it reads and checks a chunk while others are on the way. */
  static final int AHEAD_BYTES = 1 << 20;

  /** Messages that a reader has asked for: one that it works on, and one that is there when it is done. */
  static final int IN_HAND = 2;

  private static final int CONNECT_SECONDS = 20;
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(CONNECT_SECONDS);

  private final Endpoint endpoint;
  private final String configHash;
  private final String session = UUID.randomUUID().toString();
  private final ManagedChannel connection;
  private final Channel channel;
  private final ExecutorService executor;

  private RpcChannel(Endpoint endpoint, String configHash, ManagedChannel connection, ExecutorService executor,
      NodeTrust trust) {
    this.endpoint = endpoint;
    this.configHash = configHash;
    this.connection = connection;
    this.executor = executor;
    Metadata headers = new Metadata();
    headers.put(RpcMetadata.CONFIG_HASH, configHash);
    headers.put(RpcMetadata.SESSION, session);
    if (trust.token() != null) {
      headers.put(RpcMetadata.AUTHORIZATION, RpcMetadata.BEARER + trust.token().text());
    }
    this.channel = ClientInterceptors.intercept(connection, MetadataUtils.newAttachHeadersInterceptor(headers),
        CallMeters.ofClient(), PeerUsage.hearing(endpoint));
  }

  /**
   * Connects lazily: an unreachable endpoint shows at the first call.
   *
   * @param configHash SHA-256 of the resolved configuration, hexadecimal
   */
  public static RpcChannel open(Endpoint endpoint, String configHash, RpcLimits limits) {
    return open(endpoint, configHash, limits, NodeTrust.LOOPBACK_ONLY);
  }

  /** Like the other, with what protects the connection. */
  public static RpcChannel open(Endpoint endpoint, String configHash, RpcLimits limits, NodeTrust trust) {
    ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    ManagedChannel connection = NettyChannelBuilder
        .forAddress(endpoint.host(), endpoint.port(), LargeFrames.with(Credentials.client(trust))).executor(executor)
        .maxInboundMessageSize(limits.messageBytes()).flowControlWindow(WINDOW_BYTES)
        .withOption(ChannelOption.ALLOCATOR, NetworkMemory.ALLOCATOR)
        .withOption(ChannelOption.WRITE_BUFFER_WATER_MARK, LargeFrames.OFFERED)
        .withOption(ChannelOption.RECVBUF_ALLOCATOR, NetworkMemory.reads())
        // A retry keeps messages, whose bytes are overwritten when they are sent; what to repeat is known to the
        // caller.
        .disableRetry()
        .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS).keepAliveTimeout(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
        .build();
    return new RpcChannel(endpoint, configHash, connection, executor, trust);
  }

  /** The other side. */
  public Endpoint endpoint() {
    return endpoint;
  }

  String configHash() {
    return configHash;
  }

  /** Tells this connection's calls from those of any other; a role serves the one that prepared it last. */
  String session() {
    return session;
  }

  /**
   * Connects, unless that has been done. A peer that takes the connection and then says nothing, because it hangs,
   * would otherwise be waited for until the deadline of a call: gRPC watches over connections only once they carry one.
   *
   * @param deadline of the call that follows; no more than {@value #CONNECT_SECONDS} seconds of it are spent on this
   * @throws RoleException of a lost role if the other side does not speak in time; a connection that is refused is left
   *     to the call, which says why
   */
  void connect(Duration deadline) {
    Duration patience = deadline.compareTo(CONNECT_WITHIN) < 0 ? deadline : CONNECT_WITHIN;
    long end = System.nanoTime() + patience.toNanos();
    ConnectivityState state = connection.getState(true);
    while (state == ConnectivityState.IDLE || state == ConnectivityState.CONNECTING) {
      CountDownLatch changed = new CountDownLatch(1);
      connection.notifyWhenStateChanged(state, changed::countDown);
      try {
        if (!changed.await(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          throw RoleException.lost(endpoint, "does not speak within " + patience.toSeconds() + " seconds", null);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new RoleException(endpoint, "call interrupted", e);
      }
      state = connection.getState(true);
    }
  }

  /**
   * Sends every request, then hands each reply to {@code replies} in order, on the calling thread. No more
   * than {@value #IN_HAND} replies are asked for that {@code replies} has not returned from.
   *
   * @throws RoleException if the call fails or runs past {@code deadline}
   * @throws io.rlhf4j.config.InputException if the role says that the user's input is wrong
   */
  public <Q, P> void call(MethodDescriptor<Q, P> method, Iterator<Q> requests, Consumer<P> replies,
      Duration deadline) {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS)
        .withOnReadyThreshold(AHEAD_BYTES);
    OutboundCall<Q, P> call = new OutboundCall<>(endpoint, deadline);
    ClientCalls.asyncBidiStreamingCall(channel.newCall(method, options), call);
    call.run(requests, replies);
  }

  /** Cancels calls in progress. */
  @Override
  public void close() {
    connection.shutdownNow();
    try {
      connection.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    executor.shutdown();
  }
}
