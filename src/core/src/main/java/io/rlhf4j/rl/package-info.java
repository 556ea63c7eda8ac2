/**
 * Reinforcement learning as pure functions and records: what flows from prompt to rollout to score to experience to
 * update.
 *
 * <p>One convention holds everywhere. A response of {@code n} tokens is {@code n} actions, indexed {@code 0..n-1}.
 * Log-probability {@code t} belongs to action {@code t} given the prompt and the actions before it; value {@code t} is
 * the value of the state in which action {@code t} is taken (the hidden state one position earlier). The reward of the
 * whole response is added at the last action, which is the EOS action unless the response was cut by length. The value
 * after the last action is 0.
 */
@NullMarked
package io.rlhf4j.rl;

import org.jspecify.annotations.NullMarked;
