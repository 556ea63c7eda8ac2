package io.rlhf4j.text.jinja;

import io.rlhf4j.text.jinja.Expression.CallArguments;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Computes expressions. */
final class Evaluator {

  private Evaluator() {}

  static Object value(Expression expression, Scope scope) {
    return switch (expression) {
      case Expression.Literal(Object value) -> value;
      case Expression.Variable(String name) -> scope.get(name);
      case Expression.Attribute(Expression owner, String name) -> attribute(owner, name, scope);
      case Expression.Item(Expression owner, Expression key) -> item(owner, key, scope);
      case Expression.Slice slice -> Values.slice(value(slice.owner(), scope), bound(slice.start(), scope),
          bound(slice.stop(), scope), bound(slice.step(), scope));
      case Expression.Call(Expression callee, CallArguments arguments) -> call(callee, arguments, scope);
      case Expression.FilterCall(Expression input, String name, CallArguments given) ->
          Filters.apply(name, value(input, scope), arguments("filter '" + name + "'", given, scope));
      case Expression.TestCall(Expression input, String name, CallArguments given) ->
          Tests.apply(name, value(input, scope), arguments("test '" + name + "'", given, scope));
      case Expression.Negative(Expression operand) -> Operators.negate(value(operand, scope));
      case Expression.Positive(Expression operand) -> Operators.apply("+", 0L, value(operand, scope));
      case Expression.Not(Expression operand) -> !Values.truth(value(operand, scope));
      case Expression.And(Expression left, Expression right) -> {
        Object first = value(left, scope);
        yield Values.truth(first) ? value(right, scope) : first;
      }
      case Expression.Or(Expression left, Expression right) -> {
        Object first = value(left, scope);
        yield Values.truth(first) ? first : value(right, scope);
      }
      case Expression.Arithmetic(String operator, Expression left, Expression right) ->
          Operators.apply(operator, value(left, scope), value(right, scope));
      case Expression.Comparison comparison -> compare(comparison, scope);
      case Expression.Conditional conditional -> conditional(conditional, scope);
      case Expression.Sequence(List<Expression> elements, boolean tuple) -> {
        List<Object> values = new ArrayList<>();
        elements.forEach(element -> values.add(value(element, scope)));
        yield tuple ? new Tuple(values) : values;
      }
      case Expression.Dictionary(List<Map.Entry<Expression, Expression>> entries) -> {
        Map<Object, Object> map = new LinkedHashMap<>();
        entries.forEach(entry -> map.put(value(entry.getKey(), scope), value(entry.getValue(), scope)));
        yield map;
      }
    };
  }

  private static Object attribute(Expression owner, String name, Scope scope) {
    Object value = value(owner, scope);
    Object member = Members.of(value, name);
    Object found = member == null ? Values.item(value, name) : member;
    return found == null ? new Undefined("'" + name + "'") : found;
  }

  private static Object item(Expression owner, Expression key, Scope scope) {
    Object value = value(owner, scope);
    Object wanted = value(key, scope);
    Object found = Values.item(value, wanted);
    if (found == null && wanted instanceof String name) {
      found = Members.of(value, name);
    }
    return found == null ? new Undefined("item " + PythonText.repr(wanted)) : found;
  }

  private static @Nullable Long bound(@Nullable Expression expression, Scope scope) {
    Object value = expression == null ? None.NONE : value(expression, scope);
    return value == None.NONE ? null : (Long) Values.integer(value, "a slice needs integers");
  }

  private static Object call(Expression callee, CallArguments given, Scope scope) {
    String name = switch (callee) {
      case Expression.Variable variable -> variable.name();
      case Expression.Attribute attribute -> attribute.name();
      default -> "the function";
    };
    Object function = value(callee, scope);
    if (function instanceof Callable callable) {
      return callable.call(arguments(name, given, scope));
    }
    if (function instanceof Undefined undefined) {
      throw new Problem("the function " + undefined.what() + " is not defined or not supported");
    }
    throw new Problem("'" + name + "' cannot be called");
  }

  private static Arguments arguments(String callee, CallArguments given, Scope scope) {
    if (given == CallArguments.NONE) {
      return Arguments.none(callee);
    }
    List<Object> positional = new ArrayList<>();
    given.positional().forEach(expression -> positional.add(value(expression, scope)));
    Map<String, Object> named = new LinkedHashMap<>();
    given.named().forEach((name, expression) -> named.put(name, value(expression, scope)));
    return new Arguments(callee, positional, named);
  }

  private static boolean compare(Expression.Comparison comparison, Scope scope) {
    Object left = value(comparison.first(), scope);
    for (Expression.Link link : comparison.links()) {
      Object right = value(link.operand(), scope);
      if (!Operators.compare(link.operator(), left, right)) {
        return false;
      }
      left = right;
    }
    return true;
  }

  private static Object conditional(Expression.Conditional conditional, Scope scope) {
    if (Values.truth(value(conditional.condition(), scope))) {
      return value(conditional.whenTrue(), scope);
    }
    Expression otherwise = conditional.otherwise();
    return otherwise == null ? new Undefined("an 'if' without 'else'") : value(otherwise, scope);
  }
}
