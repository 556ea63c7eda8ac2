package io.rlhf4j.launcher.quickstart;

/**
 * How often replies have which virtue or flaw. Each part is drawn independently, so that a perfect reply is rare but is
 * met often enough for a policy that imitates the mixture to sample one by chance.
 *
 * @param rightName probability to greet by the right name
 * @param wrongName probability to greet by another name
 * @param bareGreeting probability to greet by no name
 * @param apology probability to apologise for a complaint
 * @param needlessApology probability to apologise when nothing went wrong
 * @param rightProduct probability to name the right product
 * @param wrongProduct probability to name another product
 * @param rightAction probability to promise the right action
 * @param wrongAction probability to promise another action
 * @param vagueAction probability to promise nothing definite
 * @param secondAction probability to promise one more, wrong, action
 * @param today probability to promise it for today
 * @param closing probability to close politely
 * @param thanks probability of a thank-you sentence, which is neither good nor bad
 * @param rude probability of a rude sentence
 * @param filler probability of a rambling sentence
 * @param repeated probability to say one of the sentences twice
 * @param cut probability to stop in the middle
 * @param shuffled probability to mix up the words
 */
record ReplyQuality(double rightName, double wrongName, double bareGreeting, double apology, double needlessApology,
    double rightProduct, double wrongProduct, double rightAction, double wrongAction, double vagueAction,
    double secondAction, double today, double closing, double thanks, double rude, double filler, double repeated,
    double cut, double shuffled) {

  /** What the SFT policy imitates. */
  static final ReplyQuality SFT = new ReplyQuality(0.57, 0.03, 0.24, 0.57, 0.12, 0.58, 0.03, 0.55, 0.08, 0.2, 0.02,
      0.5, 0.58, 0.25, 0.07, 0.1, 0.03, 0.0, 0.0);

  /** A writer who takes care; half of the replies that preferences compare. */
  static final ReplyQuality CAREFUL = new ReplyQuality(0.8, 0.01, 0.13, 0.8, 0.05, 0.8, 0.01, 0.78, 0.03, 0.1, 0.01,
      0.5, 0.8, 0.25, 0.02, 0.06, 0.01, 0.0, 0.0);

  /**
   * A writer who does not; the other half. Beside plain lapses it shows, more often than SFT data, what a policy would
   * try in order to please a reward model.
   */
  static final ReplyQuality CARELESS = new ReplyQuality(0.3, 0.02, 0.33, 0.3, 0.15, 0.3, 0.02, 0.25, 0.06, 0.4, 0.02,
      0.5, 0.3, 0.25, 0.2, 0.2, 0.03, 0.02, 0.02);
}
