package io.rlhf4j.launcher.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** What a page may do. Whatever slipped into it could neither run nor load anything else. */
enum PageHead {
  /** A file: no script, no network. */
  FILE("default-src 'none'; style-src 'unsafe-inline'"),
  /** Served by {@link WatchServer}: one script of the same server, which asks that server for news. */
  LIVE("default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; form-action 'self'; "
      + "frame-ancestors 'none'; base-uri 'none'");

  private final String policy;

  PageHead(String policy) {
    this.policy = policy;
  }

  /** Of a page as a header, which counts where a page's own is not read. */
  String policy() {
    return policy;
  }

  /** Begins a page: the element {@code html}, still open, with its head. */
  void open(Markup page, String title) {
    page.open("html", "xmlns", "http://www.w3.org/1999/xhtml", "lang", "en").open("head").line()
        .empty("meta", "charset", "utf-8").line();
    switch (this) {
      case FILE -> page.empty("meta", "http-equiv", "Content-Security-Policy", "content", policy).line();
      case LIVE -> page.element("script", "", "src", "watch.js", "defer", "defer").line();
    }
    page.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1").line()
        .element("title", title).line().element("style", resource("report.css")).line().close().line();
  }

  /** A file that stands beside this class. */
  static String resource(String name) {
    try (InputStream in = PageHead.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }
}
