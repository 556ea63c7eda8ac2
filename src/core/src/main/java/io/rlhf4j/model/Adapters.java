package io.rlhf4j.model;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.LoraConfig;
import io.rlhf4j.model.family.HubTensor;
import io.rlhf4j.model.family.WeightLayout;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Low-rank adapters of a decoder: beside a projection {@code x W'} stands {@code factor * (x A') B'}. They belong to
 * the modules of the family's files, so that a matrix in which a family fuses several projections has one {@code A},
 * which those projections share, and one {@code B}, of which each has its rows. Owns its tensors.
 */
public final class Adapters implements AutoCloseable {

  /** Projections of a layer in the order in which the kernels take their adapters. */
  static final List<String> PARTS = List.of("self_attn.q_proj.weight", "self_attn.k_proj.weight",
      "self_attn.v_proj.weight", "self_attn.o_proj.weight", "mlp.gate_proj.weight", "mlp.up_proj.weight",
      "mlp.down_proj.weight");

  private final LoraConfig config;
  private final Path base;
  private final @Nullable Path directory;
  private final Map<String, Adapter> byModule = new LinkedHashMap<>();
  private final Map<String, Low> byWeight = new LinkedHashMap<>();

  /** A module's adapter; {@code b} is in the order of the module's parts. */
  record Adapter(HubTensor module, int[] rows, Tensor a, List<Tensor> b) {}

  /** What stands beside one weight of the common layout: {@code a [r, in]}, {@code b [out, r]}. */
  record Low(Tensor a, Tensor b) {}

  private Adapters(LoraConfig config, Path base, @Nullable Path directory) {
    this.config = config;
    this.base = base;
    this.directory = directory;
  }

  /**
   * Fresh adapters, which change nothing yet: {@code A} uniform within {@code 1 / sqrt(in)}, as PEFT draws it, and
   * {@code B} zero.
   *
   * @param base directory of the model that they stand beside
   * @throws InputException if no module has one of the names of {@code config.targetModules()}
   */
  static Adapters fresh(ModelDescription description, Path base, LoraConfig config, long seed) {
    Map<String, long[]> layout = WeightLayout.backbone(description.shape());
    Adapters adapters = new Adapters(config, base, null);
    try (MemoryScope ignored = MemoryScope.open(); GradientScope paused = GradientScope.paused()) {
      for (HubTensor module : targets(description, config.targetModules())) {
        long inputs = layout.get(module.parts().getFirst())[1];
        Tensor a = ModelInit.uniform(new long[] {config.r(), inputs}, 1 / Math.sqrt(inputs),
            ModelInit.seedOf(seed, module.name()));
        List<Tensor> b = new ArrayList<>();
        for (int rows : module.rows(layout)) {
          b.add(Tensor.zeros(rows, config.r()));
        }
        adapters.add(module, module.rows(layout), a, b);
      }
    }
    return adapters;
  }

  static Adapters readFrom(Path directory, LoraConfig config, Path base) {
    return new Adapters(config, base, directory);
  }

  /** Where they were read; null if they are fresh. */
  @Nullable
  Path directory() {
    return directory;
  }

  /** Directory of the model that they stand beside: a whole one, or one of adapters with theirs. */
  Path base() {
    return base;
  }

  void add(HubTensor module, int[] rows, Tensor a, List<Tensor> b) {
    a.owned();
    b.forEach(Tensor::owned);
    byModule.put(moduleName(module), new Adapter(module, rows, a, b));
    for (int i = 0; i < b.size(); i++) {
      byWeight.put(module.parts().get(i), new Low(a, b.get(i)));
    }
  }

  /** Modules with projections, by the wanted ends of their names. */
  private static List<HubTensor> targets(ModelDescription description, List<String> wanted) {
    List<HubTensor> modules = projections(description);
    if (wanted.contains(LoraConfig.ALL_LINEAR)) {
      return modules;
    }
    for (String name : wanted) {
      if (modules.stream().noneMatch(module -> isCalled(module, name))) {
        TreeSet<String> known = new TreeSet<>();
        modules.forEach(module -> known.add(moduleName(module).replaceAll(".*\\.", "")));
        throw InputException.key("model.lora.target_modules", "'" + name + "' is no projection of a "
            + description.family().modelType() + " model, must be " + LoraConfig.ALL_LINEAR + " or among "
            + String.join(", ", known));
      }
    }
    return modules.stream().filter(module -> wanted.stream().anyMatch(name -> isCalled(module, name))).toList();
  }

  static List<HubTensor> projections(ModelDescription description) {
    return description.family().tensors(description.shape()).stream()
        .filter(tensor -> PARTS.stream().anyMatch(tensor.parts().getFirst()::endsWith)).toList();
  }

  static boolean isCalled(HubTensor module, String name) {
    return moduleName(module).equals(name) || moduleName(module).endsWith("." + name);
  }

  static String moduleName(HubTensor module) {
    return module.name().substring(0, module.name().length() - ".weight".length());
  }

  public LoraConfig config() {
    return config;
  }

  /** Every matrix that learns, by name. */
  public Map<String, Tensor> weights() {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    byModule.forEach((name, adapter) -> {
      weights.put(name + ".lora_A.weight", adapter.a());
      for (int i = 0; i < adapter.b().size(); i++) {
        weights.put(adapter.module().parts().get(i).replaceAll("weight$", "lora_B.weight"), adapter.b().get(i));
      }
    });
    return weights;
  }

  Map<String, Adapter> byModule() {
    return byModule;
  }

  /** {@code A} and {@code B} of each projection of a layer, in the kernels' order. */
  List<Tensor> ofLayer(int layer, Tensor absent) {
    List<Tensor> slots = new ArrayList<>();
    for (String part : PARTS) {
      Low low = byWeight.get(WeightLayout.layerWeight(layer, part));
      slots.add(low == null ? absent : low.a());
      slots.add(low == null ? absent : low.b());
    }
    return slots;
  }

  /** The weight with its adapter added, a new tensor of the current scope; the weight itself if it has none. */
  Tensor merged(String name, Tensor weight) {
    Low low = byWeight.get(name);
    if (low == null) {
      return weight;
    }
    try (GradientScope paused = GradientScope.paused()) {
      return Kernels.tensor("merge_adapter", weight, low.a(), low.b(), config.factor());
    }
  }

  @Override
  public void close() {
    weights().values().forEach(Tensor::close);
  }
}
