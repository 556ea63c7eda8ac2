package io.rlhf4j.reward.serve.load;

import io.rlhf4j.reward.kind.Answer;

/** A reward server as its clients see it. Any number of threads may ask at once. */
public interface LoadTarget extends AutoCloseable {

  /** How a client leaves before it has its answer. */
  enum Leave {
    /** Tells the server that it no longer wants the answer. */
    CANCEL,
    /** Has given the request less time than it takes. */
    TIMEOUT,
    /** Its connection is gone. */
    DISCONNECT
  }

  /**
   * Asks and waits.
   *
   * @return the score; NaN for an answer that the server does not score
   * @throws Exception if no score comes back
   */
  double score(Answer question) throws Exception;

  /**
   * Asks and leaves.
   *
   * @param afterMillis how long the client stays
   */
  void abandon(Answer question, Leave how, int afterMillis) throws Exception;

  @Override
  void close();
}
