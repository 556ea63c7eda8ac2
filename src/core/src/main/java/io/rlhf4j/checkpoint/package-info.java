/**
 * States to resume from, as directories that are complete or not there at all.
 *
 * <p>{@link io.rlhf4j.checkpoint.CheckpointStore} writes and finds them for every stage that can be resumed. What a
 * checkpoint holds is its writer's business. One process writes a store; others may read it.
 *
 * <pre>{@code
 * CheckpointStore store = new CheckpointStore(run.checkpoints(), 3);
 * store.write(12, hash, directory -> actor.checkpoint(directory.resolve("actor")));
 * Optional<Checkpoint> newest = store.newest(warning -> LOG.warn(warning));
 * }</pre>
 */
@NullMarked
package io.rlhf4j.checkpoint;

import org.jspecify.annotations.NullMarked;
