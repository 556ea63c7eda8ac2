/**
 * The value model role: values and their update.
 *
 * <p>Plain Java objects that need no network; the packages {@code rpc} and {@code cluster} below expose them.
 */
@NullMarked
package io.rlhf4j.critic;

import org.jspecify.annotations.NullMarked;
