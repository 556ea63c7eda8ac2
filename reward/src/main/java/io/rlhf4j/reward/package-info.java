/**
 * The reward stage: from preference pairs to a model that scores answers.
 *
 * <p>Plain Java objects that need no network; the package {@code rpc} below exposes them. Called by the reward stage of
 * the launcher and, to serve a trained model, by the role's host. Trainers and scorers belong to one thread at a time;
 * everything else is immutable.
 *
 * <pre>{@code
 * ScoredToken scored = ScoredToken.of(recipe.reward().rewardTokenId(), tokenizer, vocabSize);
 * PreparedPairs pairs = new PairTokenizer(tokenizer, scored, recipe.data(), LengthPolicy.DROP).prepare(rows);
 * RewardEvaluation measured = new RewardTrainer(model, recipe.reward(), seed)
 *     .train(PreparedPairs.tokens(pairs.pairs()), test, RewardTrainingListener.NONE);
 * RewardCheckpoint.save(model, tokenizer, scored, measured, directory);
 * }</pre>
 */
@NullMarked
package io.rlhf4j.reward;

import org.jspecify.annotations.NullMarked;
