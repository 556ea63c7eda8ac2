/**
 * The frozen reference policy: log-probabilities for the KL term.
 *
 * <p>Plain Java objects that need no network; the packages {@code rpc} and {@code cluster} below expose them.
 */
@NullMarked
package io.rlhf4j.reference;

import org.jspecify.annotations.NullMarked;
