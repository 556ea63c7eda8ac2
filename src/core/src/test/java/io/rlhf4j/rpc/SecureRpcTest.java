package io.rlhf4j.rpc;

import static io.rlhf4j.trust.TestCertificates.security;
import static io.rlhf4j.trust.TestCertificates.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.SecurityConfig;
import io.rlhf4j.proto.v1.RewardServiceGrpc;
import io.rlhf4j.trust.NodeTrust;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may call a role, over real sockets. */
class SecureRpcTest {

  private static final String SECRET = "0123456789abcdef-secret";

  @TempDir
  Path directory;

  private final List<RoleServer> servers = new ArrayList<>();
  private Path model;
  private Path tokenFile;
  private NodeTrust node;

  @BeforeEach
  void prepare() throws Exception {
    model = Files.createDirectories(directory.resolve("model"));
    Files.writeString(model.resolve("config.json"), "{}");
    tokenFile = token(directory, SECRET);
    node = NodeTrust.load(security("node", "ca", tokenFile));
  }

  @AfterEach
  void stop() {
    servers.forEach(RoleServer::close);
  }

  @Test
  void whoHasCertificateAndTokenIsServed() {
    call(serve(node), node);
    SecurityConfig own = security("node", "ca", tokenFile);
    NodeTrust oneWay = NodeTrust.load(
        new SecurityConfig(own.certificate(), own.key(), own.ca(), false, tokenFile, false));
    call(serve(oneWay), oneWay);
  }

  @Test
  void everybodyElseHearsWhy() {
    Endpoint here = serve(node);
    refused(here, NodeTrust.load(security("node", "ca", token(directory, SECRET + "-other"))),
        "the token is not the one of this node; give both the same token_file");
    refused(here, NodeTrust.load(security("node", "ca", null)), "the call has no token");
    refused(here, NodeTrust.load(security("stranger", "other-ca", tokenFile)),
        "its certificate is not signed by an authority in ca");
    refused(serve(NodeTrust.load(security("elsewhere", "ca", tokenFile))), node,
        "no TLS connection: its certificate is for another host");
    refused(serve(NodeTrust.LOOPBACK_ONLY), node, "no TLS connection: it does not speak TLS");
  }

  @Test
  void onlyWhoIsServedHearsWhatTheProcessUsed() {
    Endpoint here = serve(node);
    refused(here, NodeTrust.load(security("node", "ca", null)), "the call has no token");
    assertThat(PeerUsage.hasHeard(here)).isFalse();

    call(here, node);
    assertThat(PeerUsage.hasHeard(here)).isTrue();
  }

  @Test
  void aCallerWithoutCertificateDoesNotGetIn() {
    Endpoint here = serve(node);
    NodeTrust plain = NodeTrust.LOOPBACK_ONLY;
    assertThatThrownBy(() -> call(here, plain)).isInstanceOf(RoleException.class)
        .hasMessageStartingWith("reward at 127.0.0.1");
  }

  @Test
  void healthNeedsNoTokenButReflectionDoes() throws Exception {
    ManagedChannel connection =
        NettyChannelBuilder.forAddress("127.0.0.1", serve(node).port(), Credentials.client(node))
            .build();
    try {
      HealthCheckResponse health = HealthGrpc.newBlockingStub(connection).withDeadlineAfter(60, TimeUnit.SECONDS)
          .check(HealthCheckRequest.getDefaultInstance());
      assertThat(health.getStatus()).isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
      assertThatThrownBy(() -> services(connection, "nobody")).hasCauseInstanceOf(StatusRuntimeException.class)
          .cause().satisfies(why -> assertThat(Status.fromThrowable(why).getCode())
              .isEqualTo(Status.Code.UNAUTHENTICATED));
      assertThat(services(connection, SECRET)).contains("rlhf4j.v1.RewardService", "grpc.health.v1.Health");
    } finally {
      connection.shutdownNow();
    }
  }

  private static List<String> services(ManagedChannel connection, String token) throws Exception {
    var headers = new io.grpc.Metadata();
    headers.put(RpcMetadata.AUTHORIZATION, RpcMetadata.BEARER + token);
    var answer = new CompletableFuture<List<String>>();
    StreamObserver<ServerReflectionRequest> call = ServerReflectionGrpc.newStub(connection)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers)).withDeadlineAfter(60, TimeUnit.SECONDS)
        .serverReflectionInfo(new StreamObserver<>() {
          @Override
          public void onNext(ServerReflectionResponse reply) {
            answer.complete(reply.getListServicesResponse().getServiceList().stream().map(s -> s.getName()).toList());
          }

          @Override
          public void onError(Throwable failure) {
            answer.completeExceptionally(failure);
          }

          @Override
          public void onCompleted() {}
        });
    call.onNext(ServerReflectionRequest.newBuilder().setListServices("*").build());
    call.onCompleted();
    return answer.get(60, TimeUnit.SECONDS);
  }

  private Endpoint serve(NodeTrust trust) {
    RoleServer server = RoleServer.<AutoCloseable>start(RoleName.REWARD, (directory, settings) -> () -> {},
        new RoleBinding("127.0.0.1", 0, directory.resolve("work" + servers.size()), RpcLimits.DEFAULT, trust),
        session -> new RewardServiceGrpc.RewardServiceImplBase() {
          @Override
          public StreamObserver<io.rlhf4j.proto.v1.PrepareRequest> prepare(
              StreamObserver<io.rlhf4j.proto.v1.PrepareReply> replies) {
            return session.prepare(replies);
          }
        });
    servers.add(server);
    return server.endpoint();
  }

  private void call(Endpoint endpoint, NodeTrust trust) {
    try (RoleClient client = new RoleClient(endpoint, "hash", CallDeadlines.all(Duration.ofSeconds(60)),
        RpcLimits.DEFAULT, trust)) {
      client.prepare(RewardServiceGrpc.getPrepareMethod(), model, "{}");
    }
  }

  private void refused(Endpoint endpoint, NodeTrust trust, String message) {
    assertThatThrownBy(() -> call(endpoint, trust)).isInstanceOf(InputException.class)
        .hasMessageStartingWith("reward at 127.0.0.1:" + endpoint.port() + ": ").hasMessageContaining(message)
        .hasMessageNotContaining("\n");
  }
}
