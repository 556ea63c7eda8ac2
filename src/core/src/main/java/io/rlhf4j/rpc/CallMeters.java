package io.rlhf4j.rpc;

import io.micrometer.core.instrument.Metrics;
import io.rlhf4j.telemetry.MeterNames;

/** Measures every call, with the status that it ended with. */
final class CallMeters {

  private CallMeters() {}

  static CallEnds ofClient() {
    return recordingAs(MeterNames.CLIENT_CALLS);
  }

  static CallEnds ofServer() {
    return recordingAs(MeterNames.SERVER_CALLS);
  }

  private static CallEnds recordingAs(String timer) {
    return new CallEnds((method, status, trailers, took) -> Metrics
        .timer(timer, "method", method.getFullMethodName(), "code", status.getCode().name()).record(took));
  }
}
