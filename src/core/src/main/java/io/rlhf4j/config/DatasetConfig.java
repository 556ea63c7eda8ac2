package io.rlhf4j.config;

import java.nio.file.Path;

/**
 * One of several preference files that are mixed.
 *
 * @param path the file
 * @param weight how often each row is used: 1 once, 0.5 half of the rows, 2.5 all rows twice and half of them a third
 *     time; test pairs are held out first
 * @param format layout of its rows, as data.format
 * @param fields names of its columns, as data.fields
 */
public record DatasetConfig(Path path, @Default("1.0") double weight, @Default("auto") DataFormat format,
    @Default("{}") FieldsConfig fields) {

  public DatasetConfig {
    Check.positive("weight", weight);
    checkFields(format, fields);
  }

  /** Column names belong to layouts that leave them open. */
  static void checkFields(DataFormat format, FieldsConfig fields) {
    Check.that(format.open() || fields.equals(FieldsConfig.standard()), "fields", "given",
        "left out with format: " + format.yamlName() + ", which has its own");
  }

  /** The file's name without its endings. */
  public String name() {
    return String.valueOf(path.getFileName()).replaceFirst("\\..*$", "");
  }
}
