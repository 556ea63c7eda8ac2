package io.rlhf4j.generate;

import io.rlhf4j.model.KernelStyle;
import io.rlhf4j.model.PackedBatch;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Which layers' keys and values are dropped when they leave the window.
 *
 * @param windows for each layer how many of the newest positions it holds; 0 for all
 * @param window the largest of them; 0 if every layer holds all
 */
record CacheLayout(int[] windows, int window) {

  /** @param longest tokens of the longest sequence that may come; up to the window there is nothing to drop */
  static CacheLayout of(KernelStyle style, int longest) {
    int window = IntStream.of(style.windows()).max().orElse(0);
    return window > 0 && longest > window ? new CacheLayout(style.windows().clone(), window)
        : new CacheLayout(new int[style.windows().length], 0);
  }

  boolean isWindowed(int layer) {
    return windows[layer] > 0;
  }

  long windowedLayers() {
    return IntStream.of(windows).filter(w -> w > 0).count();
  }

  /** Positions that a layer with a window holds of a sequence. */
  int held(int length) {
    return window == 0 ? length : Math.min(length, window);
  }

  /** Rows of a packed batch that layers with a window hold, sequence by sequence; empty if they hold all. */
  long[] recentRows(PackedBatch batch) {
    if (IntStream.range(0, batch.sequences()).allMatch(s -> held(batch.length(s)) == batch.length(s))) {
      return new long[0];
    }
    return IntStream.range(0, batch.sequences()).boxed()
        .flatMapToLong(s -> LongStream.range(batch.length(s) - held(batch.length(s)), batch.length(s))
            .map(t -> batch.row(s, (int) t)))
        .toArray();
  }
}
