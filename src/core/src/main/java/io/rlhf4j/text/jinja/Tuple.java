package io.rlhf4j.text.jinja;

import java.util.AbstractList;
import java.util.List;

/** A Python tuple: a list that prints with parentheses and equals tuples only. */
final class Tuple extends AbstractList<Object> {

  private final List<?> elements;

  Tuple(List<?> elements) {
    this.elements = elements;
  }

  @Override
  public Object get(int index) {
    return elements.get(index);
  }

  @Override
  public int size() {
    return elements.size();
  }
}
