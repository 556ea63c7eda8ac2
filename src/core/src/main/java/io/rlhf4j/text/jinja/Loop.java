package io.rlhf4j.text.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code loop} variable at one iteration.
 *
 * @param items everything that the loop runs over
 * @param index0 the iteration, from 0
 */
record Loop(List<?> items, int index0) {

  /** Value of an attribute; null if a loop has no such attribute. */
  @Nullable
  Object attribute(String name) {
    return switch (name) {
      case "index" -> index0 + 1L;
      case "index0" -> (long) index0;
      case "revindex" -> (long) items.size() - index0;
      case "revindex0" -> items.size() - index0 - 1L;
      case "first" -> index0 == 0;
      case "last" -> index0 == items.size() - 1;
      case "length" -> (long) items.size();
      // Jinja counts recursion here, not nesting; loops are never recursive.
      case "depth" -> 1L;
      case "depth0" -> 0L;
      case "previtem" -> index0 > 0 ? items.get(index0 - 1) : new Undefined("there is no previous item; loop.previtem");
      case "nextitem" -> index0 + 1 < items.size() ? items.get(index0 + 1)
          : new Undefined("there is no next item; loop.nextitem");
      case "cycle" -> (Callable) arguments -> arguments.positional().get(index0 % arguments.positional().size());
      case "changed" -> throw new Problem("loop.changed is not supported");
      default -> null;
    };
  }
}
