package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.rlhf4j.telemetry.PeakMemory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What loading a file takes, in a file with holes that takes no room on disk. The long form is
 * {@code -Drlhf4j.load.mebibytes=2150}: more than 2 GiB, nearly all in one tensor.
 */
class LargeFileTest {

  private static final long MEBIBYTES = Long.getLong("rlhf4j.load.mebibytes", 160);
  private static final int HIDDEN = 1024;
  private static final long VOCABULARY = (MEBIBYTES << 20) / Float.BYTES / HIDDEN;
  /** Room for the Java heap and for a layer; far less than a second copy of the large tensor. */
  private static final long NOISE_BYTES = 64L << 20;

  @TempDir
  private Path folder;

  @Test
  void isLoadedWithoutHoldingItTwice() throws IOException {
    assumeThat(PeakMemory.residentBytes()).as("the system says how much memory is held").isPresent();
    Files.writeString(folder.resolve("config.json"), """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": %d, "hidden_size": %d,
         "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 16, "num_key_value_heads": 16,
         "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "max_position_embeddings": 128, "hidden_act": "silu",
         "tie_word_embeddings": true, "torch_dtype": "float32"}
        """.formatted(VOCABULARY, HIDDEN));
    long bytes = writeZeros(folder.resolve("model.safetensors"));
    // libtorch itself and the kernels are part of the process before.
    CausalModel.random(new LlamaConfig(50, 16, 24, 1, 4, 2, 4, 1e-5, 10_000, 64, true), 0.1, 3).close();
    long before = PeakMemory.residentBytes().orElseThrow();
    PeakMemory.restart();
    try (CausalModel model = CausalModel.load(folder)) {
      long taken = PeakMemory.bytes().orElseThrow() - before;
      assertThat(model.projection().shape()).containsExactly(VOCABULARY, HIDDEN);
      if (MEBIBYTES >= 1024) {
        System.out.printf("a file of %d MB: loading took %d MB%n", bytes >> 20, taken >> 20);
      }
      assertThat(taken).isBetween(bytes - NOISE_BYTES, bytes + NOISE_BYTES);
    }
  }

  private static long writeZeros(Path file) throws IOException {
    List<String> entries = new ArrayList<>();
    long end = 0;
    for (Map.Entry<String, long[]> tensor : tensors().entrySet()) {
      long elements = 1;
      List<String> sizes = new ArrayList<>();
      for (long size : tensor.getValue()) {
        elements *= size;
        sizes.add(Long.toString(size));
      }
      entries.add("\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%d,%d]}".formatted(tensor.getKey(),
          String.join(",", sizes), end, end + elements * Float.BYTES));
      end += elements * Float.BYTES;
    }
    byte[] header = ("{" + String.join(",", entries) + "}").getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
      out.write(header);
      out.setLength(Long.BYTES + header.length + end);
    }
    return end;
  }

  private static Map<String, long[]> tensors() {
    Map<String, long[]> tensors = new LinkedHashMap<>();
    tensors.put("model.embed_tokens.weight", new long[] {VOCABULARY, HIDDEN});
    tensors.put("model.norm.weight", new long[] {HIDDEN});
    String layer = "model.layers.0.";
    tensors.put(layer + "input_layernorm.weight", new long[] {HIDDEN});
    tensors.put(layer + "post_attention_layernorm.weight", new long[] {HIDDEN});
    for (String part : List.of("q", "k", "v", "o")) {
      tensors.put(layer + "self_attn." + part + "_proj.weight", new long[] {HIDDEN, HIDDEN});
    }
    tensors.put(layer + "mlp.gate_proj.weight", new long[] {64, HIDDEN});
    tensors.put(layer + "mlp.up_proj.weight", new long[] {64, HIDDEN});
    tensors.put(layer + "mlp.down_proj.weight", new long[] {HIDDEN, 64});
    return tensors;
  }
}
