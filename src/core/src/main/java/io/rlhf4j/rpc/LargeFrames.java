package io.rlhf4j.rpc;

import io.grpc.ChannelCredentials;
import io.grpc.ServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.shaded.io.grpc.netty.InternalNettyChannelCredentials;
import io.grpc.netty.shaded.io.grpc.netty.InternalNettyServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandler;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.WriteBufferWaterMark;
import io.grpc.netty.shaded.io.netty.handler.codec.ByteToMessageDecoder;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Exception;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2FrameListener;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Settings;
import io.grpc.netty.shaded.io.netty.util.AsciiString;

/**
 * HTTP/2 connections on which a model chunk travels in one frame. By itself gRPC allows its peers the least that
 * HTTP/2 knows, 16 KiB, hands 64 KiB at a time to the system, and copies what it has read whenever a frame ends in the
 * middle of it.
 *
 * <p>gRPC has no option for any of this. Its negotiation of a connection, whose types it calls internal, hands out the
 * handler that has: see that they are still there when its version changes.
 */
final class LargeFrames {

  /** What a peer may send as one frame: a chunk with its fields. */
  static final int BYTES = ModelFiles.CHUNK_BYTES + (16 << 10);

  /** How much the system is offered at once. */
  static final WriteBufferWaterMark OFFERED =
      new WriteBufferWaterMark(ModelFiles.CHUNK_BYTES, RpcChannel.AHEAD_BYTES);

  private LargeFrames() {}

  static ServerCredentials with(ServerCredentials credentials) {
    InternalProtocolNegotiator.ServerFactory usual = InternalNettyServerCredentials.toNegotiator(credentials);
    InternalProtocolNegotiator.ServerFactory negotiators = pool -> new Negotiator(usual.newNegotiator(pool));
    return InternalNettyServerCredentials.create(negotiators);
  }

  static ChannelCredentials with(ChannelCredentials credentials) {
    InternalProtocolNegotiator.ClientFactory usual = InternalNettyChannelCredentials.toNegotiator(credentials);
    return InternalNettyChannelCredentials.create(new InternalProtocolNegotiator.ClientFactory() {
      @Override
      public InternalProtocolNegotiator.ProtocolNegotiator newNegotiator() {
        return new Negotiator(usual.newNegotiator());
      }

      @Override
      public int getDefaultPort() {
        return usual.getDefaultPort();
      }
    });
  }

  private record Negotiator(InternalProtocolNegotiator.ProtocolNegotiator usual)
      implements InternalProtocolNegotiator.ProtocolNegotiator {

    @Override
    public AsciiString scheme() {
      return usual.scheme();
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler connection) {
      connection.setCumulator(ByteToMessageDecoder.COMPOSITE_CUMULATOR);
      connection.decoder().frameListener(new Announcement(connection.decoder().frameListener(), connection.encoder()));
      return usual.newHandler(connection);
    }

    @Override
    public void close() {
      usual.close();
    }
  }

  /** Tells the peer how large frames may be, once it has told its own settings. */
  private static final class Announcement extends Http2FrameListenerDecorator {

    private final Http2ConnectionEncoder encoder;
    private boolean made;

    Announcement(Http2FrameListener usual, Http2ConnectionEncoder encoder) {
      super(usual);
      this.encoder = encoder;
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings) throws Http2Exception {
      super.onSettingsRead(context, settings);
      if (!made) {
        made = true;
        encoder.writeSettings(context, new Http2Settings().maxFrameSize(BYTES), context.newPromise());
        context.flush();
      }
    }
  }
}
