/**
 * The policy role: rollouts, supervised fine-tuning and the PPO policy update.
 *
 * <p>Plain Java objects that need no network; the packages {@code rpc} and {@code cluster} below expose them.
 */
@NullMarked
package io.rlhf4j.actor;

import org.jspecify.annotations.NullMarked;
