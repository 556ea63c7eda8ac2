package io.rlhf4j.tensor;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Turns readable kernel files into the dialect that TorchScript archives speak.
 *
 * <p>A kernel file holds plain top-level functions that call each other by name. In an archive such calls must be
 * written {@code __torch__.name(...)}, and only methods of the archived object can be called from outside; this class
 * adds both. Functions whose name starts with an underscore are private to the kernels.
 */
final class KernelSource {

  private static final List<String> FILES =
      List.of("tensor.py", "optimizer.py", "transformer.py", "nf4.py", "decoder.py", "llama_layer.py", "head.py",
          "losses.py", "sampling.py", "decoding_weights.py", "generate.py");

  /** Operators of MKL, which libtorch has on x86 alone. */
  static final String WITH_MKL = "products_mkl.py";
  static final String WITHOUT_MKL = "products_plain.py";

  /** {@code def name(parameters) -> result:}, possibly over several lines. */
  private static final Pattern FUNCTION =
      Pattern.compile("^def (\\w+)\\(([^)]*)\\)\\s*->\\s*([^:]+):", Pattern.MULTILINE);

  private KernelSource() {}

  /** All kernels; {@code products} names the file of the variant. */
  static String readAll(String products) {
    return Stream.concat(Stream.of(products), FILES.stream()).map(KernelArchive::resource)
        .collect(Collectors.joining("\n\n"));
  }

  static String compose(String functions) {
    Set<String> names = new LinkedHashSet<>();
    StringBuilder methods = new StringBuilder("class Kernels(Module):\n"
        + "  __parameters__ = []\n  __buffers__ = []\n  training : bool\n");
    Matcher matcher = FUNCTION.matcher(functions);
    while (matcher.find()) {
      String name = matcher.group(1);
      if (!names.add(name)) {
        throw new IllegalStateException("kernel " + name + " is defined twice");
      }
      if (!name.startsWith("_")) {
        methods.append(method(name, matcher.group(2).replaceAll("\\s+", " ").strip(), matcher.group(3)));
      }
    }
    return methods + "\n" + qualifyCalls(functions, names) + "\n";
  }

  private static String method(String name, String parameters, String result) {
    String separator = parameters.isEmpty() ? "" : ", ";
    return "  def " + name + "(self: __torch__.Kernels" + separator + parameters + ") -> " + result + ":\n"
        + "    return __torch__." + name + "(" + String.join(", ", parameterNames(parameters)) + ")\n";
  }

  private static List<String> parameterNames(String parameters) {
    List<String> names = new ArrayList<>();
    Matcher matcher = Pattern.compile("(\\w+)\\s*:").matcher(parameters);
    while (matcher.find()) {
      names.add(matcher.group(1));
    }
    return names;
  }

  private static String qualifyCalls(String functions, Set<String> names) {
    Pattern call = Pattern.compile("(?<![\\w.])(?<!def )(" + String.join("|", names) + ")\\(");
    return functions.lines().map(line -> line.stripLeading().startsWith("#") ? line
        : call.matcher(line).replaceAll("__torch__.$1(")).collect(Collectors.joining("\n"));
  }
}
