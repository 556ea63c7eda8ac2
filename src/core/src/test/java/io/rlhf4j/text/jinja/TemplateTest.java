package io.rlhf4j.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TemplateTest {

  private static final Path SNIPPETS = Path.of("src/test/resources/io/rlhf4j/text/jinja/snippets.json");

  /** The expected texts come from Jinja2: src/benchmarks/golden/jinja_snippets.py. */
  @TestFactory
  Stream<DynamicTest> writesWhatJinjaWrites() throws IOException {
    JsonMapper json = new JsonMapper();
    JsonNode golden = json.readTree(SNIPPETS.toFile());
    Map<String, Object> variables = json.convertValue(golden.get("variables"), new TypeReference<>() {});
    assertThat(golden.get("snippets")).hasSizeGreaterThan(100);
    return StreamSupport.stream(golden.get("snippets").spliterator(), false).map(row -> {
      String source = row.get("template").asText();
      return DynamicTest.dynamicTest(source, () -> {
        if (row.get("text").isNull()) {
          assertThatThrownBy(() -> Template.parse(source).render(variables)).isInstanceOf(InputException.class)
              .hasMessageStartingWith("chat template:1: ");
        } else {
          assertThat(Template.parse(source).render(variables)).isEqualTo(row.get("text").asText());
        }
      });
    });
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
      `{{ a\\n| wordwrap }}`              | `2: filter 'wordwrap' is not supported`
      `{{ a is\\n\\nescaped }}`           | `3: test 'escaped' is not supported`
      `\\n{% include 'x' %}`              | `2: statement 'include' is not supported here`
      `{% call m() %}{% endcall %}`       | `1: statement 'call' is not supported here`
      `{% for a in b recursive %}`        | `1: 'recursive' loops are not supported`
      `{{ f(*a) }}`                       | `1: arguments with '*' are not supported`
      `{{ cycler('a') }}`                 | `1: the function 'cycler' is not defined or not supported`
      `\\n\\n{{ 'a'.zfill(3) }}`          | `3: the string method 'zfill' is not supported`
      `{{ [].append(1) }}`                | `1: the list method 'append' is not supported`
      `{{ strftime_now('%Q') }}`          | `1: strftime_now field %Q is not supported`
      `a\\n{% if x %}\\nb`                | `3: {% if %} of line 2 is never closed`
      `a\\n{{ raise_exception('Why?') }}` | `2: Why?`
      `{{ x.__class__ }}`                 | `1: attribute '__class__' is not accessible to templates`
      """)
  void refusesByNameAndLineWhatItDoesNotSupport(String source, String message) {
    assertThatThrownBy(() -> Template.parse(source.replace("\\n", "\n")).render(Map.of("x", "text", "a", "b")))
        .isInstanceOf(InputException.class).hasMessage("chat template:" + message);
  }

  @Test
  void readsTheClock() {
    Clock clock = Clock.fixed(Instant.parse("2024-07-06T15:04:05Z"), ZoneOffset.UTC);
    Template template = Template.parse("{{ strftime_now('%d %b %Y, %B %-d %y; %A %a %H:%M:%S %I %p %j %%') }}", clock);

    assertThat(template.render(Map.of())).isEqualTo("06 Jul 2024, July 6 24; Saturday Sat 15:04:05 03 PM 188 %");
  }

  @Test
  void variablesAreDataAndNeverParsed() {
    String hostile = "{{ 7 * 7 }}{% set x = 1 %}{# gone? #}{% raw %}";

    assertThat(Template.parse("{{ a }}{{ a | trim }}{{ a + '' }}").render(Map.of("a", hostile)))
        .isEqualTo(hostile.repeat(3));
  }
}
