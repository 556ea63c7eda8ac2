package io.rlhf4j.text.jinja;

/** Python's {@code None}. */
enum None {
  NONE
}
