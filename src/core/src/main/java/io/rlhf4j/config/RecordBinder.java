package io.rlhf4j.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes records from YAML sections: one component per key, defaults from {@link Default}, unknown keys refused with the
 * nearest known one, and every message completed with the place and the full path of its key.
 */
final class RecordBinder {

  private RecordBinder() {}

  /** @param path of the section, {@code ""} for the whole file */
  static <R extends Record> R bind(Class<R> type, YamlNode.Mapping section, String path) {
    refuseUnknownKeys(type, section, path);
    return construct(type, section, path);
  }

  /** A record with nothing but defaults. */
  static <R extends Record> R defaults(Class<R> type) {
    return bind(type, YamlNode.Mapping.empty("defaults"), "");
  }

  /** Keys of a record's section, those of inlined records included. */
  static List<String> keys(Class<?> type) {
    var keys = new ArrayList<String>();
    for (RecordComponent component : type.getRecordComponents()) {
      if (component.isAnnotationPresent(Inline.class)) {
        keys.addAll(keys(component.getType()));
      } else {
        keys.add(Keys.snakeCase(component.getName()));
      }
    }
    return keys;
  }

  private static void refuseUnknownKeys(Class<?> type, YamlNode.Mapping section, String path) {
    List<String> known = keys(type);
    section.entries().forEach((key, value) -> {
      if (!known.contains(key)) {
        String hint = Keys.nearest(key, known).map(word -> ", did you mean " + word + "?")
            .orElse(", known keys here: " + String.join(", ", known));
        throw new InputException(value.origin() + ": unknown key " + Keys.join(path, key) + hint);
      }
    });
  }

  private static <R extends Record> R construct(Class<R> type, YamlNode.Mapping section, String path) {
    RecordComponent[] components = type.getRecordComponents();
    var arguments = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      arguments[i] = argument(components[i], section, path);
    }
    try {
      return constructor(type, components).newInstance(arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof InputException wrong && wrong.key() != null) {
        throw located(wrong, wrong.key(), section, path);
      }
      throw new IllegalStateException(type + " cannot be made", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " cannot be made", e);
    }
  }

  private static <R extends Record> Constructor<R> constructor(Class<R> type, RecordComponent[] components)
      throws NoSuchMethodException {
    Class<?>[] types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    return type.getDeclaredConstructor(types);
  }

  private static InputException located(InputException wrong, String key, YamlNode.Mapping section, String path) {
    YamlNode node = section;
    for (String part : key.split("\\.")) {
      node = node instanceof YamlNode.Mapping(var entries, var origin) ? entries.getOrDefault(part, node) : node;
    }
    return new InputException(node.origin() + ": " + Keys.join(path, key) + ": " + wrong.problem(), wrong);
  }

  private static @Nullable Object argument(RecordComponent component, YamlNode.Mapping section, String path) {
    String key = Keys.snakeCase(component.getName());
    if (component.isAnnotationPresent(Inline.class)) {
      YamlNode.Mapping own = only(keys(component.getType()), section);
      YamlNode.Mapping below = defaultNode(component, section) instanceof YamlNode.Mapping mapping ? mapping : own;
      return construct(component.getType().asSubclass(Record.class), below.mergedWith(own), path);
    }
    YamlNode given = section.entries().get(key);
    YamlNode byDefault = defaultNode(component, section);
    if (given instanceof YamlNode.Mapping upper && byDefault instanceof YamlNode.Mapping lower) {
      given = lower.mergedWith(upper);
    }
    YamlNode node = given == null ? byDefault : given;
    if (node == null) {
      throw new InputException(section.origin() + ": " + Keys.join(path, key) + ": is missing");
    }
    return ValueBinder.value(component, node, Keys.join(path, key));
  }

  private static YamlNode.Mapping only(List<String> keys, YamlNode.Mapping section) {
    var entries = new LinkedHashMap<>(section.entries());
    entries.keySet().retainAll(keys);
    return new YamlNode.Mapping(entries, section.origin());
  }

  private static @Nullable YamlNode defaultNode(RecordComponent component, YamlNode.Mapping section) {
    Default written = component.getAnnotation(Default.class);
    return written == null ? null : YamlReader.readValue(written.value(), section.origin());
  }
}
