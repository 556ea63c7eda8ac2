package io.rlhf4j.launcher.report;

import java.util.List;

/** The answers of a run with a form to look for some of them. Works without script. */
final class SamplesPage {

  private final SampleQuery query;
  private final SampleFiles.Found found;
  private final Markup page = new Markup();

  private SamplesPage(SampleQuery query, SampleFiles.Found found) {
    this.query = query;
    this.found = found;
  }

  static String of(String name, SampleQuery query, SampleFiles.Found found) {
    return new SamplesPage(query, found).write(name);
  }

  private String write(String name) {
    PageHead.LIVE.open(page, name + ": answers");
    page.open("body").open("header").element("h1", name)
        .open("p").element("a", "curves and warnings", "href", "./").close().close().line();
    form();
    page.element("p", found.matching() + (found.matching() == 1 ? " answer" : " answers"));
    table();
    pages();
    return "<!DOCTYPE html>\n" + page.close().close().line();
  }

  private void form() {
    page.open("form", "action", "samples", "method", "get")
        .open("label").text("text ")
        .empty("input", "name", "text", "type", "search", "maxlength", "1000", "value", query.text()).close()
        .open("label").text(" step ").empty("input", "name", "step", "type", "number", "min", "0", "value",
            query.step().isPresent() ? String.valueOf(query.step().getAsLong()) : "")
        .close().open("label").text(" order ").open("select", "name", "order");
    for (SampleOrder order : SampleOrder.values()) {
      if (order == query.order()) {
        page.element("option", order.label(), "value", order.key(), "selected", "selected");
      } else {
        page.element("option", order.label(), "value", order.key());
      }
    }
    page.close().close().text(" ").element("button", "show", "type", "submit").close().line();
  }

  private void table() {
    page.open("table", "class", "texts").open("tr");
    List.of("step", "prompt", "response", "reward", "KL").forEach(column -> page.element("th", column));
    page.close().line();
    for (Sample sample : found.samples()) {
      page.open("tr").element("td", String.valueOf(sample.step())).element("td", sample.prompt())
          .open("td").text(sample.response());
      if (!Double.isNaN(sample.gold())) {
        page.element("small", "gold " + Scale.number(sample.gold()));
      }
      page.close().element("td", Scale.number(sample.reward())).element("td", Scale.number(sample.kl())).close().line();
    }
    page.close().line();
  }

  private void pages() {
    page.open("p");
    if (query.page() > 0) {
      page.element("a", "previous", "href", query.address(query.page() - 1)).text(" ");
    }
    long last = Math.min((Math.max(found.matching(), 1) - 1) / SampleQuery.ROWS, SampleQuery.MAX_PAGE);
    page.text("page " + (query.page() + 1) + " of " + (last + 1));
    if (query.page() < last) {
      page.text(" ").element("a", "next", "href", query.address(query.page() + 1));
    }
    page.close().line();
  }
}
