package io.rlhf4j.text.jinja;

import io.rlhf4j.text.jinja.Expression.CallArguments;
import io.rlhf4j.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads expressions by operator precedence (Pratt's method): an operand, then as many operators as bind at least as
 * tightly as asked. Precedences are Jinja's, where {@code ~} binds tighter than {@code +} and filters tighter than all
 * but attribute access and calls.
 */
final class ExpressionParser {

  private static final int OR = 1;
  private static final int AND = 2;
  private static final int NOT = 3;
  private static final int COMPARISON = 4;
  private static final int SUM = 5;
  private static final int CONCATENATION = 6;
  private static final int PRODUCT = 7;
  private static final int POWER = 8;

  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

  private final TokenStream tokens;

  ExpressionParser(TokenStream tokens) {
    this.tokens = tokens;
  }

  /** One expression, or several with commas between them, which make a tuple. */
  Expression tuple() {
    Expression first = expression();
    if (!tokens.peek().isOperator(",")) {
      return first;
    }
    List<Expression> elements = new ArrayList<>(List.of(first));
    while (tokens.acceptOperator(",") && startsOperand(tokens.peek())) {
      elements.add(expression());
    }
    return new Expression.Sequence(elements, true);
  }

  Expression expression() {
    Expression value = binary(OR);
    while (tokens.acceptName("if")) {
      Expression condition = binary(OR);
      Expression otherwise = tokens.acceptName("else") ? expression() : null;
      value = new Expression.Conditional(condition, value, otherwise);
    }
    return value;
  }

  /** An expression without {@code if ... else}: what a loop runs over, where {@code if} starts the loop's filter. */
  Expression withoutCondition() {
    Expression first = binary(OR);
    if (!tokens.peek().isOperator(",")) {
      return first;
    }
    List<Expression> elements = new ArrayList<>(List.of(first));
    while (tokens.acceptOperator(",")) {
      elements.add(binary(OR));
    }
    return new Expression.Sequence(elements, true);
  }

  private Expression binary(int least) {
    Expression left = least <= NOT && tokens.acceptName("not") ? new Expression.Not(binary(NOT)) : unary(true);
    while (true) {
      Token operator = tokens.peek();
      int precedence = precedence(operator);
      if (precedence < least) {
        return left;
      }
      left = precedence == COMPARISON ? comparison(left) : operation(left, tokens.next().text(), precedence);
    }
  }

  private Expression operation(Expression left, String operator, int precedence) {
    Expression right = binary(precedence + 1);
    return switch (precedence) {
      case OR -> new Expression.Or(left, right);
      case AND -> new Expression.And(left, right);
      default -> new Expression.Arithmetic(operator, left, right);
    };
  }

  private int precedence(Token token) {
    return switch (token.kind()) {
      case NAME -> switch (token.text()) {
        case "or" -> OR;
        case "and" -> AND;
        case "in" -> COMPARISON;
        case "not" -> tokens.peekSecond().isName("in") ? COMPARISON : 0;
        default -> 0;
      };
      case OPERATOR -> switch (token.text()) {
        case "+", "-" -> SUM;
        case "~" -> CONCATENATION;
        case "*", "/", "//", "%" -> PRODUCT;
        case "**" -> POWER;
        default -> COMPARISONS.contains(token.text()) ? COMPARISON : 0;
      };
      case DATA, VARIABLE_BEGIN, VARIABLE_END, BLOCK_BEGIN, BLOCK_END, STRING, INTEGER, FLOAT, END -> 0;
    };
  }

  private Expression comparison(Expression first) {
    List<Expression.Link> links = new ArrayList<>();
    while (precedence(tokens.peek()) == COMPARISON) {
      String operator = tokens.next().text();
      if (operator.equals("not")) {
        tokens.next();
        operator = "not in";
      }
      links.add(new Expression.Link(operator, binary(SUM)));
    }
    return new Expression.Comparison(first, links);
  }

  private Expression unary(boolean withFilters) {
    Expression value;
    if (tokens.acceptOperator("-")) {
      value = new Expression.Negative(unary(false));
    } else if (tokens.acceptOperator("+")) {
      value = new Expression.Positive(unary(false));
    } else {
      value = primary();
    }
    value = postfix(value);
    return withFilters ? filtersAndTests(value) : value;
  }

  private Expression filtersAndTests(Expression input) {
    Expression value = input;
    while (true) {
      if (tokens.acceptOperator("|")) {
        value = filter(value);
      } else if (tokens.acceptName("is")) {
        value = test(value);
      } else if (tokens.acceptOperator("(")) {
        value = new Expression.Call(value, arguments());
      } else {
        return value;
      }
    }
  }

  private Expression filter(Expression input) {
    Token name = tokens.expect(Kind.NAME, "the name of a filter");
    if (!Filters.NAMES.contains(name.text())) {
      throw Problem.at(name.line(), "filter '" + name.text() + "' is not supported");
    }
    return new Expression.FilterCall(input, name.text(), optionalArguments());
  }

  private Expression test(Expression input) {
    boolean negated = tokens.acceptName("not");
    Token name = tokens.expect(Kind.NAME, "the name of a test");
    if (!Tests.NAMES.contains(name.text())) {
      throw Problem.at(name.line(), "test '" + name.text() + "' is not supported");
    }
    CallArguments arguments = optionalArguments();
    Token next = tokens.peek();
    if (arguments == CallArguments.NONE && startsOperand(next) && !Set.of("else", "or", "and", "if", "is", "not", "in")
        .contains(next.kind() == Kind.NAME ? next.text() : "")) {
      arguments = new CallArguments(List.of(postfix(primary())), Map.of());
    }
    Expression test = new Expression.TestCall(input, name.text(), arguments);
    return negated ? new Expression.Not(test) : test;
  }

  private static boolean startsOperand(Token token) {
    return switch (token.kind()) {
      case NAME, STRING, INTEGER, FLOAT -> true;
      case OPERATOR -> Set.of("(", "[", "{").contains(token.text());
      case DATA, VARIABLE_BEGIN, VARIABLE_END, BLOCK_BEGIN, BLOCK_END, END -> false;
    };
  }

  private Expression postfix(Expression operand) {
    Expression value = operand;
    while (true) {
      if (tokens.acceptOperator(".")) {
        Token name = tokens.next();
        value = switch (name.kind()) {
          case NAME -> new Expression.Attribute(value, name.text());
          case INTEGER -> new Expression.Item(value, new Expression.Literal(Long.valueOf(name.text())));
          default -> throw Problem.at(name.line(), "found " + name.description() + " where a name was expected");
        };
      } else if (tokens.acceptOperator("[")) {
        value = subscript(value);
      } else if (tokens.acceptOperator("(")) {
        value = new Expression.Call(value, arguments());
      } else {
        return value;
      }
    }
  }

  private Expression subscript(Expression owner) {
    Expression start = bound();
    if (!tokens.acceptOperator(":")) {
      if (start == null) {
        throw tokens.unexpected("an index");
      }
      tokens.expectOperator("]");
      return new Expression.Item(owner, start);
    }
    Expression stop = bound();
    Expression step = tokens.acceptOperator(":") ? bound() : null;
    tokens.expectOperator("]");
    return new Expression.Slice(owner, start, stop, step);
  }

  private @Nullable Expression bound() {
    return tokens.peek().isOperator(":") || tokens.peek().isOperator("]") ? null : expression();
  }

  private CallArguments optionalArguments() {
    return tokens.acceptOperator("(") ? arguments() : CallArguments.NONE;
  }

  private CallArguments arguments() {
    List<Expression> positional = new ArrayList<>();
    Map<String, Expression> named = new LinkedHashMap<>();
    while (!tokens.acceptOperator(")")) {
      if (tokens.peek().isOperator("*") || tokens.peek().isOperator("**")) {
        throw Problem.at(tokens.peek().line(), "arguments with '" + tokens.peek().text() + "' are not supported");
      }
      if (tokens.peek().kind() == Kind.NAME && tokens.peekSecond().isOperator("=")) {
        String name = tokens.next().text();
        tokens.next();
        named.put(name, expression());
      } else {
        positional.add(expression());
      }
      if (!tokens.peek().isOperator(")")) {
        tokens.expectOperator(",");
      }
    }
    return new CallArguments(positional, named);
  }

  private Expression primary() {
    Token token = tokens.next();
    return switch (token.kind()) {
      case NAME -> switch (token.text()) {
        case "true", "True" -> new Expression.Literal(true);
        case "false", "False" -> new Expression.Literal(false);
        case "none", "None" -> new Expression.Literal(None.NONE);
        default -> new Expression.Variable(token.text());
      };
      case STRING -> new Expression.Literal(adjacentStrings(token.text()));
      case INTEGER -> new Expression.Literal(Long.valueOf(token.text()));
      case FLOAT -> new Expression.Literal(Double.valueOf(token.text()));
      case OPERATOR -> switch (token.text()) {
        case "(" -> parenthesised();
        case "[" -> new Expression.Sequence(elements("]"), false);
        case "{" -> dictionary();
        default -> throw Problem.at(token.line(), "found " + token.description() + " where a value was expected");
      };
      case DATA, VARIABLE_BEGIN, VARIABLE_END, BLOCK_BEGIN, BLOCK_END, END ->
          throw Problem.at(token.line(), "found " + token.description() + " where a value was expected");
    };
  }

  private String adjacentStrings(String first) {
    StringBuilder text = new StringBuilder(first);
    while (tokens.peek().kind() == Kind.STRING) {
      text.append(tokens.next().text());
    }
    return text.toString();
  }

  private Expression parenthesised() {
    if (tokens.acceptOperator(")")) {
      return new Expression.Sequence(List.of(), true);
    }
    Expression inner = tuple();
    tokens.expectOperator(")");
    return inner;
  }

  private List<Expression> elements(String end) {
    List<Expression> elements = new ArrayList<>();
    while (!tokens.acceptOperator(end)) {
      elements.add(expression());
      if (!tokens.peek().isOperator(end)) {
        tokens.expectOperator(",");
      }
    }
    return elements;
  }

  private Expression dictionary() {
    List<Map.Entry<Expression, Expression>> entries = new ArrayList<>();
    while (!tokens.acceptOperator("}")) {
      Expression key = expression();
      tokens.expectOperator(":");
      entries.add(Map.entry(key, expression()));
      if (!tokens.peek().isOperator("}")) {
        tokens.expectOperator(",");
      }
    }
    return new Expression.Dictionary(entries);
  }
}
