package io.rlhf4j.text.jinja;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** Evaluated arguments of a call; {@code callee} is only for error messages. */
record Arguments(String callee, List<Object> positional, Map<String, Object> named) {

  static Arguments none(String callee) {
    return new Arguments(callee, List.of(), Map.of());
  }

  /** Checks that no more than the given parameters are passed, positionally or by name. */
  Arguments accept(int least, String... parameters) {
    if (positional.size() > parameters.length || !Set.of(parameters).containsAll(named.keySet())) {
      throw new Problem(callee + " takes " + (parameters.length == 0 ? "no arguments" : List.of(parameters))
          + ", not " + positional.size() + " arguments and the names " + named.keySet());
    }
    for (int i = 0; i < least; i++) {
      if (!has(i, parameters[i])) {
        throw new Problem(callee + " needs the argument '" + parameters[i] + "'");
      }
    }
    return this;
  }

  boolean has(int index, String name) {
    return index < positional.size() || named.containsKey(name);
  }

  Object get(int index, String name, Object otherwise) {
    return index < positional.size() ? positional.get(index) : named.getOrDefault(name, otherwise);
  }

  String text(int index, String name, String otherwise) {
    Object value = get(index, name, otherwise);
    if (value instanceof String text) {
      return text;
    }
    throw new Problem(callee + " needs a string as '" + name + "', not " + PythonText.repr(value));
  }

  long integer(int index, String name, long otherwise) {
    return Values.integer(get(index, name, otherwise), callee + " needs an integer as '" + name + "'");
  }

  boolean truth(int index, String name, boolean otherwise) {
    return Values.truth(get(index, name, otherwise));
  }
}
