package io.rlhf4j.config;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Stream;

/** Sections that may be one of several records: the key {@code kind} says which. */
final class SealedBinder {

  static final String KIND = "kind";

  private SealedBinder() {}

  static Record bind(Class<?> type, YamlNode.Mapping section, String path) {
    if (!(section.entries().get(KIND) instanceof YamlNode.Scalar(var kind, var origin)) || kind == null) {
      throw new InputException(section.origin() + ": " + Keys.join(path, KIND) + ": is missing, must be one of "
          + String.join(", ", kinds(type)));
    }
    Class<?> record = records(type).filter(each -> kindOf(each).equals(kind)).findFirst()
        .orElseThrow(() -> new InputException(origin + ": " + Keys.join(path, KIND) + ": is '" + kind + "', "
            + Keys.nearest(kind, kinds(type)).map(word -> "did you mean " + word + "?")
                .orElse("must be one of " + String.join(", ", kinds(type)))));
    var rest = new LinkedHashMap<>(section.entries());
    rest.remove(KIND);
    return RecordBinder.bind(record.asSubclass(Record.class), new YamlNode.Mapping(rest, section.origin()), path);
  }

  /** The word for a record; only those of sealed interfaces have one. */
  static String kindOf(Class<?> record) {
    return record.getAnnotation(Kind.class).value();
  }

  static boolean hasKind(Class<?> record) {
    return record.isAnnotationPresent(Kind.class);
  }

  private static List<String> kinds(Class<?> type) {
    return records(type).map(SealedBinder::kindOf).toList();
  }

  private static Stream<Class<?>> records(Class<?> type) {
    return Arrays.stream(type.getPermittedSubclasses())
        .flatMap(each -> each.isSealed() ? records(each) : Stream.of(each));
  }
}
