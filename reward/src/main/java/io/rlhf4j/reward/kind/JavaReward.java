package io.rlhf4j.reward.kind;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RewardSpec;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.List;

/** Rewards written by users: finds the class and makes one. */
final class JavaReward {

  private JavaReward() {}

  static Reward open(RewardSpec.Java spec) {
    Class<?> type = find(spec.className());
    if (!Reward.class.isAssignableFrom(type)) {
      throw wrong(spec, "must implement " + AnswerReward.class.getName() + " or " + GroupReward.class.getSimpleName());
    }
    try {
      return (Reward) make(spec, type);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof InputException known) {
        throw known;
      }
      throw new InputException("rewards: class " + spec.className() + " cannot be made: " + e.getCause(), e.getCause());
    } catch (ReflectiveOperationException e) {
      throw wrong(spec, "must be public, with a public constructor without parameters or with one List<String>");
    }
  }

  private static Object make(RewardSpec.Java spec, Class<?> type) throws ReflectiveOperationException {
    for (Constructor<?> constructor : type.getConstructors()) {
      if (List.of(constructor.getParameterTypes()).equals(List.of(List.class))) {
        return constructor.newInstance(spec.arguments());
      }
    }
    if (!spec.arguments().isEmpty()) {
      throw wrong(spec, "takes no arguments, so arguments must be empty");
    }
    return type.getConstructor().newInstance();
  }

  private static Class<?> find(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException | LinkageError e) {
      throw InputException.key("rewards", "class " + name + " is not on the class path");
    }
  }

  private static InputException wrong(RewardSpec.Java spec, String rule) {
    return InputException.key("rewards", "class " + spec.className() + " " + rule);
  }
}
