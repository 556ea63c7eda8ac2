package io.rlhf4j.text.jinja;

/** A function, macro or bound method. */
@FunctionalInterface
interface Callable {

  Object call(Arguments arguments);
}
