/**
 * {@code rlhf bench stream}: how fast a model travels from one JVM to another, beside plain sockets on the same
 * machine.
 *
 * <p>{@link io.rlhf4j.launcher.bench.stream.StreamCommand} starts two JVMs of
 * {@link io.rlhf4j.launcher.bench.stream.StreamPeer}, one of which hosts a role as {@code rlhf node} does; the other
 * calls it as the coordinator of PPO does.
 */
@NullMarked
package io.rlhf4j.launcher.bench.stream;

import org.jspecify.annotations.NullMarked;
