package io.rlhf4j.rpc;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.rlhf4j.config.InputException;
import io.rlhf4j.trust.NodeTrust;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A running gRPC server with one role's service and the standard health and reflection services. */
public final class RpcServer implements AutoCloseable {

  /** Where servers listen unless told otherwise: only this machine can reach it. */
  public static final String LOOPBACK = "127.0.0.1";

  private final Server server;
  private final ExecutorService executor;
  private final HealthStatusManager health;

  private RpcServer(Server server, ExecutorService executor, HealthStatusManager health) {
    this.server = server;
    this.executor = executor;
    this.health = health;
  }

  /**
   * @param port TCP port; 0 takes a free one
   * @param trust what protects it; every service but health asks for its token
   * @throws InputException if the address cannot be bound, or others can reach it and {@code trust} does not suffice
   */
  public static RpcServer start(String host, int port, RpcLimits limits, NodeTrust trust, BindableService service) {
    trust.requireFor(host);
    ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    HealthStatusManager health = new HealthStatusManager();
    Server server = NettyServerBuilder
        .forAddress(new InetSocketAddress(host, port), LargeFrames.with(Credentials.server(trust)))
        .executor(executor)
        .maxInboundMessageSize(limits.messageBytes())
        .permitKeepAliveTime(RpcChannel.KEEPALIVE_SECONDS / 2, TimeUnit.SECONDS).permitKeepAliveWithoutCalls(true)
        // A caller that hangs must not keep the role's thread for ever.
        .keepAliveTime(RpcChannel.KEEPALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(RpcChannel.KEEPALIVE_SECONDS, TimeUnit.SECONDS)
        .flowControlWindow(RpcChannel.WINDOW_BYTES)
        .withChildOption(ChannelOption.ALLOCATOR, NetworkMemory.ALLOCATOR)
        .withChildOption(ChannelOption.WRITE_BUFFER_WATER_MARK, LargeFrames.OFFERED)
        .withChildOption(ChannelOption.RECVBUF_ALLOCATOR, NetworkMemory.reads())
        .addService(BorrowedRequests.in(ServerInterceptors.intercept(service, RpcMetadata.interceptor(),
            PeerUsage.telling(), new TokenCheck(trust.token()), CallMeters.ofServer(), SendAhead.INSTANCE)))
        .addService(ServerInterceptors.intercept(ProtoReflectionServiceV1.newInstance(),
            new TokenCheck(trust.token())))
        // Whoever watches over processes asks for their health without a token.
        .addService(health.getHealthService()).build();
    try {
      server.start();
    } catch (IOException e) {
      executor.shutdownNow();
      throw new InputException("cannot listen on " + host + ":" + port + ": " + rootMessage(e), e);
    }
    return new RpcServer(server, executor, health);
  }

  /** The port it listens on. */
  public int port() {
    return server.getPort();
  }

  /** Ends calls in progress and releases the port. */
  @Override
  public void close() {
    if (server.isShutdown()) {
      return;
    }
    health.enterTerminalState();
    server.shutdownNow();
    try {
      server.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    executor.shutdown();
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return Statuses.oneLine(root.getMessage());
  }
}
