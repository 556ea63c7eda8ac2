package io.rlhf4j.cluster;

/** Marks the messages that may leave this JVM; they are written as CBOR. All others stay inside. */
public interface ClusterMessage {}
