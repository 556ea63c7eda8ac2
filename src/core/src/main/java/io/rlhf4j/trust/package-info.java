/**
 * What protects the wire between nodes: certificates and a shared token, read from files and checked before anything
 * listens. {@link io.rlhf4j.rpc} and {@link io.rlhf4j.cluster} build their connections on it. Everything here is
 * immutable and may be used from any thread.
 *
 * <pre>{@code
 * NodeTrust trust = NodeTrust.load(config.security());
 * trust.requireFor(config.host());
 * }</pre>
 */
@NullMarked
package io.rlhf4j.trust;

import org.jspecify.annotations.NullMarked;
