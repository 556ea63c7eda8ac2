package io.rlhf4j.model.family;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * One tensor of a family's files and the weights of the common layout that it holds.
 *
 * @param name in the file
 * @param parts names in the common layout
 * @param groups stretches of rows, each of which holds a share of every part in turn; 1 if the parts follow each other
 * @param transposed whether matrices are stored as {@code [in, out]}
 */
public record HubTensor(String name, List<String> parts, int groups, boolean transposed) {

  public HubTensor {
    parts = List.copyOf(parts);
  }

  public static HubTensor same(String name) {
    return new HubTensor(name, List.of(name), 1, false);
  }

  static HubTensor named(String name, String part) {
    return new HubTensor(name, List.of(part), 1, false);
  }

  static HubTensor transposed(String name, String... parts) {
    return new HubTensor(name, List.of(parts), 1, true);
  }

  static HubTensor stacked(String name, String... parts) {
    return new HubTensor(name, List.of(parts), 1, false);
  }

  static HubTensor grouped(int groups, String name, String... parts) {
    return new HubTensor(name, List.of(parts), groups, false);
  }

  /** The same under another name. */
  public HubTensor as(String other) {
    return new HubTensor(other, parts, groups, transposed);
  }

  /** This tensor of a layer, with names within the whole model. */
  HubTensor inLayer(String prefix, int layer) {
    return new HubTensor(prefix + layer + "." + name,
        parts.stream().map(part -> WeightLayout.layerWeight(layer, part)).toList(), groups, transposed);
  }

  /** Whether the file holds the one weight as it is. */
  public boolean isPlain() {
    return parts.size() == 1 && !transposed;
  }

  /** Rows of each part, in a whole of the common layout. */
  public int[] rows(Map<String, long[]> layout) {
    return parts.stream().mapToInt(part -> Math.toIntExact(layout.get(part)[0])).toArray();
  }

  /** Shape in the file. */
  public long[] shape(Map<String, long[]> layout) {
    long rows = Arrays.stream(rows(layout)).asLongStream().sum();
    long[] first = layout.get(parts.getFirst());
    if (first.length == 1) {
      return new long[] {rows};
    }
    return transposed ? new long[] {first[1], rows} : new long[] {rows, first[1]};
  }
}
