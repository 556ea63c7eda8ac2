package io.rlhf4j.reward.kind;

/**
 * A reward that sees the answers of a prompt together, for example because it compares them. What it returns need not
 * be comparable across prompts.
 */
@FunctionalInterface
public non-sealed interface GroupReward extends Reward {}
