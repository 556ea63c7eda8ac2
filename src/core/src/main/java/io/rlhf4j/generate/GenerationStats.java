package io.rlhf4j.generate;

/**
 * What one call of the generator did.
 *
 * @param promptTokens tokens that went through the prompt forward; a prompt counts once whatever its number of samples
 * @param generatedTokens sampled tokens, stop tokens included
 * @param steps decode steps after the first tokens, each one kernel call for all running samples
 * @param seconds wall-clock time
 */
public record GenerationStats(long promptTokens, long generatedTokens, long steps, double seconds) {

  public double generatedTokensPerSecond() {
    return generatedTokens / seconds;
  }
}
