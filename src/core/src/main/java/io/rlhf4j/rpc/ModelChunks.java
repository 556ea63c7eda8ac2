package io.rlhf4j.rpc;

import com.google.protobuf.UnsafeByteOperations;
import io.rlhf4j.proto.v1.ModelChunk;
import io.rlhf4j.proto.v1.ModelFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a model directory, read as they are asked for. All of them share one buffer: a chunk is valid until the
 * next one is asked for.
 */
final class ModelChunks implements Iterator<ModelChunk>, AutoCloseable {

  /** Read at once; still in the processor's cache when it is checked and handed on. */
  private static final int PIECE_BYTES = 64 << 10;

  private final Path directory;
  private final List<ModelFile> files;
  private final ByteBuffer buffer = ByteBuffer.allocate(ModelFiles.CHUNK_BYTES);
  private final FileCheck check = new FileCheck();
  private @Nullable FileChannel in;
  private int file = -1;
  private long offset;

  ModelChunks(Path directory, List<ModelFile> files) {
    this.directory = directory;
    this.files = files;
  }

  @Override
  public boolean hasNext() {
    while (file < 0 || offset == files.get(file).getSizeBytes()) {
      if (file == files.size() - 1) {
        return false;
      }
      file++;
      offset = 0;
      check.begin();
    }
    return true;
  }

  @Override
  public ModelChunk next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    try {
      fill();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ModelChunk chunk = ModelChunk.newBuilder().setFile(file).setOffset(offset)
        .setData(UnsafeByteOperations.unsafeWrap(buffer.array(), 0, buffer.limit())).setCrc32C(check.chunk())
        .setFileCrc32(check.file()).build();
    offset += buffer.limit();
    return chunk;
  }

  private void fill() throws IOException {
    ModelFile announced = files.get(file);
    Path path = directory.resolve(announced.getName());
    if (in == null || offset == 0) {
      close();
      in = FileChannel.open(path);
    }
    int length = (int) Math.min(buffer.capacity(), announced.getSizeBytes() - offset);
    check.beginChunk();
    for (int end = 0; end < length;) {
      int begin = end;
      end = Math.min(length, end + PIECE_BYTES);
      buffer.clear().position(begin).limit(end);
      while (buffer.hasRemaining()) {
        if (in.read(buffer) < 0) {
          throw new IOException(path + " became shorter while it was sent");
        }
      }
      check.update(buffer.position(begin));
    }
    buffer.position(0);
  }

  @Override
  public void close() throws IOException {
    if (in != null) {
      in.close();
      in = null;
    }
  }
}
