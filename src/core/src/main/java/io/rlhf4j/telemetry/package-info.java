/**
 * What a run shows and leaves behind: its directory, metrics and samples as JSON lines, progress and tables on the
 * terminal.
 *
 * <p>Called by the launcher and by the stages it starts. Logs may be written by several threads; a run directory and a
 * progress display belong to the thread that runs the stage.
 *
 * <pre>{@code
 * RunDirectory run = RunDirectory.create(recipe, overwrite);
 * try (MetricsLog metrics = run.metrics(); Progress progress = Progress.start("sft", steps)) {
 *   metrics.log("sft", step, Map.of("loss", loss));
 *   progress.advance("loss %.3f".formatted(loss));
 * }
 * run.finish();
 * }</pre>
 */
@NullMarked
package io.rlhf4j.telemetry;

import org.jspecify.annotations.NullMarked;
