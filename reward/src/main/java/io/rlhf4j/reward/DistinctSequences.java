package io.rlhf4j.reward;

import io.rlhf4j.rl.TokenSequence;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The different sequences of a batch, in the order in which they are first met. An answer that is compared with several
 * others goes through the model once.
 */
final class DistinctSequences {

  /** Buffers are equal when their contents are. */
  private record Key(int promptLength, IntBuffer tokens) {}

  private final Map<Key, Integer> indices = new HashMap<>();
  private final List<TokenSequence> sequences = new ArrayList<>();

  /** Index of the sequence in {@link #all}, where it is added if it is new. */
  int indexOf(TokenSequence sequence) {
    Key key = new Key(sequence.promptLength(), IntBuffer.wrap(sequence.tokens()));
    Integer known = indices.putIfAbsent(key, sequences.size());
    if (known != null) {
      return known;
    }
    sequences.add(sequence);
    return sequences.size() - 1;
  }

  /** {@link #indexOf} one side of every pair. */
  int[] indicesOf(List<TokenizedPair> pairs, Function<TokenizedPair, TokenSequence> side) {
    return pairs.stream().mapToInt(pair -> indexOf(side.apply(pair))).toArray();
  }

  List<TokenSequence> all() {
    return List.copyOf(sequences);
  }
}
