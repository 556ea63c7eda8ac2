package io.rlhf4j.rl;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What responses have to look like.
 *
 * @param holds whether a response does
 * @param penalty subtracted from the reward of one that does not; null takes it out of the update
 */
public record FormatRule(Predicate<Rollout> holds, @Nullable Double penalty) {}
