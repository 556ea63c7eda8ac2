/**
 * Load for a reward server: many clients, some of which leave before they are answered.
 *
 * <p>Run by {@code rlhf reward load}. Each client is a virtual thread.
 */
@NullMarked
package io.rlhf4j.reward.serve.load;

import org.jspecify.annotations.NullMarked;
