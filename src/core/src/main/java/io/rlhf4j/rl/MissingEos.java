package io.rlhf4j.rl;

/**
 * What happens to the reward of a response that was cut by length. It acts after normalising and clipping, so its
 * number is in the unit that the policy is paid in and a clipped reward cannot hide it.
 */
public sealed interface MissingEos {

  /** The reward to use for a response that ended so. */
  float reward(float reward, FinishReason finish);

  /** Score a cut response like any other. */
  record Keep() implements MissingEos {

    @Override
    public float reward(float reward, FinishReason finish) {
      return reward;
    }
  }

  /** Subtract {@code penalty}, as TRL does. */
  record Penalise(float penalty) implements MissingEos {

    public Penalise {
      if (!(penalty >= 0)) {
        throw new IllegalArgumentException("missing_eos_penalty is " + penalty + ", must be at least 0");
      }
    }

    @Override
    public float reward(float reward, FinishReason finish) {
      return finish == FinishReason.LENGTH ? reward - penalty : reward;
    }
  }

  /** Multiply by {@code factor}, as OpenRLHF does; meant for rewards that are never negative. */
  record Scale(float factor) implements MissingEos {

    public Scale {
      if (!(factor >= 0 && factor <= 1)) {
        throw new IllegalArgumentException("missing_eos_factor is " + factor + ", must be between 0 and 1");
      }
    }

    @Override
    public float reward(float reward, FinishReason finish) {
      return finish == FinishReason.LENGTH ? reward * factor : reward;
    }
  }

  /** Replace the reward by {@code value}, -1 in Huang et al. 2024 ("The N+ Implementation Details"). */
  record Replace(float value) implements MissingEos {

    @Override
    public float reward(float reward, FinishReason finish) {
      return finish == FinishReason.LENGTH ? value : reward;
    }
  }
}
