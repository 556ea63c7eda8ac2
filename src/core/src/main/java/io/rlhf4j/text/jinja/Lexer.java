package io.rlhf4j.text.jinja;

import io.rlhf4j.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts template source into literal text and tags, and applies Jinja's white-space rules on the way.
 *
 * <p>{@code trim_blocks}: the line break after a block or comment tag is dropped. {@code lstrip_blocks}: blanks between
 * the start of a line and a block or comment tag are dropped. A minus sign inside a tag drops all white space on its
 * side, a plus sign switches the two rules off. One line break at the end of the template is dropped.
 */
final class Lexer {

  private static final Pattern RAW_BEGIN = Pattern.compile("\\{%[-+]?\\s*raw\\s*(?:-%}\\s*|%})");
  private static final Pattern RAW_END = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(?:\\+%}|-%}\\s*|%}\\n?)");
  private static final Pattern COMMENT_END = Pattern.compile("\\+#}|-#}\\s*|#}\\n?");
  private static final Pattern BLOCK_END = Pattern.compile("\\+%}|-%}\\s*|%}\\n?");
  private static final Pattern VARIABLE_END = Pattern.compile("-}}\\s*|}}");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int position;
  private int line = 1;
  private boolean lineStarting = true;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> tokens(String template) {
    String source = template.replace("\r\n", "\n").replace('\r', '\n');
    Lexer lexer = new Lexer(source.endsWith("\n") ? source.substring(0, source.length() - 1) : source);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    for (int tag = nextTag(position); tag >= 0; tag = nextTag(position)) {
      char kind = source.charAt(tag + 1);
      data(source.substring(position, tag), signAt(tag + 2), kind != '{');
      advanceTo(tag);
      Matcher raw = RAW_BEGIN.matcher(source).region(tag, source.length());
      if (kind == '%' && raw.lookingAt()) {
        advanceTo(raw.end());
        raw();
      } else if (kind == '#') {
        comment();
      } else {
        tag(kind == '%');
      }
    }
    data(source.substring(position), ' ', false);
    tokens.add(new Token(Kind.END, "", line));
  }

  private int nextTag(int from) {
    for (int i = source.indexOf('{', from); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
      if ("{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  private char signAt(int index) {
    char c = index < source.length() ? source.charAt(index) : ' ';
    return c == '-' || c == '+' ? c : ' ';
  }

  /** Literal text in front of a tag. */
  private void data(String text, char sign, boolean blockFollows) {
    String kept = text;
    if (sign == '-') {
      kept = PythonStrings.stripEnd(text);
    } else if (sign != '+' && blockFollows) {
      int lineStart = text.lastIndexOf('\n') + 1;
      if ((lineStart > 0 || lineStarting) && PythonStrings.strip(text.substring(lineStart)).isEmpty()) {
        kept = text.substring(0, lineStart);
      }
    }
    if (!kept.isEmpty()) {
      tokens.add(new Token(Kind.DATA, kept, line));
    }
  }

  private void raw() {
    Matcher end = RAW_END.matcher(source);
    if (!end.find(position)) {
      throw Problem.at(line, "{% raw %} is never closed by {% endraw %}");
    }
    lineStarting = source.charAt(position - 1) == '\n';
    data(source.substring(position, end.start()), end.group(1).isEmpty() ? ' ' : end.group(1).charAt(0), true);
    leave(end);
  }

  private void comment() {
    Matcher end = COMMENT_END.matcher(source);
    if (!end.find(position + 2)) {
      throw Problem.at(line, "a comment is never closed by #}");
    }
    leave(end);
  }

  private void tag(boolean block) {
    tokens.add(new Token(block ? Kind.BLOCK_BEGIN : Kind.VARIABLE_BEGIN, block ? "{%" : "{{", line));
    int start = position + 2;
    advanceTo(signAt(start) == ' ' ? start : start + 1);
    Matcher end = (block ? BLOCK_END : VARIABLE_END).matcher(source);
    ExpressionLexer expression = new ExpressionLexer(source, tokens);
    int opened = line;
    while (true) {
      advanceTo(expression.skipSpace(position));
      if (position >= source.length()) {
        throw Problem.at(opened, "a tag is never closed by " + (block ? "%}" : "}}"));
      }
      // A closing brace of a dictionary is no end of the tag.
      if (!expression.insideBrackets() && end.region(position, source.length()).lookingAt()) {
        tokens.add(new Token(block ? Kind.BLOCK_END : Kind.VARIABLE_END, end.group(), line));
        leave(end);
        return;
      }
      advanceTo(expression.token(position, line));
    }
  }

  private void leave(Matcher end) {
    lineStarting = end.group().endsWith("\n");
    advanceTo(end.end());
  }

  private void advanceTo(int target) {
    for (; position < target; position++) {
      line += source.charAt(position) == '\n' ? 1 : 0;
    }
  }
}
