package io.rlhf4j.rpc;

import io.grpc.stub.StreamObserver;
import io.rlhf4j.proto.v1.CriticServiceGrpc;
import io.rlhf4j.proto.v1.PrepareReply;
import io.rlhf4j.proto.v1.PrepareRequest;
import io.rlhf4j.proto.v1.SequencesRequest;
import io.rlhf4j.proto.v1.TokenValues;
import io.rlhf4j.rl.TokenSequence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** A critic whose values come from a test's own object, behind a real socket; everything between is what runs use. */
final class SocketCritic implements AutoCloseable {

  /** What its model directory holds, in {@code config.json} alone. */
  static final String CONFIG = "{\"hidden_size\": 8}";

  /** The work of one call. */
  interface Values extends AutoCloseable {
    void of(List<TokenSequence> sequences, Consumer<TokenValues> replies);
  }

  private static final class Service extends CriticServiceGrpc.CriticServiceImplBase {
    private final RoleSession<Values> session;

    Service(RoleSession<Values> session) {
      this.session = session;
    }

    @Override
    public StreamObserver<PrepareRequest> prepare(StreamObserver<PrepareReply> replies) {
      return session.prepare(replies);
    }

    @Override
    public StreamObserver<SequencesRequest> values(StreamObserver<TokenValues> replies) {
      return session.batch(replies, Shapes.SEQUENCES,
          (role, header, sequences, sink) -> role.of(sequences, sink));
    }
  }

  private final Path model;
  private final RoleServer server;

  private SocketCritic(Path model, RoleServer server) {
    this.model = model;
    this.server = server;
  }

  /** Listens on a free port; writes a model to {@code directory/model} and keeps what it receives under work. */
  static SocketCritic start(Path directory, RoleFactory<Values> factory) throws IOException {
    Path model = Files.createDirectories(directory.resolve("model"));
    Files.writeString(model.resolve("config.json"), CONFIG);
    return new SocketCritic(model, serve(factory, RoleBinding.loopback(directory.resolve("work"))));
  }

  static RoleServer serve(RoleFactory<Values> factory, RoleBinding binding) {
    return RoleServer.start(RoleName.CRITIC, factory, binding, Service::new);
  }

  /** What clients upload. */
  Path model() {
    return model;
  }

  Endpoint endpoint() {
    return server.endpoint();
  }

  void prepare(RoleClient client, String settings) {
    client.prepare(CriticServiceGrpc.getPrepareMethod(), model, settings);
  }

  /** Three tokens, one of them an action. */
  static TokenSequence sequence(int first) {
    return new TokenSequence(new int[] {first, 7, 8}, 1);
  }

  @Override
  public void close() {
    server.close();
  }
}
