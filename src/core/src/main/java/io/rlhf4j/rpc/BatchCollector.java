package io.rlhf4j.rpc;

import com.google.protobuf.MessageLite;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects one header and the announced number of items, within the limits. */
final class BatchCollector<Q, H, T> {

  private final BatchShape<Q, H, T> shape;
  private final long maxBytes;
  private final List<T> items = new ArrayList<>();
  private @Nullable H header;
  private int announced;
  private long bytes;

  BatchCollector(BatchShape<Q, H, T> shape, long maxBytes) {
    this.shape = shape;
    this.maxBytes = maxBytes;
  }

  void accept(Q message) {
    bytes += ((MessageLite) message).getSerializedSize();
    if (bytes > maxBytes) {
      throw new IllegalStateException("request is larger than " + maxBytes + " bytes");
    }
    boolean isHeader = shape.isHeader().test(message);
    if (isHeader != (header == null)) {
      throw new IllegalStateException(isHeader ? "request has two headers" : "request does not start with its header");
    }
    if (isHeader) {
      header = shape.header().apply(message);
      announced = shape.items().applyAsInt(header);
    } else if (items.size() == announced) {
      throw new IllegalStateException("request has more than the announced " + announced + " items");
    } else {
      items.add(shape.item().apply(message));
    }
  }

  H header() {
    if (header == null) {
      throw new IllegalStateException("request is empty");
    }
    return header;
  }

  /** All items; refuses a request that was cut short. */
  List<T> items() {
    if (items.size() != announced) {
      throw new IllegalStateException("request was cut short after " + items.size() + " of " + announced + " items");
    }
    return List.copyOf(items);
  }
}
