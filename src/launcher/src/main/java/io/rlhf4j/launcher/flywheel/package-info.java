/**
 * The flywheel: rounds of sampling, rewarding, selecting and training, each from the best model so far.
 *
 * <p>{@link io.rlhf4j.launcher.flywheel.Flywheel} runs the stages of {@code launcher.stage} one after the other in a
 * directory for each round; they ask models in this JVM or the role services of a cluster. Whatever is interrupted goes
 * on at the stage that was running. One thread at a time.
 */
@NullMarked
package io.rlhf4j.launcher.flywheel;

import org.jspecify.annotations.NullMarked;
