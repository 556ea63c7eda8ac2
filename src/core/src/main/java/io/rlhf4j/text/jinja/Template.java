package io.rlhf4j.text.jinja;

import io.rlhf4j.config.InputException;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/** A parsed template. */
public final class Template {

  private final List<Statement> statements;
  private final Clock clock;

  private Template(List<Statement> statements, Clock clock) {
    this.statements = statements;
    this.clock = clock;
  }

  /**
   * Parses template source.
   *
   * @throws InputException with the line if the source is malformed or uses what is not supported
   */
  public static Template parse(String source) {
    return parse(source, Clock.systemDefaultZone());
  }

  /** Like {@link #parse(String)}, with the clock that {@code strftime_now} reads. */
  public static Template parse(String source, Clock clock) {
    return new Template(StatementParser.parse(source), clock);
  }

  /**
   * Renders with the given variables, which are strings, numbers, booleans, nulls, lists and maps of such.
   *
   * @throws InputException with the line if the template raises an error or computes what has no value
   */
  public String render(Map<String, ?> variables) {
    Scope scope = new Scope(Globals.scope(clock));
    variables.forEach((name, value) -> scope.set(name, Values.of(value)));
    return Renderer.render(statements, new Scope(scope));
  }
}
