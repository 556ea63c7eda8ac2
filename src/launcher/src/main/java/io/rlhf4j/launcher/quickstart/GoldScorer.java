package io.rlhf4j.launcher.quickstart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The true quality of a reply to a customer, as a sum of terms.
 *
 * <table>
 * <caption>Terms</caption>
 * <tr><td>+1</td><td>it starts with a greeting by the right name</td></tr>
 * <tr><td>+1</td><td>it apologises for a complaint</td></tr>
 * <tr><td>+1</td><td>it names the product ("your lamp")</td></tr>
 * <tr><td>+2</td><td>it promises the action that solves the problem ("we will track it")</td></tr>
 * <tr><td>+1</td><td>it ends with a polite closing</td></tr>
 * <tr><td>-0.5</td><td>it apologises although nothing went wrong</td></tr>
 * <tr><td>-1</td><td>each wrong name, each wrong product</td></tr>
 * <tr><td>-1.5</td><td>each wrong action</td></tr>
 * <tr><td>-2</td><td>each rude phrase</td></tr>
 * <tr><td>-0.5</td><td>each three words in a row that were said before</td></tr>
 * <tr><td>-0.25</td><td>each word beyond {@value #WORD_BUDGET}</td></tr>
 * <tr><td>-0.25</td><td>each word that no reply of this task uses</td></tr>
 * </table>
 *
 * <p>The sum is never below {@value #LOWEST}, so that one broken sample cannot decide an average.
 */
final class GoldScorer {

  static final int WORD_BUDGET = 26;
  static final double LOWEST = -5.0;

  private static final List<String> PROMISE_STARTS = List.of("we will ", "we can ");

  /**
   * One line of the bill.
   *
   * @param reason what was found in the reply
   * @param points what it is worth
   */
  record Term(String reason, double points) {}

  private GoldScorer() {}

  static double score(CustomerMessage message, String reply) {
    return Math.max(LOWEST, terms(message, reply).stream().mapToDouble(Term::points).sum());
  }

  /** The score of a reply with every good term and no bad one; the budget has room for the longest such reply. */
  static double bestReachable(CustomerMessage message) {
    return 5.0 + (message.problem().isComplaint() ? 1.0 : 0.0);
  }

  /** The terms that apply to a reply, for reports. */
  static List<Term> terms(CustomerMessage message, String reply) {
    Wording wording = Wording.of(reply);
    List<Term> terms = new ArrayList<>();
    addMerits(message, wording, terms);
    addMistakes(message, wording, terms);
    addManners(wording, terms);
    return terms;
  }

  private static void addMerits(CustomerMessage message, Wording reply, List<Term> terms) {
    add(terms, "greeting by name", 1.0,
        ReplyPhrases.GREETINGS.stream().anyMatch(word -> reply.startsWith(word + " " + message.name())));
    boolean apology = reply.hasAny(ReplyPhrases.APOLOGY_CUES);
    add(terms, "apology", 1.0, apology && message.problem().isComplaint());
    add(terms, "needless apology", -0.5, apology && !message.problem().isComplaint());
    add(terms, "right product", 1.0, reply.has("your " + message.product()));
    String action = message.problem().action();
    boolean promised = PROMISE_STARTS.stream().anyMatch(start -> reply.has(start + action));
    add(terms, "right action", 2.0, promised);
    add(terms, "closing", 1.0, ReplyPhrases.CLOSING_CUES.stream().anyMatch(reply::endsWith));
  }

  private static void addMistakes(CustomerMessage message, Wording reply, List<Term> terms) {
    add(terms, "wrong name", -1.0 * count(reply, CustomerMessage.NAMES, message.name()));
    add(terms, "wrong product", -1.0 * count(reply, CustomerMessage.PRODUCTS, message.product()));
    List<String> actions = Arrays.stream(Problem.values()).map(Problem::action).toList();
    add(terms, "wrong action", -1.5 * count(reply, actions, message.problem().action()));
  }

  private static void addManners(Wording reply, List<Term> terms) {
    add(terms, "rude", -2.0 * ReplyPhrases.RUDE_CUES.stream().filter(reply::has).count());
    add(terms, "repetition", -0.5 * repeatedTriples(reply.words()));
    add(terms, "too long", -0.25 * Math.max(0, reply.size() - WORD_BUDGET));
    long unknown = reply.words().stream().filter(word -> !ReplyPhrases.VOCABULARY.contains(word)).count();
    add(terms, "unknown words", -0.25 * unknown);
  }

  private static long count(Wording reply, List<String> phrases, String except) {
    return phrases.stream().filter(phrase -> !phrase.equals(except) && reply.has(phrase)).count();
  }

  private static int repeatedTriples(List<String> words) {
    Set<List<String>> seen = new HashSet<>();
    int repeated = 0;
    for (int i = 0; i + 3 <= words.size(); i++) {
      repeated += seen.add(words.subList(i, i + 3)) ? 0 : 1;
    }
    return repeated;
  }

  private static void add(List<Term> terms, String reason, double points, boolean applies) {
    add(terms, reason, applies ? points : 0.0);
  }

  private static void add(List<Term> terms, String reason, double points) {
    if (points != 0.0) {
      terms.add(new Term(reason, points));
    }
  }

  /** The bill in one line, for reports: {@code "right action +2.00, rude -2.00"}. */
  static String explain(CustomerMessage message, String reply) {
    return terms(message, reply).stream()
        .map(term -> String.format(Locale.ROOT, "%s %+.2f", term.reason(), term.points()))
        .collect(Collectors.joining(", "));
  }
}
