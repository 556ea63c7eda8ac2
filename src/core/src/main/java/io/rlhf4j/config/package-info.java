/**
 * Configuration: YAML files bound to records that validate themselves, and the one exception for wrong input.
 *
 * <p>Called by the launcher at start; every other package only receives finished records. Records are immutable and may
 * be shared between threads.
 */
@NullMarked
package io.rlhf4j.config;

import org.jspecify.annotations.NullMarked;
