package io.rlhf4j.rpc;

import io.grpc.Status;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.Timer;
import io.rlhf4j.telemetry.MeterNames;
import io.rlhf4j.tensor.Device;
import io.grpc.stub.StreamObserver;
import io.rlhf4j.proto.v1.FetchModelHeader;
import io.rlhf4j.proto.v1.FetchModelReply;
import io.rlhf4j.proto.v1.FetchModelRequest;
import io.rlhf4j.proto.v1.ModelFile;
import io.rlhf4j.proto.v1.PrepareHeader;
import io.rlhf4j.proto.v1.PrepareReply;
import io.rlhf4j.proto.v1.PrepareRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Server side of a role: the object that the last Prepare call built, and the one thread on which all calls run.
 *
 * @param <R> the role's interface
 */
public final class RoleSession<R extends AutoCloseable> implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RoleSession.class);

  private final RoleName name;
  private final RoleFactory<R> factory;
  private final Path workDirectory;
  private final RpcLimits limits;
  private final ExecutorService roleThread;
  private final AtomicLong directories = new AtomicLong();
  /** The latest coordinator of every run that was served. */
  private final Map<String, Long> epochs = new ConcurrentHashMap<>();
  private final Set<InboundCall<?, ?>> calls = ConcurrentHashMap.newKeySet();

  /** The session; written on the role's thread only. */
  private volatile @Nullable Open<R> open;

  private volatile boolean working;
  private volatile String device;

  private record Open<R>(R role, Path modelDirectory, String configHash, String session) {}

  /** @param binding where received models are kept, and what a peer may send */
  public RoleSession(RoleName name, RoleFactory<R> factory, RoleBinding binding) {
    this.name = name;
    this.factory = factory;
    this.workDirectory = binding.workDirectory();
    this.limits = binding.limits();
    this.device = binding.device();
    this.roleThread = Executors.newSingleThreadExecutor(
        task -> Thread.ofPlatform().name("role-" + name.label()).daemon().unstarted(task));
  }

  /** What a user is told about this role. */
  String state() {
    if (open == null) {
      return "waiting for a model";
    }
    return working ? "working" : "ready";
  }

  /** What the role computes on. */
  String device() {
    return device;
  }

  /** Serves a Prepare call. */
  public StreamObserver<PrepareRequest> prepare(StreamObserver<PrepareReply> replies) {
    Path target = workDirectory.resolve(name.label() + "-" + directories.getAndIncrement());
    return InboundCall.start(replies, new PrepareHandler(name, target, limits, this::admit, this::open), roleThread);
  }

  /** A coordinator that was replaced is refused. What it still waits for ends when its successor comes. */
  private void admit(PrepareHeader header) {
    if (header.getRun().isEmpty()) {
      return;
    }
    long before = epochs.getOrDefault(header.getRun(), header.getEpoch());
    long latest = epochs.merge(header.getRun(), header.getEpoch(), Math::max);
    if (header.getEpoch() < latest) {
      throw new IllegalStateException("serves coordinator " + latest + " of this run, which has replaced coordinator "
          + header.getEpoch());
    }
    if (latest > before) {
      calls.forEach(call -> call.end("another coordinator of the same run has taken over"));
    }
  }

  /** Serves a call whose request is a header and items. */
  public <Q, H, T, P> StreamObserver<Q> batch(StreamObserver<P> replies, BatchShape<Q, H, T> shape,
      BatchCall<? super R, H, T, P> work) {
    RpcMetadata.Caller caller = RpcMetadata.caller();
    BatchCollector<Q, H, T> collector = new BatchCollector<>(shape, limits.batchBytes());
    RequestHandler<Q, P> handler = new RequestHandler<>() {
      @Override
      public void accept(Q request) {
        collector.accept(request);
      }

      @Override
      public void respond(Consumer<P> sink) throws Exception {
        R role = roleFor(caller);
        working = true;
        Timer.Sample sample = Timer.start();
        try {
          work.run(role, collector.header(), collector.items(), sink);
        } finally {
          working = false;
          sample.stop(Metrics.timer(MeterNames.ROLE_WORK, "role", name.label()));
        }
      }
    };
    return InboundCall.start(replies, handler, roleThread, calls);
  }

  /**
   * Serves a FetchModel call.
   *
   * @param save writes the role's model to a directory
   * @param checkpoint writes the model and all that learning continues from
   */
  public StreamObserver<FetchModelRequest> fetchModel(StreamObserver<FetchModelReply> replies,
      BiConsumer<R, Path> save, BiConsumer<R, Path> checkpoint) {
    BatchShape<FetchModelRequest, FetchModelRequest, FetchModelRequest> shape =
        new BatchShape<>(any -> true, any -> any, any -> 0, any -> any);
    return batch(replies, shape, (role, request, none, sink) -> send(
        directory -> (request.getTrainingState() ? checkpoint : save).accept(role, directory), sink));
  }

  private void send(Consumer<Path> save, Consumer<FetchModelReply> sink) throws IOException {
    Files.createDirectories(workDirectory);
    Path directory = Files.createTempDirectory(workDirectory, name.label() + "-fetch-");
    try {
      save.accept(directory);
      List<ModelFile> files = ModelFiles.in(directory);
      sink.accept(FetchModelReply.newBuilder().setHeader(FetchModelHeader.newBuilder().addAllFiles(files)).build());
      try (ModelChunks chunks = new ModelChunks(directory, files)) {
        chunks.forEachRemaining(chunk -> sink.accept(FetchModelReply.newBuilder().setChunk(chunk).build()));
      }
    } finally {
      Directories.delete(directory);
    }
  }

  private void open(Path modelDirectory, PrepareHeader header) throws Exception {
    closeRole();
    try {
      R role = factory.create(modelDirectory, header.getSettingsJson());
      device = Device.current().toString();
      open = new Open<>(role, modelDirectory, header.getConfigHash(), header.getSession());
    } catch (Exception | Error e) {
      Directories.delete(modelDirectory);
      throw e;
    }
  }

  private R roleFor(RpcMetadata.Caller caller) {
    Open<R> known = open;
    if (known == null) {
      throw Status.ABORTED.withDescription("has no model yet, the run must prepare it first").asRuntimeException();
    }
    if (!known.configHash().equals(caller.configHash())) {
      throw new IllegalStateException("serves another run now, with configuration " + known.configHash());
    }
    if (!known.session().equals(caller.session())) {
      throw new IllegalStateException("serves another coordinator of the same run now");
    }
    return known.role();
  }

  private void closeRole() {
    Open<R> closing = open;
    if (closing == null) {
      return;
    }
    open = null;
    try {
      closing.role().close();
      Directories.delete(closing.modelDirectory());
    } catch (Exception e) {
      LOG.warn("cannot close the {} cleanly", name.label(), e);
    }
  }

  /** Waits for the call in progress, then closes the role and deletes its model. */
  @Override
  public void close() {
    if (roleThread.isShutdown()) {
      return;
    }
    roleThread.execute(this::closeRole);
    roleThread.shutdown();
    try {
      if (!roleThread.awaitTermination(30, TimeUnit.SECONDS)) {
        LOG.warn("the {} is still busy after 30 seconds, leaving it", name.label());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
