package io.rlhf4j.config;

/**
 * Packs of pairs. Rows are never padded, packed or not; a pack only decides which pairs make up a batch.
 *
 * @param maxPackedLength tokens of one pack, a prompt counted once for both answers; batch_size then counts packs, as
 *     in XTuner; a longer pair makes a pack of its own; 0 builds batches of pairs
 * @param shuffleBeforePack whether each pass packs the pairs in another order
 */
public record PackingConfig(@Default("0") int maxPackedLength, @Default("true") boolean shuffleBeforePack) {

  public PackingConfig {
    Check.atLeast("max_packed_length", maxPackedLength, 0);
  }

  public boolean packs() {
    return maxPackedLength > 0;
  }
}
