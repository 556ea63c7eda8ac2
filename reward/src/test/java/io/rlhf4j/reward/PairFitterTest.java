package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.config.LengthPolicy;
import io.rlhf4j.data.SkipReason;
import org.junit.jupiter.api.Test;

class PairFitterTest {

  private static final int EOS = 1;
  private static final int REWARD = 2;
  private static final int[] PROMPT = {10, 11, 12, 13};
  private static final ScoredToken AT_EOS = new ScoredToken.EndOfSequence(EOS);
  private static final ScoredToken AT_REWARD = new ScoredToken.RewardToken(REWARD);

  @Test
  void missingEosIsAddedAndNeverDoubled() {
    TokenizedPair pair = fitted(fitter(AT_EOS, 20, 10, LengthPolicy.DROP), new int[] {20, 21}, new int[] {30, EOS});

    assertThat(pair.chosen().tokens()).containsExactly(10, 11, 12, 13, 20, 21, EOS);
    assertThat(pair.rejected().tokens()).containsExactly(10, 11, 12, 13, 30, EOS);
    assertThat(pair.chosen().promptLength()).isEqualTo(4);
    assertThat(pair.tokens()).isEqualTo(13);
  }

  @Test
  void rewardTokenFollowsTheAnswer() {
    TokenizedPair pair = fitted(fitter(AT_REWARD, 20, 10, LengthPolicy.DROP), new int[] {20, EOS}, new int[] {30});

    assertThat(pair.chosen().tokens()).containsExactly(10, 11, 12, 13, 20, EOS, REWARD);
    assertThat(pair.rejected().tokens()).containsExactly(10, 11, 12, 13, 30, REWARD);
  }

  /** XTuner keeps ids that have it. */
  @Test
  void rewardTokenIsNotDoubled() {
    TokenizedPair pair = fitted(fitter(AT_REWARD, 20, 10, LengthPolicy.DROP), new int[] {20, REWARD}, new int[] {30});

    assertThat(pair.chosen().tokens()).containsExactly(10, 11, 12, 13, 20, REWARD);
    assertThat(pair.rejected().tokens()).containsExactly(10, 11, 12, 13, 30, REWARD);
  }

  @Test
  void dropNamesTheLimitThatIsBroken() {
    int[] answer = {20, EOS};
    int[] longer = {30, 31, EOS};

    assertThat(fitter(AT_EOS, 20, 3, LengthPolicy.DROP).fit(PROMPT, answer, longer, 0))
        .isEqualTo(new Outcome.Skipped(SkipReason.PROMPT_TOO_LONG));
    assertThat(fitter(AT_EOS, 6, 4, LengthPolicy.DROP).fit(PROMPT, answer, longer, 0))
        .isEqualTo(new Outcome.Skipped(SkipReason.TOO_LONG));
    assertThat(fitter(AT_EOS, 7, 4, LengthPolicy.DROP).fit(PROMPT, answer, longer, 0))
        .isInstanceOf(Outcome.Fitted.class);
    // The reward token counts.
    assertThat(fitter(AT_REWARD, 7, 4, LengthPolicy.DROP).fit(PROMPT, answer, longer, 0))
        .isEqualTo(new Outcome.Skipped(SkipReason.TOO_LONG));
  }

  @Test
  void truncationCutsTheOldestTokensOfBothPromptsAlike() {
    TokenizedPair pair =
        fitted(fitter(AT_REWARD, 6, 4, LengthPolicy.TRUNCATE), new int[] {20}, new int[] {30, 31, EOS});

    // The longer side takes 4 of 6 tokens, so both keep 2 of the prompt.
    assertThat(pair.chosen().tokens()).containsExactly(12, 13, 20, REWARD);
    assertThat(pair.rejected().tokens()).containsExactly(12, 13, 30, 31, EOS, REWARD);
    assertThat(pair.rejected().promptLength()).isEqualTo(2);
  }

  @Test
  void truncationKeepsTheFirstTokenOfEverySequence() {
    PairFitter fitter = new PairFitter(AT_EOS, 10, 20, 2, LengthPolicy.TRUNCATE);

    assertThat(fitted(fitter, new int[] {20}, new int[] {30}).chosen().tokens()).containsExactly(10, 13, 20, EOS);
  }

  @Test
  void truncationOfAnAnswerKeepsTheScoredToken() {
    int[] answer = {20, 21, 22, 23, 24, EOS};
    TokenizedPair eos = fitted(fitter(AT_EOS, 5, 4, LengthPolicy.TRUNCATE), answer, new int[] {30});
    TokenizedPair reward = fitted(fitter(AT_REWARD, 5, 4, LengthPolicy.TRUNCATE), answer, new int[] {30});

    assertThat(eos.chosen().tokens()).containsExactly(13, 20, 21, 22, EOS);
    assertThat(eos.rejected().tokens()).containsExactly(13, 30, EOS);
    assertThat(reward.chosen().tokens()).containsExactly(13, 20, 21, 22, REWARD);
  }

  @Test
  void answersThatTruncationMakesEqualAreSkipped() {
    int[] first = {20, 21, 22, 23, 24};
    int[] second = {20, 21, 22, 23, 25};

    assertThat(fitter(AT_EOS, 5, 4, LengthPolicy.TRUNCATE).fit(PROMPT, first, second, 0))
        .isEqualTo(new Outcome.Skipped(SkipReason.EQUAL_ANSWERS));
  }

  @Test
  void saysWhetherItCut() {
    assertThat(((Outcome.Fitted) fitter(AT_EOS, 6, 4, LengthPolicy.TRUNCATE)
        .fit(PROMPT, new int[] {20}, new int[] {30}, 0)).truncated()).isFalse();
    assertThat(((Outcome.Fitted) fitter(AT_EOS, 6, 3, LengthPolicy.TRUNCATE)
        .fit(PROMPT, new int[] {20}, new int[] {30}, 0)).truncated()).isTrue();
  }

  private static PairFitter fitter(ScoredToken scored, int maxLength, int maxPromptLength, LengthPolicy policy) {
    return new PairFitter(scored, -1, maxLength, maxPromptLength, policy);
  }

  private static TokenizedPair fitted(PairFitter fitter, int[] chosen, int[] rejected) {
    return ((Outcome.Fitted) fitter.fit(PROMPT, chosen, rejected, 0)).pair();
  }
}
