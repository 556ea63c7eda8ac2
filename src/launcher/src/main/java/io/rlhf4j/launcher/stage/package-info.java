/**
 * The stages of a flywheel, each over plain files: what {@code rlhf sft}, {@code rlhf dpo}, {@code rlhf generate} and
 * their like do, and what a round of {@code rlhf flywheel} is made of.
 *
 * <p>A stage's output is there completely or not at all, and says what it was made of; asking for it again does
 * nothing. One thread at a time.
 */
@NullMarked
package io.rlhf4j.launcher.stage;

import org.jspecify.annotations.NullMarked;
