/**
 * The reward stage: losses, trainer, scorers and evaluation.
 *
 * <p>Plain Java objects that need no network; the packages {@code rpc} and {@code cluster} below expose them.
 */
@NullMarked
package io.rlhf4j.reward;

import org.jspecify.annotations.NullMarked;
