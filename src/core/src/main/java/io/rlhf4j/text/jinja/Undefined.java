package io.rlhf4j.text.jinja;

/**
 * The value of a name, attribute or item that does not exist. It prints as nothing and is false; anything else that is
 * done with it is an error.
 *
 * @param what how an error message calls it
 */
record Undefined(String what) {

  Problem problem() {
    return new Problem(what + " is undefined");
  }
}
