package io.rlhf4j.text.jinja;

/**
 * A piece of template source.
 *
 * @param kind what it is
 * @param text literal text, a name, an operator, the digits of a number or the value of a string
 * @param line where it starts, counted from 1
 */
record Token(Kind kind, String text, int line) {

  enum Kind {
    DATA, VARIABLE_BEGIN, VARIABLE_END, BLOCK_BEGIN, BLOCK_END, NAME, STRING, INTEGER, FLOAT, OPERATOR, END
  }

  boolean is(Kind wanted, String wantedText) {
    return kind == wanted && text.equals(wantedText);
  }

  boolean isName(String name) {
    return is(Kind.NAME, name);
  }

  boolean isOperator(String operator) {
    return is(Kind.OPERATOR, operator);
  }

  /** How an error message calls the token. */
  String description() {
    return switch (kind) {
      case DATA -> "text";
      case END -> "the end of the template";
      case BLOCK_END -> "%}";
      case VARIABLE_END -> "}}";
      case BLOCK_BEGIN, VARIABLE_BEGIN, NAME, STRING, INTEGER, FLOAT, OPERATOR -> "'" + text + "'";
    };
  }
}
