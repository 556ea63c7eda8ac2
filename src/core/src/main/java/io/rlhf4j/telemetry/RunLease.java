package io.rlhf4j.telemetry;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to work in a run directory, which one process has at a time.
 *
 * <p>It is a file {@code .NAME.lease} beside the directory, and {@code .NAME.lock}, of which the holder of epoch
 * {@code n} locks byte {@code n}: the system lets go of it the moment the process dies. The holder also touches the
 * lease every {@link #BEAT}, so that a process that hangs, or whose machine is gone, can be told from one that works.
 * Whoever takes the lease from such a holder writes the next epoch; the former holder, if it ever wakes up, sees that
 * and ends. Both files go when the holder ends in order. The lock is in a file of its own because a process that closes
 * a file loses its locks on it, however often it has that file open.
 */
public final class RunLease implements AutoCloseable {

  /** Between two signs of life. */
  static final Duration BEAT = Duration.ofSeconds(1);

  /** Byte that is locked while somebody decides who holds the lease. */
  private static final long GUARD = 0;

  private static final Logger LOG = LoggerFactory.getLogger(RunLease.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Leases of this JVM, whose locks must not be opened and closed a second time. */
  private static final Set<Path> HELD = new HashSet<>();

  /**
   * What the file says.
   *
   * @param run random name, new whenever there was no file
   * @param epoch from 1; one more for each holder that was replaced
   * @param holder process and machine
   */
  record Entry(String run, long epoch, String holder) {}

  private final Path root;
  private final Path lease;
  private final FileChannel channel;
  private final Entry entry;
  private final Consumer<String> onLost;
  private final Thread beat;
  private volatile boolean closed;

  private RunLease(Path root, FileChannel channel, Entry entry, Consumer<String> onLost) {
    this.root = root;
    this.lease = beside(root, "lease");
    this.channel = channel;
    this.entry = entry;
    this.onLost = onLost;
    this.beat = Thread.ofPlatform().daemon().name("run-lease").start(this::live);
  }

  /**
   * Takes the lease of a run directory, which need not exist.
   *
   * @param onLost told in one line that another process has taken it over, on any thread; must not return to work
   * @throws InputException if a process that lives has it
   */
  public static RunLease acquire(Path root, Consumer<String> onLost) {
    return tryAcquire(root, onLost, false).orElseThrow(() -> InputException.in(root,
        holder(root) + " works on this run; wait until it is done, or choose another name"));
  }

  /**
   * Waits for the lease.
   *
   * @param stale after how long without a sign of life a holder that is still there counts as gone
   * @param onWait told once who has it
   * @return empty if the run was finished meanwhile
   */
  public static Optional<RunLease> await(Path root, Duration stale, Consumer<String> onLost, Consumer<String> onWait)
      throws InterruptedException {
    Optional<RunLease> lease = tryAcquire(root, onLost, false);
    if (lease.isPresent()) {
      return lease;
    }
    onWait.accept(holder(root));
    String seen = "";
    long since = System.nanoTime();
    while (lease.isEmpty()) {
      Thread.sleep(BEAT.dividedBy(4));
      String sign = sign(root);
      if (!sign.equals(seen)) {
        seen = sign;
        since = System.nanoTime();
      }
      lease = tryAcquire(root, onLost, System.nanoTime() - since > stale.toNanos());
      if (lease.isPresent() && RunDirectory.isFinished(root)) {
        lease.get().close();
        return Optional.empty();
      }
    }
    return lease;
  }

  /** @param force whether it is taken from a holder that still has its lock */
  static synchronized Optional<RunLease> tryAcquire(Path root, Consumer<String> onLost, boolean force) {
    Path lease = beside(root, "lease");
    if (HELD.contains(lease)) {
      return Optional.empty();
    }
    try {
      Files.createDirectories(lease.getParent());
      Optional<RunLease> taken = Optional.empty();
      // A lock file that is there for the first time is opened twice: only then is it known to be the same.
      for (boolean decided = false; !decided;) {
        Path lock = beside(root, "lock");
        Object key = key(lock);
        FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try (var guard = channel.lock(GUARD, 1, false)) {
          // Otherwise its holder has ended and deleted it before it could be locked.
          decided = key != null && key.equals(key(lock));
          if (decided) {
            taken = take(channel, lease, force).map(entry -> new RunLease(root, channel, entry, onLost));
          }
        } finally {
          if (taken.isEmpty()) {
            channel.close();
          }
        }
      }
      taken.ifPresent(held -> HELD.add(lease));
      return taken;
    } catch (IOException e) {
      throw new InputException(root + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  /** Which file it is, as long as somebody has it open; null if there is none. */
  private static @Nullable Object key(Path file) throws IOException {
    try {
      Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
      // Where the system has no keys it does not delete what somebody has open.
      return key == null ? file : key;
    } catch (NoSuchFileException none) {
      return null;
    }
  }

  private static Optional<Entry> take(FileChannel channel, Path lease, boolean force) throws IOException {
    Optional<Entry> before = read(lease);
    if (before.isPresent() && !force) {
      var lock = channel.tryLock(before.get().epoch(), 1, false);
      if (lock == null) {
        return Optional.empty();
      }
      lock.close();
    }
    long epoch = before.map(Entry::epoch).orElse(0L) + 1;
    String run = before.map(Entry::run).orElseGet(() -> UUID.randomUUID().toString());
    if (channel.tryLock(epoch, 1, false) == null) {
      return Optional.empty();
    }
    Entry next = new Entry(run, epoch, "process " + ProcessHandle.current().pid() + " on " + host());
    AtomicFiles.writeText(lease, JSON.writeValueAsString(next) + "\n");
    return Optional.of(next);
  }

  /** Random name of the run, for those that serve it. */
  public String run() {
    return entry.run();
  }

  /** Which holder of this run this is, from 1. */
  public long epoch() {
    return entry.epoch();
  }

  /** To be called before anything in the run directory changes: does not return to a process that was replaced. */
  public void check() {
    if (closed) {
      return;
    }
    Optional<Entry> now = read(lease);
    if (now.isEmpty() || !now.get().equals(entry)) {
      String by = now.map(other -> "by " + other.holder() + " (epoch " + other.epoch() + ")")
          .orElse("by one that has ended since");
      String line = root + ": this process was silent and the run was taken over " + by
          + "; it ends here and changes nothing more";
      onLost.accept(line);
      throw new IllegalStateException(line);
    }
  }

  private void live() {
    try {
      while (!closed) {
        check();
        Files.setLastModifiedTime(lease, FileTime.from(Instant.now()));
        Thread.sleep(BEAT);
      }
    } catch (InterruptedException end) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      if (!closed) {
        LOG.warn("{}: cannot be touched, another process may take the run over", lease, e);
      }
    }
  }

  /** Lets the next one work; a process that was replaced has nothing to let go of. */
  @Override
  public void close() {
    synchronized (RunLease.class) {
      if (closed) {
        return;
      }
      closed = true;
      beat.interrupt();
      HELD.remove(lease);
      try (channel; var guard = channel.lock(GUARD, 1, false)) {
        if (read(lease).equals(Optional.of(entry))) {
          Files.delete(lease);
          Files.delete(beside(root, "lock"));
        }
      } catch (IOException e) {
        LOG.warn("{}: cannot be removed", lease, e);
      }
    }
  }

  private static Path beside(Path root, String kind) {
    Path absolute = root.toAbsolutePath().normalize();
    return absolute.resolveSibling("." + absolute.getFileName() + "." + kind);
  }

  private static String holder(Path root) {
    return read(beside(root, "lease")).map(Entry::holder).orElse("another process");
  }

  /** Changes with every sign of life. */
  private static String sign(Path root) {
    Path lease = beside(root, "lease");
    try {
      return read(lease) + " " + Files.getLastModifiedTime(lease);
    } catch (IOException gone) {
      return "";
    }
  }

  private static Optional<Entry> read(Path lease) {
    try {
      return Optional.of(JSON.readValue(Files.readString(lease), Entry.class));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    } catch (IOException e) {
      throw new InputException(lease + ": cannot be read (" + e.getMessage().lines().findFirst().orElse("") + ")", e);
    }
  }

  private static String host() {
    String name = System.getenv("HOSTNAME");
    return name == null ? "this machine" : name;
  }
}
