package io.rlhf4j.reference;

import io.rlhf4j.rl.TokenSequence;
import java.util.List;

/** The frozen reference policy, for the KL term. */
public interface ReferenceRole extends AutoCloseable {

  /**
   * Log-probs of the responses' tokens.
   *
   * @return one array {@code [n]} for each sequence, nats
   */
  List<float[]> logProbs(List<TokenSequence> sequences, double temperature);

  @Override
  void close();
}
