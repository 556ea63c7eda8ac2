/**
 * Data files: streaming readers for JSON lines, the rows they give, and how rows are split, shuffled and batched.
 *
 * <p>Called by the roles' trainers and by the launcher. Rows are immutable; readers are used by one thread and close
 * their file before they return. Rows that cannot be used are never dropped in silence: they are counted by reason.
 *
 * <pre>{@code
 * DataSet<PreferencePair> pairs = PreferenceReader.read(Path.of("pairs.jsonl.gz"), DataFormat.AUTO);
 * pairs.skipped().summary().ifPresent(System.err::println);
 * Split<PreferencePair> split = Split.of(pairs.rows(), PreferencePair::prompt, 0.1, seed);
 * }</pre>
 */
@NullMarked
package io.rlhf4j.data;

import org.jspecify.annotations.NullMarked;
