package io.rlhf4j.rpc;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import io.rlhf4j.trust.NodeTrust;
import io.rlhf4j.trust.Tls;

/** A node's certificates as gRPC wants them. */
final class Credentials {

  private Credentials() {}

  static ServerCredentials server(NodeTrust trust) {
    Tls tls = trust.tls();
    if (tls == null) {
      return InsecureServerCredentials.create();
    }
    return TlsServerCredentials.newBuilder().keyManager(tls.keyManagers()).trustManager(tls.trustManagers())
        .clientAuth(tls.mutual() ? TlsServerCredentials.ClientAuth.REQUIRE : TlsServerCredentials.ClientAuth.NONE)
        .build();
  }

  static ChannelCredentials client(NodeTrust trust) {
    Tls tls = trust.tls();
    return tls == null ? InsecureChannelCredentials.create() : TlsChannelCredentials.newBuilder()
        .keyManager(tls.keyManagers()).trustManager(tls.trustManagers()).build();
  }
}
