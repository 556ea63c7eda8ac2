/**
 * Where rewards come from: every kind behind {@link io.rlhf4j.reward.kind.Reward}.
 *
 * <p>Scoring, serving, evaluation, the flywheel and PPO open what the list {@code rewards} of a recipe asks for. A
 * reward belongs to one thread at a time.
 *
 * <pre>{@code
 * try (Rewards rewards = Rewards.open(recipe.rewards())) {
 *   List<double[]> scores = rewards.score(List.of(new AnswerGroup(prompt, List.of("yes", "no"), null)));
 * }
 * }</pre>
 *
 * <p>A reward of one's own is a class that implements {@link io.rlhf4j.reward.kind.AnswerReward} (each answer by
 * itself) or {@link io.rlhf4j.reward.kind.GroupReward} (the answers of a prompt against each other); a recipe names it
 * with {@code kind: java}.
 */
@NullMarked
package io.rlhf4j.reward.kind;

import org.jspecify.annotations.NullMarked;
