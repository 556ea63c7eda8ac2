package io.rlhf4j.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads recipe files. In order, later ones winning: the defaults, the files named by {@code extends}, the file itself,
 * the overrides of the command line.
 *
 * <pre>{@code
 * RecipeConfig recipe = RecipeLoader.load(Path.of("configs/recipes/quickstart.yaml"), List.of("ppo.iterations=10"));
 * }</pre>
 */
public final class RecipeLoader {

  private static final String EXTENDS = "extends";
  private static final String NAME = "name";

  private RecipeLoader() {}

  /**
   * @param overrides texts of the form {@code section.key=value}, the value in YAML
   * @throws InputException with one line that names file, line and key, if anything is wrong
   */
  public static RecipeConfig load(Path file, List<String> overrides) {
    YamlNode.Mapping root = withParents(file, new LinkedHashSet<>());
    root.entries().putIfAbsent(NAME, new YamlNode.Scalar(stem(file), file + ":1"));
    return bind(root, overrides);
  }

  /** A recipe of nothing but defaults and overrides, for commands that can do without a file. */
  public static RecipeConfig defaults(List<String> overrides) {
    return bind(YamlNode.Mapping.empty("defaults"), overrides);
  }

  private static RecipeConfig bind(YamlNode.Mapping root, List<String> overrides) {
    for (String override : overrides) {
      root = root.mergedWith(override(override));
    }
    return RecordBinder.bind(RecipeConfig.class, Preset.expand(root), "");
  }

  private static YamlNode.Mapping withParents(Path file, Set<Path> open) {
    if (!open.add(file.toAbsolutePath().normalize())) {
      throw InputException.in(file, "extends itself");
    }
    YamlNode.Mapping own = YamlReader.readFile(file);
    YamlNode parents = own.entries().remove(EXTENDS);
    YamlNode.Mapping merged = YamlNode.Mapping.empty(own.origin());
    if (parents != null) {
      for (YamlNode.Scalar parent : scalars(parents)) {
        Path parentFile = file.resolveSibling(String.valueOf(parent.text()));
        merged = merged.mergedWith(withParents(parentFile, new LinkedHashSet<>(open)));
      }
      // Each file names its own run, so that a variant does not write into the directory of what it extends.
      merged.entries().remove(NAME);
    }
    return merged.mergedWith(own);
  }

  private static List<YamlNode.Scalar> scalars(YamlNode node) {
    List<YamlNode> items = node instanceof YamlNode.Sequence(var list, var origin) ? list : List.of(node);
    var scalars = new ArrayList<YamlNode.Scalar>();
    for (YamlNode item : items) {
      if (!(item instanceof YamlNode.Scalar scalar) || scalar.text() == null) {
        throw new InputException(item.origin() + ": extends: is " + item.kind() + ", must be the path of a YAML file");
      }
      scalars.add(scalar);
    }
    return scalars;
  }

  private static YamlNode.Mapping override(String text) {
    String origin = "-o " + text;
    int equals = text.indexOf('=');
    if (equals < 1) {
      throw new InputException(origin + ": must have the form section.key=value");
    }
    YamlNode node = YamlReader.readValue(text.substring(equals + 1), origin);
    String[] keys = text.substring(0, equals).strip().split("\\.", -1);
    for (int i = keys.length - 1; i >= 0; i--) {
      var entries = new LinkedHashMap<String, YamlNode>();
      entries.put(keys[i], node);
      node = new YamlNode.Mapping(entries, origin);
    }
    return (YamlNode.Mapping) node;
  }

  private static String stem(Path file) {
    return String.valueOf(file.getFileName()).replaceFirst("\\.[^.]*$", "");
  }
}
