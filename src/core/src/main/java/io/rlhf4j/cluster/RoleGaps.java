package io.rlhf4j.cluster;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Why a role that a run needs is not there. */
final class RoleGaps {

  private RoleGaps() {}

  /**
   * The roles that are missing, each with a reason.
   *
   * @param wanted labels of the roles that are needed
   * @param hosted labels of the roles that answer
   */
  static Map<String, String> of(Collection<String> wanted, Set<String> hosted, List<MemberLine> members) {
    Map<String, String> gaps = new LinkedHashMap<>();
    for (String role : wanted) {
      if (!hosted.contains(role)) {
        gaps.put(role, reason(role, members));
      }
    }
    return gaps;
  }

  private static String reason(String role, List<MemberLine> members) {
    List<MemberLine> started = members.stream().filter(member -> member.roles().contains(role)).toList();
    if (started.isEmpty()) {
      return "no node has joined with it";
    }
    MemberLine node = started.stream().filter(MemberLine::reachable).findFirst().orElse(started.getFirst());
    if (!node.reachable()) {
      return "its node " + node.address() + " is unreachable";
    }
    return node.state().equals("up") ? "its node " + node.address() + " is up but does not serve it yet"
        : "its node " + node.address() + " is " + node.state();
  }

  /** {@code "critic (no node has joined with it), ..."}. */
  static String text(Map<String, String> gaps) {
    return String.join(", ", gaps.entrySet().stream().map(gap -> gap.getKey() + " (" + gap.getValue() + ")").toList());
  }
}
