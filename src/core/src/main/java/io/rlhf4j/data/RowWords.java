package io.rlhf4j.data;

/** Words of 64 bits, about one for each row; see {@link RowSpace}. One thread at a time. */
public interface RowWords {

  long get(int at);

  void put(int at, long word);

  int size();
}
