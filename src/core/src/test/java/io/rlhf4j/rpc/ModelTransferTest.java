package io.rlhf4j.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.rlhf4j.config.InputException;
import io.rlhf4j.proto.v1.ModelChunk;
import io.rlhf4j.proto.v1.ModelFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelTransferTest {

  @TempDir
  Path directory;

  private Path source;
  private Path target;

  @BeforeEach
  void makeModel() throws IOException {
    source = Files.createDirectories(directory.resolve("source"));
    target = directory.resolve("received/model");
    byte[] weights = new byte[2 * ModelFiles.CHUNK_BYTES + 123];
    new Random(5).nextBytes(weights);
    Files.write(source.resolve("model.safetensors"), weights);
    Files.createFile(source.resolve("a-empty.txt"));
    Files.createFile(source.resolve("z-empty.txt"));
    Files.createDirectories(source.resolve("nested/deeper"));
    Files.writeString(source.resolve("nested/deeper/config.json"), "{}");
  }

  @Test
  void aDirectoryArrivesAsItWas() throws IOException {
    List<ModelFile> files = ModelFiles.in(source);
    try (ModelReceiver receiver = new ModelReceiver(target, files, RpcLimits.DEFAULT)) {
      for (ModelChunk chunk : chunks(files)) {
        assertThat(chunk.getData().size()).isBetween(1, 524_288);
        receiver.accept(chunk, List.of());
      }
      assertThat(target).doesNotExist();
      receiver.finish();
    }
    assertThat(target.resolve("model.safetensors")).hasSameBinaryContentAs(source.resolve("model.safetensors"));
    assertThat(ModelFiles.in(target)).isEqualTo(files).extracting(ModelFile::getName)
        .containsExactly("a-empty.txt", "model.safetensors", "nested/deeper/config.json", "z-empty.txt");
    assertThat(leftovers()).containsExactly("model");
  }

  @Test
  void anAbandonedTransferLeavesNothing() throws IOException {
    List<ModelFile> files = ModelFiles.in(source);
    try (ModelReceiver receiver = new ModelReceiver(target, files, RpcLimits.DEFAULT)) {
      receiver.accept(chunks(files).getFirst(), List.of());
    }
    assertThat(leftovers()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x", "a/../../x", "/etc/passwd", "", "a//b", "./x", "a/", "C:x", "..\\x", "a\nb", ".."})
  void namesThatLeaveTheDirectoryAreRefused(String name) {
    assertThatThrownBy(() -> new ModelReceiver(target, List.of(file(name, 1)), RpcLimits.DEFAULT).close())
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("plain relative path")
        .hasMessageNotContaining("\n");
    assertThat(target.getParent()).doesNotExist();
  }

  @Test
  void tooManyOrTooLargeFilesAreRefused() {
    RpcLimits limits = new RpcLimits(4 << 20, 1 << 20, 2, 100);
    assertThatThrownBy(() -> new ModelReceiver(target, List.of(file("a", 1), file("b", 1), file("c", 1)), limits)
        .close()).hasMessage("model has 3 files, must be 1 to 2");
    assertThatThrownBy(() -> new ModelReceiver(target, List.of(file("a", 60), file("b", 41)), limits).close())
        .hasMessage("model is larger than 100 bytes");
    assertThatThrownBy(() -> new ModelReceiver(target, List.of(file("a", Long.MAX_VALUE), file("b", 1)), limits)
        .close()).hasMessage("model is larger than 100 bytes");
    assertThatThrownBy(() -> new ModelReceiver(target, List.of(file("a", 1), file("a", 1)), limits).close())
        .hasMessage("model file a is listed twice");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1000, ModelFiles.CHUNK_BYTES - 1})
  void aFlippedBitIsRefusedWithItsChunk(int at) throws IOException {
    List<ModelFile> files = ModelFiles.in(source);
    List<ModelChunk> chunks = chunks(files);
    byte[] damaged = chunks.get(1).getData().toByteArray();
    damaged[at] ^= 1;
    try (ModelReceiver receiver = new ModelReceiver(target, files, RpcLimits.DEFAULT)) {
      receiver.accept(chunks.getFirst(), List.of());
      ModelChunk changed = chunks.get(1).toBuilder().setData(ByteString.copyFrom(damaged)).build();
      assertThatThrownBy(() -> receiver.accept(changed, List.of()))
          .hasMessage(
              "model file model.safetensors arrived damaged: a checksum of 524288 bytes from byte 524288 differs");
    }
    assertThat(target).doesNotExist();
    assertThat(leftovers()).isEmpty();
  }

  /** As chunks come from the network: in pieces that belong to others, outside the heap. */
  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 16_384, ModelFiles.CHUNK_BYTES - 1})
  void contentInPiecesIsCheckedAndWritten(int damaged) throws IOException {
    List<ModelFile> files = ModelFiles.in(source);
    try (ModelReceiver receiver = new ModelReceiver(target, files, RpcLimits.DEFAULT)) {
      for (ModelChunk chunk : chunks(files)) {
        byte[] content = chunk.getData().toByteArray();
        if (damaged >= 0 && chunk.getOffset() == 0 && content.length > 1000) {
          content[damaged] ^= 64;
          assertThatThrownBy(() -> receiver.accept(chunk.toBuilder().clearData().build(), pieces(content)))
              .hasMessageContaining("model.safetensors arrived damaged");
          return;
        }
        receiver.accept(chunk.toBuilder().clearData().build(), pieces(content));
      }
      receiver.finish();
    }
    assertThat(target.resolve("model.safetensors")).hasSameBinaryContentAs(source.resolve("model.safetensors"));
  }

  private static List<ByteBuffer> pieces(byte[] content) {
    List<ByteBuffer> pieces = new ArrayList<>();
    for (int at = 0; at < content.length; at += 16_384) {
      int length = Math.min(16_384, content.length - at);
      pieces.add(ByteBuffer.allocateDirect(length).put(content, at, length).flip().asReadOnlyBuffer());
    }
    return pieces;
  }

  /** A chunk that is whole in itself, but not the one that belongs there: only the checksum of the file tells. */
  @Test
  void aChunkInThePlaceOfAnotherIsRefused() throws IOException {
    List<ModelFile> files = ModelFiles.in(source);
    List<ModelChunk> chunks = chunks(files);
    ModelChunk second = chunks.get(1);
    try (ModelReceiver receiver = new ModelReceiver(target, files, RpcLimits.DEFAULT)) {
      assertThatThrownBy(() -> receiver.accept(second.toBuilder().setOffset(0).build(), List.of()))
          .hasMessageContaining("arrived damaged");
    }
    try (ModelReceiver receiver = new ModelReceiver(target, files, RpcLimits.DEFAULT)) {
      receiver.accept(chunks.getFirst(), List.of());
      assertThatThrownBy(() -> receiver.accept(second.toBuilder().setCrc32C(second.getCrc32C() + 1).build(), List.of()))
          .hasMessageContaining("arrived damaged");
    }
  }

  /** CRC-32C of the nine digits is e3069283, their CRC-32 is cbf43926: the check values of both standards. */
  @Test
  void chunksCarryBothStandardChecksums() throws IOException {
    Path digits = Files.createDirectories(directory.resolve("digits"));
    Files.writeString(digits.resolve("a"), "123456789");
    try (ModelChunks chunks = new ModelChunks(digits, ModelFiles.in(digits))) {
      ModelChunk chunk = chunks.next();
      assertThat(chunk.getCrc32C()).isEqualTo(0xe3069283);
      assertThat(chunk.getFileCrc32()).isEqualTo(0xcbf43926);
      assertThat(chunks.hasNext()).isFalse();
    }
  }

  @Test
  void gapsCutsAndSurplusAreRefused() throws IOException {
    List<ModelFile> files = ModelFiles.in(source);
    List<ModelChunk> chunks = chunks(files);
    try (ModelReceiver receiver = new ModelReceiver(target, files, RpcLimits.DEFAULT)) {
      receiver.accept(chunks.getFirst(), List.of());
      assertThatThrownBy(() -> receiver.accept(chunks.get(2), List.of()))
          .hasMessageContaining("does not follow byte 524288");
      assertThatThrownBy(() -> receiver.accept(chunks.get(3), List.of())).hasMessageContaining("does not follow");
      assertThatThrownBy(() -> receiver.accept(chunks.getFirst(), List.of())).hasMessageContaining("does not follow");
      byte[] tooMuch = new byte[ModelFiles.CHUNK_BYTES + 1];
      assertThatThrownBy(
          () -> receiver.accept(chunks.get(1).toBuilder().setData(ByteString.copyFrom(tooMuch)).build(), List.of()))
          .hasMessageContaining("with 524289 bytes does not follow");
      assertThatThrownBy(receiver::finish).hasMessage(
          "model file model.safetensors was cut short: 524288 of 1048699 bytes");
    }
    assertThat(target).doesNotExist();
  }

  @Test
  void aFileThatShrinksWhileItIsSentEndsTheTransfer() throws IOException {
    List<ModelFile> files = ModelFiles.in(source);
    Files.write(source.resolve("model.safetensors"), new byte[1000]);
    assertThatThrownBy(() -> chunks(files)).hasMessageContaining("model.safetensors became shorter while it was sent");
  }

  @Test
  void aFirstChunkForNoFileIsRefused() throws IOException {
    List<ModelFile> files = ModelFiles.in(source);
    try (ModelReceiver receiver = new ModelReceiver(target, files, RpcLimits.DEFAULT)) {
      ModelChunk nowhere = ModelChunk.newBuilder().setFile(-1).setData(ByteString.copyFromUtf8("x")).build();
      assertThatThrownBy(() -> receiver.accept(nowhere, List.of())).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> receiver.accept(nowhere.toBuilder().setFile(99).build(), List.of()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aMissingOrEmptyModelDirectoryIsAnInputError() throws IOException {
    Path empty = Files.createDirectory(directory.resolve("empty"));
    assertThatThrownBy(() -> ModelFiles.in(empty)).isInstanceOf(InputException.class).hasMessageContaining("is empty");
    assertThatThrownBy(() -> ModelFiles.in(directory.resolve("absent"))).isInstanceOf(InputException.class)
        .hasMessageContaining("is not a directory");
  }

  private static ModelFile file(String name, long size) {
    return ModelFile.newBuilder().setName(name).setSizeBytes(size).build();
  }

  private List<ModelChunk> chunks(List<ModelFile> files) throws IOException {
    List<ModelChunk> all = new ArrayList<>();
    try (ModelChunks chunks = new ModelChunks(source, files)) {
      // The next chunk comes in the buffer of this one.
      chunks.forEachRemaining(chunk -> all.add(chunk.toBuilder().setData(
          ByteString.copyFrom(chunk.getData().toByteArray())).build()));
    }
    return all;
  }

  private List<String> leftovers() throws IOException {
    try (var paths = Files.list(target.getParent())) {
      return paths.map(path -> path.getFileName().toString()).toList();
    }
  }
}
