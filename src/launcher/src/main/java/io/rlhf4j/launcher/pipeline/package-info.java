/**
 * The stages that lead from a recipe to trained models: data, tokenizer, SFT, reward model, PPO, report.
 *
 * <p>Called by the commands of the launcher. Each stage reads what the one before left in the run directory and leaves
 * its own result there as a model directory in Hugging Face layout. One thread runs the stages one after the other.
 */
@NullMarked
package io.rlhf4j.launcher.pipeline;

import org.jspecify.annotations.NullMarked;
