package io.rlhf4j.data;

import java.nio.file.Path;
import java.util.Objects;

/** See {@link RowSpace#in}. */
record MappedSpace(Path directory) implements RowSpace {

  @Override
  public RowNumbers numbers(int size) {
    return new Numbers(MappedBytes.scratch(directory, (long) size * Integer.BYTES), size, this);
  }

  @Override
  public RowWords words(int size) {
    return new Words(MappedBytes.scratch(directory, (long) size * Long.BYTES), size);
  }

  private static final class Numbers extends RowNumbers {

    private final MappedBytes bytes;

    Numbers(MappedBytes bytes, int size, RowSpace space) {
      super(size, space);
      this.bytes = bytes;
    }

    @Override
    public int number(int at) {
      return bytes.getInt((long) Objects.checkIndex(at, size()) * Integer.BYTES);
    }

    @Override
    public void put(int at, int number) {
      bytes.putInt((long) Objects.checkIndex(at, size()) * Integer.BYTES, number);
    }
  }

  private record Words(MappedBytes bytes, int size) implements RowWords {

    @Override
    public long get(int at) {
      return bytes.getLong((long) Objects.checkIndex(at, size) * Long.BYTES);
    }

    @Override
    public void put(int at, long word) {
      bytes.putLong((long) Objects.checkIndex(at, size) * Long.BYTES, word);
    }
  }
}
