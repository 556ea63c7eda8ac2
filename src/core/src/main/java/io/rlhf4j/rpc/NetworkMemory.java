package io.rlhf4j.rpc;

import io.grpc.netty.shaded.io.netty.buffer.ByteBufAllocator;
import io.grpc.netty.shaded.io.netty.buffer.PooledByteBufAllocator;
import io.grpc.netty.shaded.io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.grpc.netty.shaded.io.netty.channel.RecvByteBufAllocator;

/**
 * Buffers of gRPC's connections. gRPC's own pool takes memory from the system in pieces of 2 MiB, and gives a piece
 * back whenever none of it is in use, which a stream of model chunks makes happen for every few chunks: new pages,
 * zeroed and touched for the first time, for each of them. A larger piece is not given back as long as less than a
 * quarter of it is in use, as is the case with {@link RpcChannel#WINDOW_BYTES} and {@link RpcChannel#AHEAD_BYTES}.
 */
final class NetworkMemory {

  private static final int PAGE_BYTES = 8 << 10;
  /** A piece has {@code PAGE_BYTES << ORDER} bytes, 16 MiB, of which the system gives what is touched. */
  private static final int ORDER = 11;
  private static final int READ_BYTES = 256 << 10;
  /** Freed buffers that an event loop keeps for itself, of each size; Netty's own numbers. */
  private static final int SMALL_KEPT = 256;
  private static final int NORMAL_KEPT = 64;

  /** Of all connections; one pool, because connections are few. */
  static final ByteBufAllocator ALLOCATOR =
      new PooledByteBufAllocator(true, 1, 1, PAGE_BYTES, ORDER, SMALL_KEPT, NORMAL_KEPT, false);

  private NetworkMemory() {}

  /** Reads of up to 256 KiB, less where less comes. */
  static RecvByteBufAllocator reads() {
    return new AdaptiveRecvByteBufAllocator(1024, 16 << 10, READ_BYTES);
  }
}
