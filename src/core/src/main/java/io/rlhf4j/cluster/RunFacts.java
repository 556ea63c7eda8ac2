package io.rlhf4j.cluster;

import java.util.List;

/**
 * What a coordinator is doing.
 *
 * @param run name of the run
 * @param phase what happens now, for example waiting, sft, generating or learning
 * @param step iteration under way, from 1; 0 before the first
 * @param iterations iterations of the whole run
 * @param done how much of the phase is done
 * @param total how much there is to do in the phase; 0 where nobody counts
 * @param wanted labels of the roles that the run needs
 */
public record RunFacts(String run, String phase, long step, long iterations, int done, int total,
    List<String> wanted) {

  public RunFacts {
    wanted = List.copyOf(wanted);
  }
}
