/**
 * Watches the metrics of a PPO run and says in one line what looks wrong and what to do about it.
 *
 * <p>Pure Java over numbers; the pipeline's observer calls it after each iteration, from one thread.
 * {@code src/docs/health.md} explains every signal.
 */
@NullMarked
package io.rlhf4j.launcher.health;

import org.jspecify.annotations.NullMarked;
