package io.rlhf4j.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import akka.cluster.ConfigValidation;
import akka.cluster.Invalid;
import akka.cluster.Valid;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import org.junit.jupiter.api.Test;
import scala.jdk.javaapi.CollectionConverters;

/** What a node that joins is asked. */
class JoinCheckTest {

  private static final String VERSION = "rlhf4j.join.version";
  private static final String TOKEN = "rlhf4j.join.token";

  private final Config own = ConfigFactory.parseMap(JoinCheck.settings(null));

  @Test
  void theSameVersionAndTokenMayJoin() {
    assertThat(check(ConfigFactory.parseMap(JoinCheck.settings(null)))).isEqualTo(Valid.getInstance());
    assertThat(own.getString(VERSION)).isEqualTo(JoinCheck.VERSION);
  }

  @Test
  void anotherVersionIsRefusedWhateverItsToken() {
    Config older = with(VERSION, "1");
    assertThat(reason(check(older))).isEqualTo("runs another version of rlhf4j");
    assertThat(reason(check(ConfigFactory.parseString(TOKEN + " = other").withFallback(older))))
        .isEqualTo("runs another version of rlhf4j");
    assertThat(reason(check(own.withoutPath(VERSION)))).as("one from before there were versions")
        .isEqualTo("runs another version of rlhf4j");
  }

  @Test
  void anotherTokenIsRefused() {
    assertThat(reason(check(with(TOKEN, "other")))).isEqualTo("has another token, or none");
    assertThat(reason(check(own.withoutPath(TOKEN)))).isEqualTo("has another token, or none");
  }

  @Test
  void bothAreComparedBeforeAnyoneIsLetIn() {
    assertThat(CollectionConverters.asJava(new JoinCheck().requiredKeys())).containsExactly(VERSION, TOKEN);
  }

  private Config with(String key, String value) {
    return ConfigFactory.parseString(key + " = \"" + value + "\"").withFallback(own);
  }

  private ConfigValidation check(Config other) {
    return new JoinCheck().check(other, own);
  }

  private static String reason(ConfigValidation refused) {
    assertThat(refused).isInstanceOf(Invalid.class);
    return String.join(", ", CollectionConverters.asJava(((Invalid) refused).errorMessages()));
  }
}
