package io.rlhf4j.reward.serve;

/** What the reward server measures. */
final class MeterNames {

  /** Answers scored in one batch. */
  static final String BATCH_ANSWERS = "rlhf.reward.batch.answers";
  /** Time to score one batch. */
  static final String BATCH_TIME = "rlhf.reward.batch.duration";
  /** Answers that wait. */
  static final String QUEUE_ANSWERS = "rlhf.reward.queue.answers";
  /** Time from a request to its reply; tags protocol (http, grpc) and outcome (ok, full, closing, malformed, ...). */
  static final String REQUESTS = "rlhf.reward.request.duration";

  private MeterNames() {}
}
