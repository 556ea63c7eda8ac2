/**
 * A generator whose answers are let through only if a reward is high enough.
 *
 * <p>Called by {@code rlhf reward gateway} and by programs. One thread at a time.
 */
@NullMarked
package io.rlhf4j.reward.gateway;

import org.jspecify.annotations.NullMarked;
