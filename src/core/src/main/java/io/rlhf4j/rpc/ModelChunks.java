package io.rlhf4j.rpc;

import com.google.protobuf.UnsafeByteOperations;
import io.rlhf4j.proto.v1.ModelChunk;
import io.rlhf4j.proto.v1.ModelFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** The chunks of a model directory, read as they are asked for: one chunk is in memory at a time. */
final class ModelChunks implements Iterator<ModelChunk>, AutoCloseable {

  private final Path directory;
  private final List<ModelFile> files;
  private @Nullable InputStream in;
  private int file = -1;
  private long offset;
  private byte[] buffer = {};

  ModelChunks(Path directory, List<ModelFile> files) {
    this.directory = directory;
    this.files = files;
  }

  @Override
  public boolean hasNext() {
    try {
      while (buffer.length == 0 && (in != null || file < files.size() - 1)) {
        fill();
      }
      return buffer.length > 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void fill() throws IOException {
    if (in == null) {
      file++;
      offset = 0;
      in = Files.newInputStream(directory.resolve(files.get(file).getName()));
    }
    buffer = in.readNBytes(ModelFiles.CHUNK_BYTES);
    if (buffer.length == 0) {
      close();
    }
  }

  @Override
  public ModelChunk next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    ModelChunk chunk = ModelChunk.newBuilder().setFile(file).setOffset(offset)
        .setData(UnsafeByteOperations.unsafeWrap(buffer)).build();
    offset += buffer.length;
    buffer = new byte[0];
    return chunk;
  }

  @Override
  public void close() throws IOException {
    if (in != null) {
      in.close();
      in = null;
    }
  }
}
