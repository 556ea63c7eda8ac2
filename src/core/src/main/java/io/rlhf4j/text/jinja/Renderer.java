package io.rlhf4j.text.jinja;

import io.rlhf4j.text.jinja.Statement.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Runs statements and collects the text that they write. */
final class Renderer {

  /** How a statement ended: whether the loop around it goes on as usual. */
  private enum Flow {
    NEXT, BREAK, CONTINUE
  }

  private final StringBuilder out = new StringBuilder();

  private Renderer() {}

  static String render(List<Statement> statements, Scope scope) {
    Renderer renderer = new Renderer();
    renderer.run(statements, scope);
    return renderer.out.toString();
  }

  private Flow run(List<Statement> statements, Scope scope) {
    for (Statement statement : statements) {
      Flow flow;
      try {
        flow = run(statement, scope);
      } catch (Problem | ArithmeticException e) {
        throw Problem.at(statement.line(), String.valueOf(e.getMessage()));
      }
      if (flow != Flow.NEXT) {
        return flow;
      }
    }
    return Flow.NEXT;
  }

  private Flow run(Statement statement, Scope scope) {
    switch (statement) {
      case Statement.Text(String text, int line) -> out.append(text);
      case Statement.Output(Expression value, int line) -> out.append(PythonText.str(Evaluator.value(value, scope)));
      case Statement.If conditional -> {
        boolean holds = Values.truth(Evaluator.value(conditional.condition(), scope));
        return run(holds ? conditional.body() : conditional.otherwise(), scope);
      }
      case Statement.For loop -> {
        return loop(loop, scope);
      }
      case Statement.Assign assign -> assign(assign, scope);
      case Statement.Capture(Target target, List<Statement> body, int line) ->
          bind(target, render(body, new Scope(scope)), scope);
      case Statement.MacroDefinition macro -> scope.set(macro.name(), (Callable) given -> call(macro, given, scope));
      case Statement.Group(List<Statement> body, int line) -> {
        return run(body, scope);
      }
      case Statement.Break(int line) -> {
        return Flow.BREAK;
      }
      case Statement.Continue(int line) -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.NEXT;
  }

  private Flow loop(Statement.For loop, Scope scope) {
    List<?> items = selected(loop, scope);
    for (int i = 0; i < items.size(); i++) {
      Scope inner = new Scope(scope);
      unpack(loop.targets(), items.get(i), inner);
      inner.set("loop", new Loop(items, i));
      if (run(loop.body(), inner) == Flow.BREAK) {
        break;
      }
    }
    return items.isEmpty() ? run(loop.otherwise(), new Scope(scope)) : Flow.NEXT;
  }

  private static List<?> selected(Statement.For loop, Scope scope) {
    List<?> all = Values.elements(Evaluator.value(loop.items(), scope));
    Expression filter = loop.filter();
    if (filter == null) {
      return all;
    }
    List<Object> selected = new ArrayList<>();
    for (Object item : all) {
      Scope inner = new Scope(scope);
      unpack(loop.targets(), item, inner);
      if (Values.truth(Evaluator.value(filter, inner))) {
        selected.add(item);
      }
    }
    return selected;
  }

  private static void unpack(List<String> targets, Object item, Scope scope) {
    if (targets.size() == 1) {
      scope.set(targets.getFirst(), item);
      return;
    }
    List<?> parts = parts(targets.size(), item);
    for (int i = 0; i < targets.size(); i++) {
      scope.set(targets.get(i), parts.get(i));
    }
  }

  private static List<?> parts(int wanted, Object value) {
    List<?> parts = Values.elements(value);
    if (parts.size() != wanted) {
      throw new Problem(parts.size() + " values for " + wanted + " names");
    }
    return parts;
  }

  private static void assign(Statement.Assign assign, Scope scope) {
    Object value = Evaluator.value(assign.value(), scope);
    if (assign.targets().size() == 1) {
      bind(assign.targets().getFirst(), value, scope);
      return;
    }
    List<?> parts = parts(assign.targets().size(), value);
    for (int i = 0; i < parts.size(); i++) {
      bind(assign.targets().get(i), parts.get(i), scope);
    }
  }

  private static void bind(Target target, Object value, Scope scope) {
    String attribute = target.attribute();
    if (attribute == null) {
      scope.set(target.name(), value);
    } else if (scope.get(target.name()) instanceof Namespace namespace) {
      namespace.set(attribute, value);
    } else {
      throw new Problem("'" + target.name() + "' is no namespace; only attributes of a namespace can be set");
    }
  }

  private static Object call(Statement.MacroDefinition macro, Arguments given, Scope scope) {
    List<String> parameters = macro.parameters();
    if (given.positional().size() > parameters.size() || !Set.copyOf(parameters).containsAll(given.named().keySet())) {
      throw new Problem("macro '" + macro.name() + "' takes the arguments " + parameters + " only");
    }
    Scope inner = new Scope(scope);
    for (int i = 0; i < parameters.size(); i++) {
      String name = parameters.get(i);
      Expression otherwise = macro.defaults().get(name);
      if (given.has(i, name)) {
        inner.set(name, given.get(i, name, None.NONE));
      } else {
        inner.set(name, otherwise == null ? new Undefined("parameter '" + name + "'")
            : Evaluator.value(otherwise, inner));
      }
    }
    return render(macro.body(), inner);
  }
}
