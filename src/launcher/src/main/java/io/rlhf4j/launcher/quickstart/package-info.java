/**
 * The built-in task of the quickstart: data that a model of a million parameters learns within minutes on a CPU, and a
 * gold score that tells what the learned reward cannot tell, namely whether replies became better in truth.
 *
 * <p>{@link io.rlhf4j.launcher.quickstart.Task} is the only type that the launcher needs; it finds one by name. The
 * gold score is for reports. It labels the generated preferences through a noisy choice, but it is never written to a
 * training file and never reaches a trained model.
 *
 * <p>Everything here is a pure function of its arguments and a seed. Instances are immutable and may be shared between
 * threads, except the writers, which advance a random generator and belong to one thread.
 */
@NullMarked
package io.rlhf4j.launcher.quickstart;

import org.jspecify.annotations.NullMarked;
