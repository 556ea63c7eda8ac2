package io.rlhf4j.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.grpc.HasByteBuffer;
import io.rlhf4j.proto.v1.ModelChunk;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the wire form of a message that holds one model chunk and nothing else, and leaves the chunk's content in the
 * buffers of the network. Protobuf's own parser copies it, because its byte strings are arrays.
 */
final class ChunkReader {

  private static final int FILE = tag(ModelChunk.FILE_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
  private static final int OFFSET = tag(ModelChunk.OFFSET_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
  private static final int DATA = tag(ModelChunk.DATA_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  private static final int CRC32C = tag(ModelChunk.CRC32C_FIELD_NUMBER, WireFormat.WIRETYPE_FIXED32);
  private static final int FILE_CRC32 = tag(ModelChunk.FILE_CRC32_FIELD_NUMBER, WireFormat.WIRETYPE_FIXED32);

  /**
   * A chunk as it was read.
   *
   * @param fields all but its data
   * @param content its data, between position and limit of each part
   */
  record Read(ModelChunk fields, List<ByteBuffer> content) {}

  private final int chunk;

  /** @param field number of the field in which the message has its chunk */
  ChunkReader(int field) {
    this.chunk = tag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  }

  /** All fields of this contract have numbers so small that a tag is one byte. */
  private static int tag(int field, int type) {
    return field << 3 | type;
  }

  /**
   * @param message which knows its length and its buffers; the chunk's content stays in them
   * @return empty if the message is anything else than one chunk with known fields, which is for a parser to read
   */
  Optional<Read> read(InputStream message) throws IOException {
    if (message.read() != chunk || varint(message) != message.available()) {
      return Optional.empty();
    }
    ModelChunk.Builder fields = ModelChunk.newBuilder();
    List<ByteBuffer> content = new ArrayList<>();
    while (message.available() > 0) {
      int tag = message.read();
      if (tag == FILE) {
        fields.setFile((int) varint(message));
      } else if (tag == OFFSET) {
        fields.setOffset(varint(message));
      } else if (tag == CRC32C) {
        fields.setCrc32C(fixed32(message));
      } else if (tag == FILE_CRC32) {
        fields.setFileCrc32(fixed32(message));
      } else if (tag != DATA || !take(message, content)) {
        return Optional.empty();
      }
    }
    return Optional.of(new Read(fields.build(), content));
  }

  /** @return false if the data are not all there, or there twice */
  private static boolean take(InputStream message, List<ByteBuffer> content) throws IOException {
    long left = varint(message);
    if (left < 0 || left > message.available() || !content.isEmpty()) {
      return false;
    }
    while (left > 0) {
      ByteBuffer buffer = ((HasByteBuffer) message).getByteBuffer();
      if (buffer == null || !buffer.hasRemaining()) {
        return false;
      }
      ByteBuffer part = buffer.slice(buffer.position(), (int) Math.min(left, buffer.remaining()));
      content.add(part);
      message.skipNBytes(part.remaining());
      left -= part.remaining();
    }
    return true;
  }

  private static long varint(InputStream message) throws IOException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      int next = octet(message);
      value |= (long) (next & 0x7f) << shift;
      if (next < 0x80) {
        return value;
      }
    }
    throw new InvalidProtocolBufferException("a number has more than ten bytes");
  }

  private static int fixed32(InputStream message) throws IOException {
    int value = 0;
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      value |= octet(message) << shift;
    }
    return value;
  }

  private static int octet(InputStream message) throws IOException {
    int next = message.read();
    if (next < 0) {
      throw new InvalidProtocolBufferException("the message ends too early");
    }
    return next;
  }
}
