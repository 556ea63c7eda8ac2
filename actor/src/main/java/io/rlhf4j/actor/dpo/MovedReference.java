package io.rlhf4j.actor.dpo;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.rlhf4j.data.RowSpace;
import io.rlhf4j.data.RowWords;
import io.rlhf4j.train.Checkpoint;
import io.rlhf4j.train.CheckpointStore;
import io.rlhf4j.train.StageCheckpoints;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;

/**
 * What a reference that moves says about the pairs, pass by pass, in files beside the checkpoints: 8 bytes a pair. A
 * training that goes on in the middle of a pass cannot compute it again.
 */
final class MovedReference {

  private static final String FILE = "log-probs";

  private final Optional<CheckpointStore> store;

  /** Keeps nothing where no checkpoints are kept. */
  MovedReference(StageCheckpoints checkpoints) {
    // All of them: which checkpoint is the newest that is whole is not known before it is looked for.
    store = checkpoints.beside("reference").map(directory -> new CheckpointStore(directory, Integer.MAX_VALUE));
  }

  /** @param epoch pass before which the reference has moved */
  void keep(int epoch, List<ReferenceLogProbs> logProbs) {
    store.ifPresent(kept -> kept.write(epoch, JsonNodeFactory.instance.objectNode(), directory -> {
      try (DataOutputStream out =
          new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(directory.resolve(FILE))))) {
        for (ReferenceLogProbs one : logProbs) {
          out.writeLong(one.word());
        }
      }
    }));
  }

  /** What {@link #keep} was given. */
  List<ReferenceLogProbs> of(int epoch, List<DpoPair> pairs) {
    Checkpoint found = store.flatMap(kept -> kept.newestBefore(epoch + 1L, 1).stream().findFirst())
        .filter(checkpoint -> checkpoint.step() == epoch)
        .orElseThrow(() -> new IllegalStateException("a checkpoint without the reference of pass " + (epoch + 1)));
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(found.file(FILE))))) {
      RowWords words = RowSpace.of(pairs).words(pairs.size());
      for (int pair = 0; pair < words.size(); pair++) {
        words.put(pair, in.readLong());
      }
      return ReferenceLogProbs.of(words);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + found.file(FILE), e);
    }
  }
}
