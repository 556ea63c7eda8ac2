package io.rlhf4j.cluster;

import akka.cluster.ConfigValidation;
import akka.cluster.JoinConfigCompatChecker;
import com.typesafe.config.Config;
import io.rlhf4j.trust.Token;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What both sides of a join compare: the version of what they say, and whether they have the same token. Akka makes one
 * from its name.
 */
public final class JoinCheck extends JoinConfigCompatChecker {

  /** Of the messages between nodes; raised whenever one of them changes. */
  static final String VERSION = "2";

  private static final String VERSION_KEY = "rlhf4j.join.version";
  private static final String TOKEN_KEY = "rlhf4j.join.token";

  static Map<String, Object> settings(@Nullable Token token) {
    return Map.of("akka.cluster.configuration-compatibility-check.checkers.rlhf4j", JoinCheck.class.getName(),
        VERSION_KEY, VERSION, TOKEN_KEY, token == null ? "none" : token.proof("cluster join"));
  }

  @Override
  public scala.collection.immutable.Seq<String> requiredKeys() {
    return CollectionConverters.asScala(List.of(VERSION_KEY, TOKEN_KEY)).toSeq();
  }

  @Override
  public ConfigValidation check(Config other, Config own) {
    if (!same(VERSION_KEY, other, own)) {
      return invalid("runs another version of rlhf4j");
    }
    return same(TOKEN_KEY, other, own) ? akka.cluster.Valid.getInstance() : invalid("has another token, or none");
  }

  private static ConfigValidation invalid(String reason) {
    return new akka.cluster.Invalid(CollectionConverters.asScala(List.of(reason)).toSeq());
  }

  private static boolean same(String key, Config other, Config own) {
    return other.hasPath(key) && Token.equal(other.getString(key), own.getString(key));
  }
}
