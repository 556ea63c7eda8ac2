package io.rlhf4j.data;

import java.nio.file.Path;
import java.util.List;

/**
 * Where arrays lie that are as long as there are rows: orders, groups, packs, scores. Rows in memory have theirs on the
 * heap. Those of a {@link RowStore} have them in files beside it, so that a hundred million rows take no more heap than
 * a thousand. What is computed is the same.
 */
public interface RowSpace {

  /** On the heap. */
  RowSpace HEAP = new RowSpace() {
    @Override
    public RowNumbers numbers(int size) {
      return RowNumbers.of(new int[size]);
    }

    @Override
    public RowWords words(int size) {
      long[] words = new long[size];
      return new RowWords() {
        @Override
        public long get(int at) {
          return words[at];
        }

        @Override
        public void put(int at, long word) {
          words[at] = word;
        }

        @Override
        public int size() {
          return words.length;
        }
      };
    }
  };

  /** Zeros. */
  RowNumbers numbers(int size);

  /** Zeros. */
  RowWords words(int size);

  /** Where there is room for arrays as long as these rows. */
  static RowSpace of(List<?> rows) {
    return rows instanceof Spacious known ? known.space() : HEAP;
  }

  /** In files of a directory; each is gone when nobody looks at it any more, and at the latest with the process. */
  static RowSpace in(Path directory) {
    return new MappedSpace(directory);
  }
}
