/**
 * The part of the Jinja language that chat templates use, with the semantics of the environment in which Hugging Face
 * renders them: {@code trim_blocks}, {@code lstrip_blocks}, loop controls, {@code tojson} as plain JSON, and a sandbox
 * in which values cannot be changed.
 *
 * <p>Source becomes tokens ({@code Lexer}), tokens become a tree of records ({@code StatementParser},
 * {@code ExpressionParser}), and the tree is walked to write text ({@code Renderer}, {@code Evaluator}). Values given
 * to a template are data and never parsed. What is not supported is refused by name and line, never ignored.
 *
 * <p>Called by {@code io.rlhf4j.text} only. A parsed {@link io.rlhf4j.text.jinja.Template} is immutable and may render
 * in several threads at once.
 */
@NullMarked
package io.rlhf4j.text.jinja;

import org.jspecify.annotations.NullMarked;
