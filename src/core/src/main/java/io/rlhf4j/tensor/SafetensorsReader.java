package io.rlhf4j.tensor;

import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads tensors of one safetensors file, by name. The whole header is checked when the file is opened; data is read on
 * request, straight into the tensor's memory and, where the stored type differs, through one small staging buffer.
 *
 * <p>Any thread may use a reader; reads take turns.
 */
public final class SafetensorsReader implements AutoCloseable {

  private static final int STAGING_BYTES = 1 << 20;

  private final Path file;
  private final FileChannel channel;
  private final SafetensorsHeader header;
  private final ByteBuffer staging = ByteBuffer.allocateDirect(STAGING_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  private SafetensorsReader(Path file, FileChannel channel, SafetensorsHeader header) {
    this.file = file;
    this.channel = channel;
    this.header = header;
  }

  /**
   * Opens a file and checks its header.
   *
   * @throws InputException if the file is missing or is not a sound safetensors file
   */
  public static SafetensorsReader open(Path file) {
    if (!Files.isRegularFile(file)) {
      throw InputException.in(file, "there is no such file");
    }
    try {
      FileChannel channel = FileChannel.open(file);
      try {
        return new SafetensorsReader(file, channel, SafetensorsHeader.read(file, channel));
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  Path file() {
    return file;
  }

  /** Names of all tensors, in the order of their data. */
  public Set<String> names() {
    return header.tensors().keySet();
  }

  public long[] shape(String name) {
    return entry(name).shape().clone();
  }

  public StoredType storedType(String name) {
    return entry(name).type();
  }

  /** The file's string-to-string metadata; empty if it has none. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /**
   * A new tensor of the current {@link MemoryScope}, on the thread's {@link Device}: fp32 for floating types, int64 for
   * all others.
   */
  public Tensor read(String name) {
    return readToMainMemory(name).here();
  }

  private Tensor readToMainMemory(String name) {
    SafetensorsHeader.Entry entry = entry(name);
    Tensor tensor = Tensor.inMainMemory(entry.type().elementType(), entry.shape());
    try {
      readInto(name, tensor);
      return tensor;
    } catch (RuntimeException e) {
      tensor.close();
      throw e;
    }
  }

  /**
   * Like {@link #read}, but refuses values that are not numbers.
   *
   * @throws InputException if an element is NaN or infinite
   */
  public Tensor readFinite(String name) {
    Tensor tensor = readToMainMemory(name);
    try (Tensor finite = tensor.type() == ElementType.FLOAT32
        ? Kernels.tensor("all_finite", List.of(tensor)) : Tensor.scalar(1)) {
      if (finite.item() != 1) {
        tensor.close();
        throw InputException.in(file, "tensor " + SafetensorsHeader.oneLine(name) + ": holds NaN or infinite values");
      }
    }
    return tensor.here();
  }

  /**
   * Overwrites a contiguous tensor of the same shape, of the type that {@link #read} would give.
   *
   * @throws InputException if the shapes differ
   */
  public void readInto(String name, Tensor target) {
    SafetensorsHeader.Entry entry = entry(name);
    if (!Arrays.equals(entry.shape(), target.shape())) {
      throw InputException.in(file, "tensor " + SafetensorsHeader.oneLine(name) + ".shape: "
          + Arrays.toString(entry.shape()) + ", expected " + Arrays.toString(target.shape()));
    }
    if (target.type() != entry.type().elementType()) {
      throw new IllegalArgumentException(name + " is read as " + entry.type().elementType() + ", not " + target.type());
    }
    if (!target.isInMainMemory()) {
      try (MemoryScope ignored = MemoryScope.open(); GradientScope paused = GradientScope.paused()) {
        Kernels.run("copy_", target, readToMainMemory(name));
      }
      return;
    }
    TensorMemory.forEachPart(target, (part, firstElement) -> fill(entry.type(),
        header.dataStart() + entry.begin() + firstElement * entry.type().bytes(), part));
  }

  private synchronized void fill(StoredType type, long position, ByteBuffer memory) {
    try {
      if (type.sameInMemory()) {
        readFully(memory, position);
        return;
      }
      long next = position;
      while (memory.hasRemaining()) {
        long wanted = (long) memory.remaining() / type.elementType().bytes() * type.bytes();
        staging.clear().limit((int) Math.min(wanted, STAGING_BYTES));
        readFully(staging, next);
        next += staging.position();
        type.decode(staging.flip(), memory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  private void readFully(ByteBuffer target, long position) throws IOException {
    long next = position;
    while (target.hasRemaining()) {
      int bytes = channel.read(target, next);
      if (bytes < 0) {
        throw new IOException("the file was shortened while it was being read");
      }
      next += bytes;
    }
  }

  private SafetensorsHeader.Entry entry(String name) {
    SafetensorsHeader.Entry entry = header.tensors().get(name);
    if (entry == null) {
      throw InputException.in(file, "tensor " + SafetensorsHeader.oneLine(name) + ": not in this file");
    }
    return entry;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close " + file, e);
    }
  }
}
