package io.rlhf4j.config;

import io.rlhf4j.rl.Repetition;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.StopRules;
import java.util.List;

/**
 * The rarer options of sampling, by the names that vLLM and transformers give them. All but the stops make the sampled
 * distribution differ from the policy's, which importance weights see as a difference between sampler and trainer.
 *
 * @param minP tokens less likely than this share of the most likely one are never sampled; 0 keeps all
 * @param repetitionPenalty divides the positive logits of tokens that occurred in prompt or response and multiplies
 *     negative ones; 1 changes nothing
 * @param noRepeatNgramSize no run of this many tokens occurs twice in prompt and response; 0 allows it
 * @param stop texts that end a response; they are cut off its text, and its tokens end with the one that completed them
 * @param stopTokenIds tokens that end a response, besides the end-of-sequence token and the end of turn of the chat
 *     template
 * @param rolloutPrecision fp32, or int8 for faster sampling on a CPU from a copy of the policy that is quantised anew
 *     for each call; training stays in fp32, and behaviour_gap_mean in the metrics tells how far log-probabilities are
 *     from the policy's
 */
public record GenerationConfig(@Default("0.0") double minP, @Default("1.0") double repetitionPenalty,
    @Default("0") int noRepeatNgramSize, @Default("[]") List<String> stop,
    @Default("[]") List<Integer> stopTokenIds, @Default("fp32") InferencePrecision rolloutPrecision) {

  public GenerationConfig {
    Check.between("min_p", minP, 0, 1);
    Check.positive("repetition_penalty", repetitionPenalty);
    Check.atLeast("no_repeat_ngram_size", noRepeatNgramSize, 0);
    Check.that(!stop.contains(""), "stop", stop, "a list of texts that are not empty");
    stopTokenIds.forEach(id -> Check.atLeast("stop_token_ids", id, 0));
  }

  /** The same sampling with these options. */
  public SamplingOptions apply(SamplingOptions options) {
    return options.withMinP(minP).withRepetition(new Repetition(repetitionPenalty, noRepeatNgramSize))
        .withStop(new StopRules(stopTokenIds, stop));
  }
}
