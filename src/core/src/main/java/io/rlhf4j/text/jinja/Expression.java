package io.rlhf4j.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Something with a value. */
sealed interface Expression {

  record Literal(Object value) implements Expression {}

  record Variable(String name) implements Expression {}

  /** {@code owner.name}: methods and attributes first, then items. */
  record Attribute(Expression owner, String name) implements Expression {}

  /** {@code owner[key]}: items first, then methods and attributes. */
  record Item(Expression owner, Expression key) implements Expression {}

  record Slice(Expression owner, @Nullable Expression start, @Nullable Expression stop, @Nullable Expression step)
      implements Expression {}

  record Call(Expression callee, CallArguments arguments) implements Expression {}

  record FilterCall(Expression input, String name, CallArguments arguments) implements Expression {}

  record TestCall(Expression input, String name, CallArguments arguments) implements Expression {}

  record Negative(Expression operand) implements Expression {}

  record Positive(Expression operand) implements Expression {}

  record Not(Expression operand) implements Expression {}

  record And(Expression left, Expression right) implements Expression {}

  record Or(Expression left, Expression right) implements Expression {}

  record Arithmetic(String operator, Expression left, Expression right) implements Expression {}

  /** {@code a < b <= c}: true if every neighbouring pair compares true. */
  record Comparison(Expression first, List<Link> links) implements Expression {}

  record Link(String operator, Expression operand) {}

  record Conditional(Expression condition, Expression whenTrue, @Nullable Expression otherwise)
      implements Expression {}

  /** A list or a tuple; templates cannot change either. */
  record Sequence(List<Expression> elements, boolean tuple) implements Expression {}

  record Dictionary(List<Map.Entry<Expression, Expression>> entries) implements Expression {}

  record CallArguments(List<Expression> positional, Map<String, Expression> named) {

    static final CallArguments NONE = new CallArguments(List.of(), Map.of());
  }
}
