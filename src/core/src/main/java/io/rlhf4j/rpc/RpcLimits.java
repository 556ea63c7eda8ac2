package io.rlhf4j.rpc;

/**
 * What a peer may ask this process to hold.
 *
 * @param messageBytes one message
 * @param batchBytes all messages of one call's request together, bytes on the wire
 * @param modelFiles files in one model directory
 * @param modelBytes all files of one model directory together
 */
public record RpcLimits(int messageBytes, long batchBytes, int modelFiles, long modelBytes) {

  /** 4 MiB messages, 1 GiB requests, models of up to 1000 files and 1 TiB. */
  public static final RpcLimits DEFAULT = new RpcLimits(4 << 20, 1L << 30, 1000, 1L << 40);

  public RpcLimits {
    if (messageBytes < 2 * ModelFiles.CHUNK_BYTES) {
      throw new IllegalArgumentException("messages of " + messageBytes + " bytes cannot carry a model chunk");
    }
    if (batchBytes < 1 || modelFiles < 1 || modelBytes < 1) {
      throw new IllegalArgumentException("limits must be positive");
    }
  }
}
