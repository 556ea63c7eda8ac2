package io.rlhf4j.reward.kind;

/**
 * How a {@link TextGenerator} writes.
 *
 * @param modelName the name that is sent to a server
 * @param temperature 0 always takes the most likely token
 * @param maxNewTokens longest answer, tokens
 * @param seed of sampling
 */
public record GenerationSettings(String modelName, double temperature, int maxNewTokens, long seed) {}
