/**
 * Which scored answers become training data: pure functions from answers to rows and a report of what was dropped and
 * why.
 *
 * <p>Called by {@code rlhf select} and by the flywheel. Nothing here has state or reads files.
 */
@NullMarked
package io.rlhf4j.launcher.select;

import org.jspecify.annotations.NullMarked;
