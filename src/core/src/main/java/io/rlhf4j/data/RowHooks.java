package io.rlhf4j.data;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.InputException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/** Finds and calls {@link RowHook}s. */
public final class RowHooks {

  private static final String KEY = "data.row_hook";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<LinkedHashMap<String, @Nullable Object>> ROW = new TypeReference<>() {};

  private RowHooks() {}

  /** @throws InputException if there is no such class, or it cannot be made */
  public static RowHook named(String className) {
    try {
      return Class.forName(className).asSubclass(RowHook.class).getConstructor().newInstance();
    } catch (ClassNotFoundException | LinkageError e) {
      throw InputException.key(KEY, "class " + className + " is not on the class path");
    } catch (ClassCastException e) {
      throw InputException.key(KEY, "class " + className + " must implement " + RowHook.class.getName());
    } catch (InvocationTargetException e) {
      throw InputException.key(KEY, "class " + className + " cannot be made: " + e.getCause());
    } catch (ReflectiveOperationException e) {
      throw InputException.key(KEY, "class " + className
          + " must be public, with a public constructor without parameters");
    }
  }

  /** @throws InputException if the hook fails: that is a mistake in it, not in the row */
  static JsonNode apply(RowHook hook, JsonNode row, Path file, long line) throws BadRow {
    JsonNode changed;
    try {
      changed = JSON.valueToTree(hook.apply(JSON.convertValue(row, ROW), line));
    } catch (RuntimeException e) {
      throw new InputException(file + ":" + line + ": " + KEY + " " + hook.getClass().getName() + " failed: " + e, e);
    }
    if (changed.isNull()) {
      throw new BadRow(SkipReason.LEFT_OUT);
    }
    return changed;
  }
}
