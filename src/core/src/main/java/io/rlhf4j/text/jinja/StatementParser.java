package io.rlhf4j.text.jinja;

import io.rlhf4j.text.jinja.Statement.Target;
import io.rlhf4j.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads text, outputs and block tags. A block runs until a tag of one of the names that may end it. */
final class StatementParser {

  private final TokenStream tokens;
  private final ExpressionParser expressions;

  private StatementParser(TokenStream tokens) {
    this.tokens = tokens;
    this.expressions = new ExpressionParser(tokens);
  }

  static List<Statement> parse(String source) {
    TokenStream tokens = new TokenStream(Lexer.tokens(source));
    return new StatementParser(tokens).until(Set.of(), "");
  }

  /** Statements up to a tag with one of the names; the tag's opening is consumed, its name is the next token. */
  private List<Statement> until(Set<String> ends, String opener) {
    List<Statement> statements = new ArrayList<>();
    while (true) {
      Token token = tokens.next();
      switch (token.kind()) {
        case DATA -> statements.add(new Statement.Text(token.text(), token.line()));
        case VARIABLE_BEGIN -> {
          statements.add(new Statement.Output(expressions.tuple(), token.line()));
          tokens.expect(Kind.VARIABLE_END, "}}");
        }
        case BLOCK_BEGIN -> {
          if (tokens.peek().kind() == Kind.NAME && ends.contains(tokens.peek().text())) {
            return statements;
          }
          statements.add(block(tokens.expect(Kind.NAME, "the name of a statement")));
        }
        case END -> {
          if (ends.isEmpty()) {
            return statements;
          }
          throw Problem.at(token.line(), opener + " is never closed");
        }
        case VARIABLE_END, BLOCK_END, NAME, STRING, INTEGER, FLOAT, OPERATOR ->
            throw Problem.at(token.line(), "unexpected " + token.description());
      }
    }
  }

  private Statement block(Token tag) {
    return switch (tag.text()) {
      case "if" -> conditional(tag.line());
      case "for" -> loop(tag.line());
      case "set" -> assignment(tag.line());
      case "macro" -> macro(tag.line());
      case "generation" -> {
        endOfTag();
        yield new Statement.Group(body("generation", "endgeneration"), tag.line());
      }
      case "break" -> {
        endOfTag();
        yield new Statement.Break(tag.line());
      }
      case "continue" -> {
        endOfTag();
        yield new Statement.Continue(tag.line());
      }
      default -> throw Problem.at(tag.line(), "statement '" + tag.text() + "' is not supported here");
    };
  }

  private Statement conditional(int line) {
    Expression condition = expressions.tuple();
    endOfTag();
    List<Statement> body = until(Set.of("elif", "else", "endif"), "{% if %} of line " + line);
    Token end = tokens.next();
    if (end.isName("elif")) {
      return new Statement.If(condition, body, List.of(conditional(end.line())), line);
    }
    endOfTag();
    List<Statement> otherwise = end.isName("else") ? body("if", "endif") : List.of();
    return new Statement.If(condition, body, otherwise, line);
  }

  private Statement loop(int line) {
    List<String> targets = new ArrayList<>();
    boolean parenthesised = tokens.acceptOperator("(");
    do {
      targets.add(tokens.expect(Kind.NAME, "the name of a loop variable").text());
    } while (tokens.acceptOperator(","));
    if (parenthesised) {
      tokens.expectOperator(")");
    }
    if (!tokens.acceptName("in")) {
      throw tokens.unexpected("'in'");
    }
    Expression items = expressions.withoutCondition();
    Expression filter = tokens.acceptName("if") ? expressions.expression() : null;
    if (tokens.peek().isName("recursive")) {
      throw Problem.at(line, "'recursive' loops are not supported");
    }
    endOfTag();
    List<Statement> body = until(Set.of("else", "endfor"), "{% for %} of line " + line);
    Token end = tokens.next();
    endOfTag();
    List<Statement> otherwise = end.isName("else") ? body("for", "endfor") : List.of();
    return new Statement.For(targets, items, filter, body, otherwise, line);
  }

  private Statement assignment(int line) {
    List<Target> targets = new ArrayList<>();
    boolean parenthesised = tokens.acceptOperator("(");
    do {
      String name = tokens.expect(Kind.NAME, "a name to set").text();
      String attribute = tokens.acceptOperator(".") ? tokens.expect(Kind.NAME, "an attribute").text() : null;
      targets.add(new Target(name, attribute));
    } while (tokens.acceptOperator(","));
    if (parenthesised) {
      tokens.expectOperator(")");
    }
    if (tokens.acceptOperator("=")) {
      Expression value = expressions.tuple();
      endOfTag();
      return new Statement.Assign(targets, value, line);
    }
    if (tokens.peek().isOperator("|")) {
      throw Problem.at(line, "filters on a {% set %} block are not supported");
    }
    endOfTag();
    if (targets.size() != 1) {
      throw Problem.at(line, "a {% set %} block sets one name");
    }
    return new Statement.Capture(targets.getFirst(), body("set", "endset"), line);
  }

  private Statement macro(int line) {
    String name = tokens.expect(Kind.NAME, "the name of a macro").text();
    tokens.expectOperator("(");
    List<String> parameters = new ArrayList<>();
    Map<String, Expression> defaults = new LinkedHashMap<>();
    while (!tokens.acceptOperator(")")) {
      String parameter = tokens.expect(Kind.NAME, "a parameter").text();
      parameters.add(parameter);
      if (tokens.acceptOperator("=")) {
        defaults.put(parameter, expressions.expression());
      }
      if (!tokens.peek().isOperator(")")) {
        tokens.expectOperator(",");
      }
    }
    endOfTag();
    return new Statement.MacroDefinition(name, parameters, defaults, body("macro", "endmacro"), line);
  }

  private List<Statement> body(String opener, String end) {
    List<Statement> statements = until(Set.of(end), "{% " + opener + " %}");
    tokens.next();
    if (end.equals("endmacro") && tokens.peek().kind() == Kind.NAME) {
      tokens.next();
    }
    endOfTag();
    return statements;
  }

  private void endOfTag() {
    tokens.expect(Kind.BLOCK_END, "%}");
  }
}
