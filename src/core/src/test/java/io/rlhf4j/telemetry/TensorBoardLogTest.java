package io.rlhf4j.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads event files back by the format's description, checksums included. */
class TensorBoardLogTest {

  private static final Clock NOON = Clock.fixed(Instant.ofEpochMilli(1_700_000_000_500L), ZoneOffset.UTC);

  @TempDir
  private Path directory;

  @Test
  void scalarsAreReadBack() throws IOException {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("kl", 0.25);
    values.put("score_mean", -3.5);
    try (TensorBoardLog log = TensorBoardLog.open(directory, NOON)) {
      log.scalars("ppo", 1, values);
      log.scalars("ppo", 300, Map.of("kl", Double.NaN));
    }
    Path file = directory.resolve("events.out.tfevents.1700000000500.rlhf4j");
    List<byte[]> records = records(Files.readAllBytes(file));

    assertThat(records).hasSize(3);
    assertThat(fields(records.get(0)).get(3)).isEqualTo(List.of("brain.Event:2"));
    Map<Integer, List<Object>> first = fields(records.get(1));
    assertThat(first.get(1)).containsExactly(1_700_000_000.5);
    assertThat(first.get(2)).containsExactly(1L);
    assertThat(tags(first)).containsExactly("ppo/kl=0.25", "ppo/score_mean=-3.5");
    Map<Integer, List<Object>> second = fields(records.get(2));
    assertThat(second.get(2)).containsExactly(300L);
    assertThat(tags(second)).containsExactly("ppo/kl=NaN");
  }

  @Test
  void theFileIsTheOneThatTheReferenceImplementationWrites() throws IOException {
    ByteArrayOutputStream golden = new ByteArrayOutputStream();
    try (var in = TensorBoardLogTest.class.getResourceAsStream("/golden/tensorboard.tfevents")) {
      in.transferTo(golden);
    }
    List<byte[]> records = records(golden.toByteArray());
    try (TensorBoardLog log = TensorBoardLog.open(directory, NOON)) {
      log.scalars("ppo", 7, Map.of("kl", 1.5));
    }
    List<byte[]> own = records(Files.readAllBytes(directory.resolve("events.out.tfevents.1700000000500.rlhf4j")));

    assertThat(own.getLast()).containsExactly(records.getLast());
  }

  @Test
  void metricsGoToBothFiles() throws IOException {
    try (MetricsLog log = MetricsLog.open(directory.resolve("metrics.jsonl"), directory.resolve("tensorboard"))) {
      log.log("sft", 1, Map.of("loss", 2.5));
    }
    assertThat(directory.resolve("metrics.jsonl")).content().contains("\"loss\":2.5");
    try (var files = Files.list(directory.resolve("tensorboard"))) {
      List<byte[]> records = records(Files.readAllBytes(files.toList().getFirst()));
      assertThat(tags(fields(records.getLast()))).containsExactly("sft/loss=2.5");
    }
  }

  private static List<String> tags(Map<Integer, List<Object>> event) {
    List<String> tags = new ArrayList<>();
    fields(bytes(event.get(5).getFirst())).get(1).forEach(value -> {
      Map<Integer, List<Object>> one = fields(bytes(value));
      tags.add(one.get(1).getFirst() + "=" + one.get(2).getFirst());
    });
    return tags;
  }

  private static byte[] bytes(Object text) {
    return ((String) text).getBytes(StandardCharsets.ISO_8859_1);
  }

  private static List<byte[]> records(byte[] file) {
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> records = new ArrayList<>();
    while (in.hasRemaining()) {
      byte[] length = new byte[8];
      in.get(length);
      assertThat(in.getInt()).isEqualTo(masked(length));
      byte[] record = new byte[(int) ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong()];
      in.get(record);
      assertThat(in.getInt()).isEqualTo(masked(record));
      records.add(record);
    }
    return records;
  }

  private static int masked(byte[] data) {
    CRC32C crc = new CRC32C();
    crc.update(data);
    long value = crc.getValue();
    return (int) (((value >>> 15) | (value << 17)) + 0xa282ead8L);
  }

  /** Protobuf fields by number: varints as long, doubles and floats, everything else as Latin-1 text. */
  private static Map<Integer, List<Object>> fields(byte[] message) {
    ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    Map<Integer, List<Object>> fields = new LinkedHashMap<>();
    while (in.hasRemaining()) {
      long key = varint(in);
      Object value = switch ((int) (key & 7)) {
        case 0 -> varint(in);
        case 1 -> in.getDouble();
        case 5 -> in.getFloat();
        default -> {
          byte[] content = new byte[(int) varint(in)];
          in.get(content);
          yield new String(content, StandardCharsets.ISO_8859_1);
        }
      };
      fields.computeIfAbsent((int) (key >>> 3), number -> new ArrayList<>()).add(value);
    }
    return fields;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0;; shift += 7) {
      byte next = in.get();
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }
}
