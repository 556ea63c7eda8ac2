package io.rlhf4j.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Something that writes text or binds a name. Every statement knows the line that errors in it are reported at. */
sealed interface Statement {

  int line();

  record Text(String text, int line) implements Statement {}

  record Output(Expression value, int line) implements Statement {}

  record If(Expression condition, List<Statement> body, List<Statement> otherwise, int line) implements Statement {}

  /** A loop over {@code items}, those that fail {@code filter} left out; {@code otherwise} if there were none. */
  record For(List<String> targets, Expression items, @Nullable Expression filter, List<Statement> body,
      List<Statement> otherwise, int line) implements Statement {}

  record Assign(List<Target> targets, Expression value, int line) implements Statement {}

  /** Binds the text that the body writes. */
  record Capture(Target target, List<Statement> body, int line) implements Statement {}

  /** Parameters without a default are absent from {@code defaults}. */
  record MacroDefinition(String name, List<String> parameters, Map<String, Expression> defaults,
      List<Statement> body, int line) implements Statement {}

  /** A body without a scope effect of its own, as between {@code generation} and {@code endgeneration}. */
  record Group(List<Statement> body, int line) implements Statement {}

  record Break(int line) implements Statement {}

  record Continue(int line) implements Statement {}

  /** A name, or an attribute of a namespace. */
  record Target(String name, @Nullable String attribute) {}
}
