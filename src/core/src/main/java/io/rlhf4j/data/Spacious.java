package io.rlhf4j.data;

/** Rows that know where arrays of their length have room. */
@FunctionalInterface
public interface Spacious {

  RowSpace space();
}
