/**
 * The command line {@code rlhf}: picocli commands, which read a recipe, start what it asks for and turn every failure
 * into one line and an exit code.
 *
 * <p>{@link io.rlhf4j.launcher.Main} is called by the script {@code ./rlhf}. A command runs on the main thread. Exit
 * codes: 0 done, 2 wrong input, 1 anything else.
 */
@NullMarked
package io.rlhf4j.launcher;

import org.jspecify.annotations.NullMarked;
