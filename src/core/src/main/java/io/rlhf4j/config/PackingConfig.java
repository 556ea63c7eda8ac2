package io.rlhf4j.config;

/**
 * In which order pairs are taken, and packs of them. Rows are never padded, packed or not; a pack only decides which
 * pairs make up a batch.
 *
 * @param shuffle whether each pass takes the pairs, or packs, in another order; false keeps that of the file
 * @param maxPackedLength tokens of one pack, a prompt counted once for both answers; batch_size then counts packs, as
 *     in XTuner; a longer pair makes a pack of its own; 0 builds batches of pairs
 * @param shuffleBeforePack whether the pairs are shuffled before packs are made of them
 */
public record PackingConfig(@Default("true") boolean shuffle, @Default("0") int maxPackedLength,
    @Default("true") boolean shuffleBeforePack) {

  public PackingConfig {
    Check.atLeast("max_packed_length", maxPackedLength, 0);
    Check.that(shuffle || !shuffleBeforePack || maxPackedLength == 0, "shuffle_before_pack", shuffleBeforePack,
        "false with shuffle: false and max_packed_length");
  }

  public boolean packs() {
    return maxPackedLength > 0;
  }
}
