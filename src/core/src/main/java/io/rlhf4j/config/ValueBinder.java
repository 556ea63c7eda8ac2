package io.rlhf4j.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Turns one YAML value into the type of the record component that receives it. */
final class ValueBinder {

  private ValueBinder() {}

  static @Nullable Object value(RecordComponent component, YamlNode node, String path) {
    Class<?> type = component.getType();
    if (node instanceof YamlNode.Scalar(var text, var origin) && text == null) {
      if (component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
        return null;
      }
      throw wrong(node, path, rule(type));
    }
    if (isSection(type)) {
      return section(type, node, path);
    }
    if (type == List.class) {
      return list(component, node, path);
    }
    if (node instanceof YamlNode.Scalar(var text, var origin) && text != null) {
      return scalar(type, text, node, path);
    }
    throw wrong(node, path, rule(type));
  }

  private static boolean isSection(Class<?> type) {
    return type.isRecord() || type.isSealed() && type.isInterface();
  }

  private static Record section(Class<?> type, YamlNode node, String path) {
    if (!(node instanceof YamlNode.Mapping section)) {
      throw wrong(node, path, rule(type));
    }
    return type.isRecord() ? RecordBinder.bind(type.asSubclass(Record.class), section, path)
        : SealedBinder.bind(type, section, path);
  }

  /** Sections of a list; messages count them from 1. */
  private static List<Object> sections(Class<?> type, List<YamlNode> items, String path) {
    var sections = new ArrayList<Object>();
    for (YamlNode item : items) {
      sections.add(section(type, item, path + "[" + (sections.size() + 1) + "]"));
    }
    return List.copyOf(sections);
  }

  private static Object scalar(Class<?> type, String text, YamlNode node, String path) {
    if (type == String.class) {
      return text;
    }
    if (type.isEnum()) {
      return constant(type, text, node, path);
    }
    try {
      return switch (type.getSimpleName()) {
        case "int", "Integer" -> Integer.parseInt(text);
        case "long", "Long" -> Long.parseLong(text);
        case "double", "Double" -> number(text);
        case "boolean", "Boolean" -> truth(text);
        case "Path" -> Path.of(text);
        default -> throw new IllegalStateException(path + " has the unsupported type " + type);
      };
    } catch (NumberFormatException | InvalidPathException e) {
      throw wrong(node, path, rule(type));
    }
  }

  /** {@link Double#parseDouble} also takes {@code NaN}, {@code 1f} and hexadecimal digits; nobody means those. */
  private static double number(String text) {
    if (!text.matches("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?")) {
      throw new NumberFormatException(text);
    }
    return Double.parseDouble(text);
  }

  private static boolean truth(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new NumberFormatException(text);
    };
  }

  private static Object constant(Class<?> type, String text, YamlNode node, String path) {
    return constants(type).filter(constant -> YamlNamed.matches(constant, text)).findFirst()
        .orElseThrow(() -> wrong(node, path, rule(type)));
  }

  private static Stream<Enum<?>> constants(Class<?> type) {
    return Arrays.stream(type.getEnumConstants()).map(constant -> (Enum<?>) constant);
  }

  private static List<Object> list(RecordComponent component, YamlNode node, String path) {
    Class<?> element = element(component);
    if (!(node instanceof YamlNode.Sequence(var items, var origin))) {
      throw wrong(node, path, listRule(element));
    }
    if (isSection(element)) {
      return sections(element, items, path);
    }
    return items.stream().map(item -> {
      if (item instanceof YamlNode.Scalar(var text, var place) && text != null) {
        return scalar(element, text, item, path);
      }
      throw wrong(item, path, listRule(element));
    }).toList();
  }

  private static Class<?> element(RecordComponent component) {
    Type argument = ((ParameterizedType) component.getGenericType()).getActualTypeArguments()[0];
    return (Class<?>) argument;
  }

  private static String listRule(Class<?> element) {
    if (isSection(element)) {
      return "a list of sections with keys";
    }
    return element == String.class ? "a list of texts" : "a list of which each element is " + rule(element);
  }

  private static InputException wrong(YamlNode node, String path, String rule) {
    return new InputException(node.origin() + ": " + path + ": is " + node.kind() + ", must be " + rule);
  }

  private static String rule(Class<?> type) {
    if (type.isEnum()) {
      return constants(type).map(YamlNamed::of).collect(Collectors.joining(", ", "one of ", ""));
    }
    if (isSection(type)) {
      return "a section with keys";
    }
    return switch (type.getSimpleName()) {
      case "int", "Integer", "long", "Long" -> "a whole number";
      case "double", "Double" -> "a number";
      case "boolean", "Boolean" -> "true or false";
      case "Path" -> "the path of a file or directory";
      default -> "a text";
    };
  }
}
