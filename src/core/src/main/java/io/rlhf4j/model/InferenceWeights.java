package io.rlhf4j.model;

import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.InputException;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.model.family.PositionStyle.Rotary;
import io.rlhf4j.tensor.CpuFeatures;
import io.rlhf4j.tensor.Device;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.NativeObject;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model's weights as they are at one moment, rearranged for inference as {@code kernels/generate.py} describes. A
 * copy: until it is closed, the layers and the head are in memory twice, a third time after {@link #prepared}, in INT8
 * once and a quarter. Weights that change later do not reach it. The model must stay open; one thread at a time.
 */
public final class InferenceWeights implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(InferenceWeights.class);
  private static final AtomicBoolean SAID = new AtomicBoolean();
  /** A matrix's whole numbers reach from minus this to this. */
  private static final int LEVELS = 127;
  /** Of the machine's memory, what a copy in another order may take. */
  private static final double PREPARED_SHARE = 0.125;
  /** Where sums of products may overflow 16 bits. */
  private static final int SAFE_LEVELS = 63;

  private final Backbone backbone;
  private final boolean int8;
  private final List<Tensor> matrices;
  private final NativeObject packed;
  private List<Tensor> turns = List.of();
  private List<Tensor> prepared = List.of();
  private int preparedRows;
  private int positions;

  private InferenceWeights(Backbone backbone, Tensor head, InferencePrecision precision, boolean packHead) {
    this.backbone = backbone;
    KernelStyle style = backbone.style();
    int turned = backbone.config().positions() instanceof Rotary rotary ? rotary.size() : 0;
    int8 = precision == InferencePrecision.INT8;
    if (int8 && !Device.current().isCpu()) {
      throw new InputException("device " + Device.current() + ": INT8 is computed on cpu only; compute in fp32 there, "
          + "or give the role the device cpu");
    }
    try (GradientScope gradients = GradientScope.paused(); MemoryScope scope = MemoryScope.open()) {
      Tensor packedHead = packHead ? head : Tensor.of(new float[0], 0);
      packed = int8
          ? Kernels.object("packed_matrices", backbone.layers(), packedHead, turned, style.style(),
              CpuFeatures.sumsBytesExactly() ? LEVELS : SAFE_LEVELS)
          : Kernels.object("nothing_packed");
      matrices = owned(Kernels.tensors("decoding_weights", backbone.layers(), backbone.norm(), head, turned,
          style.style(), style.numbers(), int8));
    }
  }

  /** For sampling from a policy. */
  public static InferenceWeights of(CausalModel model, InferencePrecision precision) {
    return new InferenceWeights(model.backbone(), model.projection(), precision, true);
  }

  /** For reading hidden states; the head itself stays in fp32. */
  static InferenceWeights of(Backbone backbone, Tensor head, InferencePrecision precision) {
    return new InferenceWeights(backbone, head, precision, false);
  }

  /** Hidden states after the last norm at some rows of a packed batch, {@code [N] -> [N, H]}. */
  Tensor hidden(PackedBatch batch, Tensor rows) {
    int longest = backbone.requireFits(batch);
    KernelStyle style = backbone.style();
    return Kernels.tensor("last_hidden", batch.tokens(), batch.places(config().positions()), embeddings(), matrices,
        packed, turns(longest), style.style(), style.numbers(), style.windows(), style.tables(), batch.blocks(),
        batch.blockLengths(), batch.order(), rows, backbone.norm());
  }

  /**
   * Keys and values of a packed batch, {@code [T, 2 kv_heads, d]} of each layer in the current memory scope.
   *
   * @param recent the rows of which layers with a window keep them; empty for all
   */
  public List<Tensor> keysAndValues(PackedBatch batch, long[] recent) {
    int longest = backbone.requireFits(batch);
    KernelStyle style = backbone.style();
    return Kernels.tensors("keys_values", batch.tokens(), batch.places(config().positions()), embeddings(), matrices,
        packed, turns(longest), style.style(), style.numbers(), style.windows(), style.tables(), batch.blocks(),
        batch.blockLengths(), batch.order(), Tensor.of(recent, recent.length));
  }

  /** The model's shape. */
  public DecoderShape config() {
    return backbone.config();
  }

  /** The shape as the kernels take it. */
  public KernelStyle style() {
    return backbone.style();
  }

  /** The model's own, of tokens {@code [V, H]} and of positions, if those are learned. */
  public List<Tensor> embeddings() {
    return backbone.embeddings();
  }

  /** In the kernel's order. */
  public List<Tensor> matrices() {
    return matrices;
  }

  /** The kernel's INT8 matrices; an empty list in fp32. */
  public NativeObject packed() {
    return packed;
  }

  /**
   * The fp32 matrices once more, in the order in which products of so many rows read them fastest; empty in INT8,
   * where libtorch knows no such order, and where the copy would take more than an eighth of the machine's memory.
   * Valid until the next call.
   */
  public List<Tensor> prepared(int rows) {
    if (rows != preparedRows && !int8 && Device.current().isCpu() && mayPrepare()) {
      prepared.forEach(Tensor::close);
      prepared = List.of();
      try (MemoryScope scope = MemoryScope.open()) {
        prepared = owned(Kernels.tensors("prepared_matrices", matrices, rows));
        preparedRows = rows;
      }
    }
    return prepared;
  }

  /** Of the fp32 matrices, without biases and norms. */
  long matrixBytes() {
    return matrices.stream().filter(matrix -> matrix.shape().length == 2).mapToLong(Tensor::count).sum() * Float.BYTES;
  }

  private boolean mayPrepare() {
    boolean worth = worthPreparing(matrixBytes(), MachineMemory.bytes());
    if (!worth && !SAID.getAndSet(true)) {
      LOG.info(
          "sampling without a copy of the matrices in MKL's order: {} MB are more than an eighth of the machine's {} MB",
          matrixBytes() >> 20, MachineMemory.bytes() >> 20);
    }
    return worth;
  }

  /** The machine's size and not what is free decides, so that a run repeats its results bit for bit. */
  static boolean worthPreparing(long bytes, long machineBytes) {
    return bytes <= machineBytes * PREPARED_SHARE;
  }

  /** Rotary turns of at least this many positions, {@code [positions, d/2, 2]} for each table, until the next call. */
  public List<Tensor> turns(int wanted) {
    if (wanted > positions) {
      try (MemoryScope scope = MemoryScope.open()) {
        List<Tensor> made = owned(
            Kernels.tensors("decoding_turns", backbone.rotary(wanted), backbone.config().headSize()));
        turns.forEach(Tensor::close);
        turns = made;
        positions = wanted;
      }
    }
    return turns;
  }

  private static List<Tensor> owned(List<Tensor> tensors) {
    List<Tensor> owned = new ArrayList<>(tensors);
    owned.forEach(Tensor::owned);
    return List.copyOf(owned);
  }

  @Override
  public void close() {
    matrices.forEach(Tensor::close);
    turns.forEach(Tensor::close);
    prepared.forEach(Tensor::close);
    packed.close();
  }
}
