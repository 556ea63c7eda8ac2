/**
 * {@code rlhf inspect}: what a model directory holds and what the model says, so that anyone can compare it with
 * another implementation. Called by the command line, on its thread.
 */
@NullMarked
package io.rlhf4j.launcher.inspect;

import org.jspecify.annotations.NullMarked;
