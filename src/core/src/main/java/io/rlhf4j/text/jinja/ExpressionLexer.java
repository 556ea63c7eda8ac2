package io.rlhf4j.text.jinja;

import io.rlhf4j.text.jinja.Token.Kind;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts the inside of a tag into names, literals and operators. */
final class ExpressionLexer {

  private static final Pattern NUMBER =
      Pattern.compile("\\d+(?:_\\d+)*(?:(\\.\\d+(?:_\\d+)*)?([eE][+-]?\\d+)|(\\.\\d+(?:_\\d+)*))?");
  private static final Pattern DIGITS = Pattern.compile("\\d+");
  private static final Pattern NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_]*");
  private static final Pattern OPERATOR = Pattern.compile("//|\\*\\*|==|!=|>=|<=|[-+/*%~\\[\\](){}<>=.:|,]");

  private final String source;
  private final List<Token> tokens;
  private int depth;

  ExpressionLexer(String source, List<Token> tokens) {
    this.source = source;
    this.tokens = tokens;
  }

  boolean insideBrackets() {
    return depth > 0;
  }

  int skipSpace(int from) {
    int position = from;
    while (position < source.length() && PythonStrings.isSpace(source.charAt(position))) {
      position++;
    }
    return position;
  }

  /** Adds the token that starts here and returns where it ends. */
  int token(int position, int line) {
    char c = source.charAt(position);
    if (c == '"' || c == '\'') {
      return string(position, line, c);
    }
    boolean afterDot = position > 0 && source.charAt(position - 1) == '.';
    Matcher number = match(afterDot ? DIGITS : NUMBER, position);
    if (number.lookingAt()) {
      boolean integer = afterDot || (number.group(2) == null && number.group(3) == null);
      tokens.add(new Token(integer ? Kind.INTEGER : Kind.FLOAT, number.group().replace("_", ""), line));
      return number.end();
    }
    Matcher name = match(NAME, position);
    if (name.lookingAt()) {
      tokens.add(new Token(Kind.NAME, name.group(), line));
      return name.end();
    }
    Matcher operator = match(OPERATOR, position);
    if (!operator.lookingAt()) {
      throw Problem.at(line, "unexpected character '" + Character.toString(source.codePointAt(position)) + "'");
    }
    depth += switch (operator.group()) {
      case "(", "[", "{" -> 1;
      case ")", "]", "}" -> -1;
      default -> 0;
    };
    tokens.add(new Token(Kind.OPERATOR, operator.group(), line));
    return operator.end();
  }

  private Matcher match(Pattern pattern, int position) {
    return pattern.matcher(source).region(position, source.length());
  }

  private int string(int start, int line, char quote) {
    StringBuilder value = new StringBuilder();
    for (int i = start + 1; i < source.length(); i++) {
      char c = source.charAt(i);
      if (c == quote) {
        tokens.add(new Token(Kind.STRING, value.toString(), line));
        return i + 1;
      }
      if (c == '\\' && i + 1 < source.length()) {
        i = PythonStrings.unescape(source, i + 1, value, line) - 1;
      } else {
        value.append(c);
      }
    }
    throw Problem.at(line, "a string is never closed by " + quote);
  }
}
