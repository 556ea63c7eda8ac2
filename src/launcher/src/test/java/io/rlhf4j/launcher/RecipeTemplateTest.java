package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.launcher.quickstart.TaskFile;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code data.chat_template} gives a template to models without one, in every command that reads a recipe. */
class RecipeTemplateTest {

  private static final String TEMPLATE = """
      {%- for message in messages %}
      {{- '[' + message.role + '] ' + message.content + '<|im_end|>' }}
      {%- endfor %}
      {%- if add_generation_prompt %}{{- '[assistant] ' }}{%- endif %}""";

  @TempDir
  private Path directory;

  private TinyRun tiny;
  private Path template;

  @BeforeEach
  void writeTemplate() throws IOException {
    tiny = TinyRun.in(directory);
    template = Files.writeString(directory.resolve("own.jinja"), TEMPLATE);
  }

  @Test
  void everyCommandUsesItAndSavesItWithTheModel() throws IOException {
    Path model = TinyModels.withoutChatTemplate(TinyModels.policy(tiny, directory.resolve("model")));
    Path sft = directory.resolve("sft");
    Path dpo = directory.resolve("dpo");
    Path answers = directory.resolve("answers.jsonl");

    succeeds("sft", "--model", model, "--data", tiny.data(TaskFile.SFT), "--out", sft);
    succeeds("dpo", "--model", model, "--data", tiny.data(TaskFile.PREFERENCE_TRAIN), "--out", dpo);
    succeeds("generate", "--model", model, "--data", tiny.data(TaskFile.PROMPTS_TEST), "--out", answers);
    succeeds("eval", "--model", model, "--data", tiny.data(TaskFile.PROMPTS_TEST), "--out", directory.resolve("eval"),
        "-o", "rewards=[{kind: length, max: 100}]");

    assertSaved(sft);
    assertSaved(dpo);
    assertThat(Files.readAllLines(answers)).hasSize(8);
    Files.writeString(template, TEMPLATE.replace('[', '('));
    assertThat(run("generate", "--model", model, "--data", tiny.data(TaskFile.PROMPTS_TEST), "--out", answers).err())
        .contains("was made with another chat template");
  }

  @Test
  void theModelsOfAFlywheelHaveIt() throws IOException {
    TinyRun.Result result = new TinyFlywheel(tiny, directory).run("wheel", "-o", "flywheel.rounds=0", "-o",
        "data.chat_template=" + template, "-o", "rewards=[{kind: random}]", "-o", "flywheel.labels_per_round=0");

    assertThat(result.code()).as(result.out() + result.err()).isZero();
    assertSaved(tiny.root("wheel").resolve("round-0/sft"));
  }

  private static void assertSaved(Path model) {
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      assertThat(ChatRenderer.of(tokenizer).promptText(List.of(ChatMessage.user("hi"))))
          .isEqualTo("[user] hi<|im_end|>[assistant] ");
    }
  }

  private void succeeds(Object... arguments) {
    TinyRun.Result result = run(arguments);
    assertThat(result.code()).as(result.out() + result.err()).isZero();
  }

  private TinyRun.Result run(Object... arguments) {
    List<String> all = new ArrayList<>(Stream.of(arguments).map(Object::toString).toList());
    for (String key : List.of("threads=1", "data.max_length=192", "data.max_prompt_length=96", "ppo.max_new_tokens=6",
        "data.chat_template=" + template)) {
      all.addAll(List.of("-o", key));
    }
    return TinyRun.execute(all);
  }
}
