package io.rlhf4j.text.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/** The one kind of object whose attributes a template may set: it carries values out of a loop. */
final class Namespace {

  private final Map<String, Object> attributes;

  Namespace(Map<String, Object> initial) {
    this.attributes = new LinkedHashMap<>(initial);
  }

  Object get(String name) {
    return attributes.getOrDefault(name, new Undefined("attribute '" + name + "' of a namespace"));
  }

  void set(String name, Object value) {
    attributes.put(name, value);
  }
}
