package io.rlhf4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.config.DataFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rows damaged in many ways: each is used, or counted with a reason and its line. */
class PreferenceFuzzTest {

  private static final int ROWS = 10_000;

  private static final String[] SEEDS = {
      "{\"prompt\": \"q\", \"chosen\": \"yes\", \"rejected\": \"no\", \"margin\": 1}",
      "{\"prompt\": [{\"role\": \"user\", \"content\": \"q\"}], \"chosen\": [{\"role\": \"assistant\", \"content\": "
          + "\"yes\"}], \"rejected\": \"no\", \"chosen_score\": 4, \"rejected_score\": 1.5}",
      "{\"chosen\": \"\\n\\nHuman: a\\n\\nAssistant: b\", \"rejected\": \"\\n\\nHuman: a\\n\\nAssistant: c\"}",
      "{\"instruction\": \"q\", \"completions\": [{\"response\": \"x\", \"overall_score\": 1}, {\"response\": \"y\", "
          + "\"overall_score\": 2}]}",
      "{\"prompt\": \"q\", \"response\": \"a\", \"helpfulness\": 3}",
      "{\"prompt\": \"q\", \"response_1\": \"a\", \"response_2\": \"b\", \"preference_strength\": 1}",
      "{\"prompt\": \"q\", \"response\": \"b\", \"helpfulness\": 4}"};

  private static final String[] VALUES = {"null", "[]", "{}", "\"\"", "\" \"", "0", "-1e400", "1e99999", "NaN", "true",
      "[[]]", "[null]", "[{}]", "[{\"role\": 1}]", "[{\"role\": \"user\"}]", "\"\\ud800\"", "\"\\u0000\"",
      "[{\"role\": \"system\", \"content\": \"x\"}]", "{\"role\": \"user\"}", "99999999999999999999999999"};

  @TempDir
  private Path directory;

  @ParameterizedTest
  @EnumSource(DataFormat.class)
  void everyRowIsUsedOrCounted(DataFormat format) throws IOException {
    Random random = new Random(format.ordinal());
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.write((String.join("\n", SEEDS) + "\n").getBytes(StandardCharsets.UTF_8));
    // A row that each layout can use, so that there always is one.
    file.write((pair(format) + "\n" + pair(format).replace("\"a\"", "\"b\"").replace("3}", "4}") + "\n")
        .getBytes(StandardCharsets.UTF_8));
    for (int i = 0; i < ROWS; i++) {
      file.write(damaged(random));
      file.write('\n');
    }
    Path rows = Files.write(directory.resolve("rows.jsonl"), file.toByteArray());

    DataSet<PreferencePair> read = PreferenceReader.read(rows, format);

    List<Long> used = read.rows().stream().map(PreferencePair::line).distinct().toList();
    List<Long> skipped = read.skipped().lines().values().stream().flatMap(Collection::stream).toList();
    long lines = SEEDS.length + 2 + ROWS;
    assertThat(skipped).doesNotHaveDuplicates().allMatch(line -> line >= 1 && line <= lines);
    List<Long> accounted = Stream.concat(used.stream(), skipped.stream()).sorted().distinct().toList();
    if (format == DataFormat.HELPSTEER2) {
      // A pair has the line of its first row; the second is what is left, unless one row holds both answers.
      String[] text = file.toString(StandardCharsets.ISO_8859_1).split("\n");
      long seconds = used.stream().filter(line -> !text[(int) (line - 1)].contains("\"response_1\":")).count();
      assertThat(seconds).isPositive();
      assertThat(accounted).hasSize(used.size() + skipped.size()).hasSize((int) (lines - seconds));
    } else {
      assertThat(accounted).containsExactlyElementsOf(LongStream.rangeClosed(1, lines).boxed().toList());
    }
    assertThat(read.skipped().rows()).isEqualTo(lines);
  }

  private static String pair(DataFormat format) {
    return switch (format) {
      case ULTRAFEEDBACK -> SEEDS[3];
      case HELPSTEER2 -> SEEDS[4];
      case HH_RLHF -> SEEDS[2];
      case TOKENIZED -> "{\"chosen_ids\": [4, 5, 2], \"rejected_ids\": [4, 6, 2]}";
      case AUTO, STANDARD, XTUNER -> SEEDS[0];
      case ULTRAFEEDBACK_BINARIZED, ORPO_DPO_MIX, SKYWORK, PREFERENCE_MIXTURE2 -> """
          {"chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "yes"}], \
          "rejected": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "no"}]}""";
    };
  }

  /** No line breaks, and never nothing but blanks, which would be no row. */
  private static byte[] damaged(Random random) {
    String row = SEEDS[random.nextInt(SEEDS.length)];
    byte[] bytes = switch (random.nextInt(8)) {
      case 0 -> row.substring(0, 1 + random.nextInt(row.length() - 1)).getBytes(StandardCharsets.UTF_8);
      case 1 -> flipped(row, random);
      case 2 -> replaced(row, ":\\s*(\"[^\"]*\"|\\d+)", ": " + VALUES[random.nextInt(VALUES.length)], random);
      case 3 -> replaced(row, "\"\\w+\":", "\"other\":", random);
      case 4 -> row.replace("\"q\"", "\"" + "long ".repeat(2000) + "\"").getBytes(StandardCharsets.UTF_8);
      case 5 -> VALUES[random.nextInt(VALUES.length)].getBytes(StandardCharsets.UTF_8);
      case 6 -> ("[".repeat(1 + random.nextInt(1500)) + row).getBytes(StandardCharsets.UTF_8);
      default -> (row + row.substring(random.nextInt(row.length()))).getBytes(StandardCharsets.UTF_8);
    };
    return bytes;
  }

  private static byte[] flipped(String row, Random random) {
    byte[] bytes = row.getBytes(StandardCharsets.UTF_8);
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      byte value = (byte) random.nextInt(256);
      bytes[random.nextInt(bytes.length)] = value == '\n' || value == ' ' ? (byte) 0xC3 : value;
    }
    return bytes;
  }

  private static byte[] replaced(String row, String pattern, String with, Random random) {
    int skip = random.nextInt(4);
    var matcher = Pattern.compile(pattern).matcher(row);
    var out = new StringBuilder();
    for (int i = 0; matcher.find(); i++) {
      matcher.appendReplacement(out, i == skip ? Matcher.quoteReplacement(with) : "$0");
    }
    return matcher.appendTail(out).toString().getBytes(StandardCharsets.UTF_8);
  }
}
