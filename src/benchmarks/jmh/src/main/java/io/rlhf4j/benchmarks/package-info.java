/**
 * Microbenchmarks of the hot paths, run by JMH and by nothing else.
 *
 * <p>Every benchmark runs on one thread; those that call kernels use one thread there too.
 */
@NullMarked
package io.rlhf4j.benchmarks;

import org.jspecify.annotations.NullMarked;
