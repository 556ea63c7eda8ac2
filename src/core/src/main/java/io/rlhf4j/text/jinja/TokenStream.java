package io.rlhf4j.text.jinja;

import io.rlhf4j.config.InputException;
import io.rlhf4j.text.jinja.Token.Kind;
import java.util.List;

/** Tokens read one after the other by both parsers. */
final class TokenStream {

  private final List<Token> tokens;
  private int position;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(position);
  }

  Token peekSecond() {
    return tokens.get(Math.min(position + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = peek();
    if (token.kind() != Kind.END) {
      position++;
    }
    return token;
  }

  boolean acceptOperator(String operator) {
    return accept(peek().isOperator(operator));
  }

  boolean acceptName(String name) {
    return accept(peek().isName(name));
  }

  void expectOperator(String operator) {
    if (!acceptOperator(operator)) {
      throw unexpected("'" + operator + "'");
    }
  }

  Token expect(Kind kind, String description) {
    if (peek().kind() != kind) {
      throw unexpected(description);
    }
    return next();
  }

  InputException unexpected(String wanted) {
    return Problem.at(peek().line(), "found " + peek().description() + " where " + wanted + " was expected");
  }

  private boolean accept(boolean matches) {
    if (matches) {
      position++;
    }
    return matches;
  }
}
