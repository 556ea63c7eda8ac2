/**
 * The coordinator as an actor: it feeds {@link io.rlhf4j.launcher.ppo.Iteration} with what happens and starts what it
 * asks for. Called by {@link io.rlhf4j.launcher.ppo.PpoRun} only. Its messages stay inside the JVM and may refer to
 * large objects; none of them can be serialised.
 */
@NullMarked
package io.rlhf4j.launcher.ppo.cluster;

import org.jspecify.annotations.NullMarked;
