package io.rlhf4j.reward;

/**
 * One optimiser step of reward training.
 *
 * @param step counted from 1
 * @param totalSteps of the whole run
 * @param epoch counted from 1
 * @param pairs in the batch
 * @param tokens in the batch
 * @param tokensSeen in all batches so far, this one included
 * @param loss mean over the pairs, penalty included
 * @param penalty the weighted penalty's part of the loss
 * @param correct pairs that the weights before the step got right
 * @param ties pairs to which they gave equal scores
 * @param chosenMean mean score of the chosen answers
 * @param rejectedMean mean score of the rejected answers
 * @param scoreMin least score of all answers
 * @param scoreMax greatest
 * @param learningRate of this step
 * @param gradientNorm global norm before clipping
 * @param applied false if a gradient was not finite and the step was skipped
 */
public record RewardStep(int step, int totalSteps, int epoch, int pairs, long tokens, long tokensSeen,
    double loss, double penalty, int correct, int ties, double chosenMean, double rejectedMean,
    double scoreMin, double scoreMax, double learningRate, double gradientNorm, boolean applied) {

  public double accuracy() {
    return (double) correct / pairs;
  }

  public double margin() {
    return chosenMean - rejectedMean;
  }
}
