/**
 * {@code report.html}: what a run left behind, on one page that needs nothing else, neither script nor network.
 *
 * <p>{@link io.rlhf4j.launcher.report.RunReport} reads a run's directory and writes the page; the commands call it at
 * the end of a run, {@code rlhf report} at any time. Everything is read anew from the files, so it may be called from
 * any thread, also while the run goes on. Texts of models and data reach the page through
 * {@link io.rlhf4j.launcher.report.Markup} only, which escapes them.
 *
 * <p>{@link io.rlhf4j.launcher.report.WatchServer} serves the same page while the run goes on, and a second one with
 * all answers that the run kept; {@code rlhf watch} starts it.
 *
 * <pre>{@code
 * Path page = RunReport.write(Path.of("runs/quickstart"));
 * }</pre>
 */
@NullMarked
package io.rlhf4j.launcher.report;

import org.jspecify.annotations.NullMarked;
