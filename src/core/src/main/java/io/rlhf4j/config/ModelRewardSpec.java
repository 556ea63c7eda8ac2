package io.rlhf4j.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rewards that read a language model in another way than at a score head. */
public sealed interface ModelRewardSpec extends RewardSpec {

  /**
   * What a policy trained with DPO thinks of its answers: {@code beta * (log pi(answer) - log ref(answer))}.
   *
   * @param weight factor in the sum
   * @param path the trained policy
   * @param reference the model it started from; null scores without a reference
   * @param reduction sum, avg (over the answer's tokens) or norm (minus the L2 norm of the tokens' log-probabilities,
   *     only without a reference); null is sum with a reference and avg without one, as in RewardBench
   * @param beta factor of the score
   * @param maxTokens tokens in one forward pass
   */
  @Kind("dpo")
  record Dpo(@Default("1") double weight, Path path, @Default("null") @Nullable Path reference,
      @Default("null") @Nullable LogProbReduction reduction, @Default("0.1") double beta,
      @Default("16384") int maxTokens) implements ModelRewardSpec {

    public Dpo {
      Check.finite("weight", weight);
      Check.positive("beta", beta);
      Check.atLeast("max_tokens", maxTokens, 1);
      Check.that(reference == null || reduction != LogProbReduction.NORM, "reduction", "norm",
          "sum or avg where there is a reference");
    }
  }

  /** How the log-probabilities of an answer's tokens become one number. */
  enum LogProbReduction {
    SUM, AVG, NORM
  }

  /**
   * A language model that answers "A" or "B" when it is shown two answers; each pair is shown in both orders. The
   * score of an answer is the mean probability with which it wins against the others of its prompt; an only answer has
   * none.
   *
   * @param weight factor in the sum
   * @param path language model in Hugging Face layout
   * @param template text file with {context}, {response_a} and {response_b}; null is the form of RLHFlow's pair
   *     preference models
   * @param tokenA what the model says if the first answer is better; one token
   * @param tokenB what it says if the second is better; one token
   * @param maxTokens tokens in one forward pass
   */
  @Kind("pair")
  record Pair(@Default("1") double weight, Path path, @Default("null") @Nullable Path template,
      @Default("A") String tokenA, @Default("B") String tokenB, @Default("16384") int maxTokens)
      implements ModelRewardSpec {

    public Pair {
      Check.finite("weight", weight);
      Check.that(!tokenA.equals(tokenB), "token_b", "'" + tokenB + "'", "another than token_a");
      Check.atLeast("max_tokens", maxTokens, 1);
    }
  }

  /**
   * Language models that write a verdict. pairwise shows two answers, in both orders, and reads [[A]], [[B]] or [[C]]
   * (a tie); the majority of all verdicts on a pair decides, and a score is the share of opponents beaten, ties
   * counting half. rating shows one answer and reads the last [[1]] to [[5]]; a score is the mean.
   *
   * @param weight factor in the sum
   * @param mode pairwise or rating
   * @param models directories of language models, or addresses of OpenAI-compatible chat completions
   *     (http://host:port/v1/chat/completions)
   * @param modelName the name that is sent to such an address
   * @param template text file with {question}, {answer_a} and {answer_b} or, for rating, {answer}; null is the one in
   *     configs/reward/judge
   * @param verdicts that each model gives on each answer or order
   * @param temperature of sampling; 0 always takes the most likely token
   * @param maxNewTokens longest critique, tokens
   * @param seed of sampling
   */
  @Kind("judge")
  record Judge(@Default("1") double weight, @Default("pairwise") JudgeMode mode, List<String> models,
      @Default("judge") String modelName, @Default("null") @Nullable Path template, @Default("1") int verdicts,
      @Default("0") double temperature, @Default("512") int maxNewTokens, @Default("17") long seed)
      implements ModelRewardSpec {

    public Judge {
      Check.finite("weight", weight);
      Check.that(!models.isEmpty(), "models", "empty", "a list of model directories or addresses");
      Check.atLeast("verdicts", verdicts, 1);
      Check.notNegative("temperature", temperature);
      Check.that(verdicts == 1 || temperature > 0, "verdicts", verdicts,
          "1 where temperature is 0: all of them would be the same");
      Check.atLeast("max_new_tokens", maxNewTokens, 1);
      models = List.copyOf(models);
    }
  }

  /** What a judge is asked. */
  enum JudgeMode {
    PAIRWISE, RATING
  }

  /**
   * A process reward model: scores every step of an answer. A model with a score head gives sigmoid(score) at the end
   * of each step; a language model gives the probability of good_token against bad_token there.
   *
   * @param weight factor in the sum
   * @param path model in Hugging Face layout
   * @param stepSeparator what stands between two steps; null takes that of the model's training, where the model says
   *     it, else a blank line
   * @param placeholder token that is put behind each step and read there; null likewise, else reads at the end of the
   *     separator
   * @param goodToken what a language model says of a right step; one token
   * @param badToken what it says of a wrong step; one token
   * @param aggregate how the steps make one score: min, product, last or mean
   * @param maxTokens tokens in one forward pass
   */
  @Kind("process")
  record Process(@Default("1") double weight, Path path, @Default("null") @Nullable String stepSeparator,
      @Default("null") @Nullable String placeholder, @Default("+") String goodToken, @Default("'-'") String badToken,
      @Default("min") StepAggregate aggregate, @Default("16384") int maxTokens) implements ModelRewardSpec {

    public Process {
      Check.finite("weight", weight);
      Check.that(stepSeparator == null || !stepSeparator.isEmpty(), "step_separator", "empty",
          "the text between two steps");
      Check.that(!goodToken.equals(badToken), "bad_token", "'" + badToken + "'", "another than good_token");
      Check.atLeast("max_tokens", maxTokens, 1);
    }
  }

  /** How the scores of an answer's steps become one. */
  enum StepAggregate {
    MIN, PRODUCT, LAST, MEAN
  }

  /**
   * A server that answers {@code POST /get_reward} as OpenRLHF's does: {@code {"query": [...], "prompts": [...],
   * "labels": [...]}} gives {@code {"rewards": [...]}}. The request also has {@code messages} and {@code responses},
   * which rlhf reward serve prefers.
   *
   * @param weight factor in the sum
   * @param url of the service
   * @param tokenizer directory whose chat template writes the query; null writes the turns' plain text
   * @param batchSize answers in one request
   * @param timeoutSeconds longest wait for one reply
   * @param retries further attempts after a failure of the network or of the server
   * @param breakerFailures requests that must fail in a row before no further one is sent
   * @param breakerSeconds how long none is sent then; afterwards one tries again
   * @param required whether a failure ends the work; otherwise the answers have no score from this reward
   */
  @Kind("remote")
  record Remote(@Default("1") double weight, String url, @Default("null") @Nullable Path tokenizer,
      @Default("64") int batchSize, @Default("60") int timeoutSeconds, @Default("3") int retries,
      @Default("5") int breakerFailures, @Default("30") int breakerSeconds, @Default("true") boolean required)
      implements ModelRewardSpec {

    public Remote {
      Check.finite("weight", weight);
      Check.that(url.matches("https?://[^\\s/]+(/\\S*)?"), "url", "'" + url + "'",
          "an address such as http://127.0.0.1:5000/get_reward");
      Check.atLeast("batch_size", batchSize, 1);
      Check.atLeast("timeout_seconds", timeoutSeconds, 1);
      Check.atLeast("retries", retries, 0);
      Check.atLeast("breaker_failures", breakerFailures, 1);
      Check.atLeast("breaker_seconds", breakerSeconds, 1);
    }
  }
}
