package io.rlhf4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeviceTest {

  /** Makes something from nothing, and Java moves it where it is wanted, or nobody reads it. */
  private static final Set<String> IN_MAIN_MEMORY =
      Set.of("rotary_frequencies", "nf4_tables", "zero_", "follow_", "carries_gradient", "sgd_", "rmsprop_", "adagrad_",
          "lion_", "adafactor_", "adafactor_vectors_", "adamw_8bit_", "lion_8bit_", "moment_levels", "_level_cells");

  private static final Pattern CREATION = Pattern.compile(
      "torch\\.(zeros|ones|full|empty|arange|linspace|logspace|eye|tensor|scalar_tensor|rand\\w*|normal|from_file)\\(");

  @AfterEach
  void back() {
    Device.CPU.use();
  }

  @Test
  void aDeviceThatIsNotThereIsRefusedWithThoseThatAre() {
    assertThat(Device.named("--device", "cpu")).isEqualTo(Device.CPU);
    assertThatThrownBy(() -> Device.named("--device", "cuda:63")).isInstanceOf(InputException.class)
        .hasMessage("--device: is cuda:63, must be a device that libtorch finds on this machine: "
            + String.join(", ", Device.present()));
    assertThatThrownBy(() -> Device.named("devices.actor", "gpu0")).isInstanceOf(InputException.class)
        .hasMessage("devices.actor: is gpu0, must be cpu, cuda or cuda:N");
    assertThat(Device.present()).startsWith("cpu");
  }

  @Test
  void whatJavaMakesIsOnTheDeviceOfItsThread() throws InterruptedException {
    new Device("meta", 0).use();
    List<Boolean> elsewhere = new ArrayList<>();
    Thread other = new Thread(() -> {
      try (MemoryScope ignored = MemoryScope.open()) {
        elsewhere.add(Tensor.of(new float[] {1}, 1).isInMainMemory());
      }
    });
    other.start();
    other.join();
    try (MemoryScope ignored = MemoryScope.open()) {
      assertThat(List.of(Tensor.of(new float[] {1}, 1), Tensor.of(new long[] {1}, 1), Tensor.zeros(2, 2),
          Tensor.scalar(2), Tensor.empty(ElementType.INT64, 3))).noneMatch(Tensor::isInMainMemory);
      assertThat(Tensor.inMainMemory(ElementType.FLOAT32, 2).isInMainMemory()).isTrue();
      assertThatThrownBy(() -> Tensor.zeros(2).buffer()).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> Tensor.zeros(2).toFloats()).isInstanceOf(KernelException.class)
          .hasMessageContaining("meta");
    }
    assertThat(elsewhere).containsExactly(true);
  }

  /** Those whose operators have a meta form outside Python, which most have not. */
  @Test
  void kernelsStayWhereTheirInputsAre() {
    new Device("meta", 0).use();
    try (MemoryScope ignored = MemoryScope.open()) {
      Tensor x = Tensor.zeros(3);
      List<Tensor> results = new ArrayList<>(Kernels.tensors("value_loss", x, x, x, 0.0, 3.0));
      results.add(Kernels.tensor("scatter_rows", Tensor.zeros(2, 4), Tensor.of(new long[] {1, 2}, 2), 5));
      results.add(Kernels.tensor("logits", Tensor.zeros(3, 4), Tensor.zeros(7, 4), 0.0));
      results.add(Kernels.tensor("global_norm", List.of(Tensor.zeros(2, 4))));
      results.add(Kernels.tensor("new_cache", 1, 2, 1, 4, 8, x));
      assertThat(results).hasSize(6).noneMatch(Tensor::isInMainMemory);
      assertThatThrownBy(() -> Kernels.tensor("add", x, Tensor.inMainMemory(ElementType.FLOAT32, 3)))
          .isInstanceOf(KernelException.class).hasMessageContaining("two devices, meta and cpu");
    }
  }

  /** A tensor that a kernel makes without saying where would be in main memory, whatever the kernel's inputs are. */
  @Test
  void kernelsMakeNothingWithoutSayingWhere() {
    List<String> silent = new ArrayList<>();
    String function = "";
    int creations = 0;
    for (String line : KernelSource.readAll(KernelSource.WITH_MKL).lines().toList()) {
      if (line.startsWith("def ")) {
        function = line.substring(4, line.indexOf('('));
      }
      String code = line.replaceFirst("#.*", "");
      Matcher creation = CREATION.matcher(code);
      while (creation.find()) {
        creations++;
        if (!code.contains("device=") && !code.contains("prim.device(") && !IN_MAIN_MEMORY.contains(function)) {
          silent.add(function + ": " + line.strip());
        }
      }
    }
    assertThat(creations).isGreaterThan(5);
    assertThat(silent).isEmpty();
  }
}
