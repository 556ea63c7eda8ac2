package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.MessageColumnIO;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation.ListLogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;

/** Rows of a Parquet file as JSON, one row group in memory at a time. Lines are rows, counted from 1. */
final class ParquetRows {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private ParquetRows() {}

  /** @throws IOException if it is no Parquet file, or damaged */
  static void read(Path file, JsonRows.Handler handler) throws IOException {
    try (ParquetFileReader reader = ParquetFileReader.open(new LocalInputFile(file))) {
      MessageType schema = reader.getFooter().getFileMetaData().getSchema();
      MessageColumnIO columns = new ColumnIOFactory().getColumnIO(schema);
      long line = 0;
      for (PageReadStore pages = reader.readNextRowGroup(); pages != null; pages = reader.readNextRowGroup()) {
        RecordReader<Group> rows = columns.getRecordReader(pages, new GroupRecordConverter(schema));
        for (long i = 0; i < pages.getRowCount(); i++) {
          handler.accept(++line, object(rows.read(), schema));
        }
      }
    } catch (RuntimeException e) {
      if (e instanceof InputException) {
        throw e;
      }
      // The library reports damage by many kinds of unchecked exceptions.
      throw new IOException("it is no Parquet file, or damaged: " + e.getMessage(), e);
    }
  }

  private static ObjectNode object(Group group, GroupType type) {
    ObjectNode object = JSON.objectNode();
    for (int field = 0; field < type.getFieldCount(); field++) {
      Type of = type.getType(field);
      int count = group.getFieldRepetitionCount(field);
      if (of.isRepetition(Type.Repetition.REPEATED)) {
        ArrayNode values = object.putArray(of.getName());
        for (int i = 0; i < count; i++) {
          values.add(value(group, field, i, of));
        }
      } else if (count > 0) {
        object.set(of.getName(), value(group, field, 0, of));
      } else {
        object.putNull(of.getName());
      }
    }
    return object;
  }

  private static JsonNode value(Group group, int field, int index, Type type) {
    if (!type.isPrimitive()) {
      Group inner = group.getGroup(field, index);
      GroupType of = type.asGroupType();
      return of.getLogicalTypeAnnotation() instanceof ListLogicalTypeAnnotation ? list(inner, of) : object(inner, of);
    }
    return switch (type.asPrimitiveType().getPrimitiveTypeName()) {
      case BOOLEAN -> JSON.booleanNode(group.getBoolean(field, index));
      case INT32 -> JSON.numberNode(group.getInteger(field, index));
      case INT64 -> JSON.numberNode(group.getLong(field, index));
      case FLOAT -> JSON.numberNode(group.getFloat(field, index));
      case DOUBLE -> JSON.numberNode(group.getDouble(field, index));
      case BINARY, FIXED_LEN_BYTE_ARRAY, INT96 -> JSON.textNode(group.getBinary(field, index).toStringUsingUTF8());
    };
  }

  /** A list stands in a repeated group of its own, each element in the one field of that. */
  private static ArrayNode list(Group group, GroupType type) {
    ArrayNode values = JSON.arrayNode();
    Type repeated = type.getType(0);
    int count = group.getFieldRepetitionCount(0);
    for (int i = 0; i < count; i++) {
      if (repeated.isPrimitive()) {
        values.add(value(group, 0, i, repeated));
        continue;
      }
      Group item = group.getGroup(0, i);
      GroupType of = repeated.asGroupType();
      if (of.getFieldCount() != 1) {
        values.add(object(item, of));
      } else if (item.getFieldRepetitionCount(0) == 0) {
        values.addNull();
      } else {
        values.add(value(item, 0, 0, of.getType(0)));
      }
    }
    return values;
  }
}
