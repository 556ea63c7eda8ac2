package io.rlhf4j.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.rlhf4j.config.InputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A Hugging Face tokenizer: exactly the ids that {@code tokenizer.encode(text, add_special_tokens=False)} gives in
 * Python, without any truncation or padding.
 *
 * <p>Special tokens are never added; those written in the text (as a chat template writes them) become their ids. Safe
 * for use by several threads until it is closed.
 */
public final class Tokenizer implements AutoCloseable {

  static {
    // The JNI library is inside the jar. Without these the binding may look for a CUDA flavour on the network.
    setIfAbsent("ai.djl.offline", "true");
    setIfAbsent("RUST_FLAVOR", "cpu");
  }

  private final Path directory;
  private final TokenizerFiles files;
  private final @Nullable String templateOverride;
  private final HuggingFaceTokenizer delegate;
  private final int vocabularySize;
  private final String eosToken;
  private final int eosId;
  private final OptionalInt bosId;
  private final int padId;

  private Tokenizer(Path directory, TokenizerFiles files, @Nullable String templateOverride) {
    this.directory = directory;
    this.files = files;
    this.templateOverride = templateOverride;
    this.vocabularySize = files.idOfToken().values().stream().mapToInt(Integer::intValue).max().orElseThrow() + 1;
    this.eosToken = Optional.ofNullable(files.specialTokens().get("eos_token"))
        .orElseThrow(() -> InputException.in(directory, "no eos_token in tokenizer_config.json"));
    this.eosId = namedId("eos_token").orElseThrow();
    this.bosId = namedId("bos_token");
    this.padId = namedId("pad_token").orElse(eosId);
    this.delegate = open(directory, files.definition());
  }

  /**
   * Reads a directory with {@code tokenizer.json} and {@code tokenizer_config.json}.
   *
   * @throws InputException if a file is missing, is not JSON, or names no end-of-sequence token
   */
  public static Tokenizer load(Path directory) {
    return new Tokenizer(directory, TokenizerFiles.read(directory), null);
  }

  /** Like {@link #load(Path)}, with a chat template (Jinja source) in place of the directory's own. */
  public static Tokenizer load(Path directory, String chatTemplate) {
    return new Tokenizer(directory, TokenizerFiles.read(directory), chatTemplate);
  }

  /** Token ids of the text. No token is added; special tokens spelled out in the text become their ids. */
  public int[] encode(String text) {
    if (text.isEmpty()) {
      return new int[0];
    }
    // The binding's own encode also makes objects for every token's spelling and place, which takes as long again.
    long encoding = TokenizersLibrary.LIB.encode(delegate.getHandle(), wellFormed(text), false);
    try {
      return Arrays.stream(TokenizersLibrary.LIB.getTokenIds(encoding)).mapToInt(Math::toIntExact).toArray();
    } finally {
      TokenizersLibrary.LIB.deleteEncoding(encoding);
    }
  }

  /** The text of the ids. Bytes that do not form valid UTF-8 become U+FFFD. */
  public String decode(int[] ids, boolean skipSpecialTokens) {
    if (ids.length == 0) {
      return "";
    }
    return delegate.decode(Arrays.stream(ids).asLongStream().toArray(), skipSpecialTokens);
  }

  /** One more than the largest id: the number of rows that an embedding needs. */
  public int vocabularySize() {
    return vocabularySize;
  }

  /** Id of a token as the vocabulary spells it, special tokens included. */
  public OptionalInt idOf(String token) {
    Integer id = files.idOfToken().get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** Whether every id means the same token in both, so that a model of one reads what the other has encoded. */
  public boolean hasTokensOf(Tokenizer other) {
    return files.idOfToken().equals(other.files.idOfToken());
  }

  /** Whether a token is matched in text before anything else, as special tokens are. */
  boolean isAdded(int id) {
    return files.addedTokens().contains(id);
  }

  /** Spellings of the special tokens, which structure a text rather than being said in it. */
  public Set<String> controlTokens() {
    return files.controlTokens();
  }

  /** The named special tokens ({@code bos_token}, {@code eos_token}, ...) as the vocabulary spells them. */
  public Map<String, String> specialTokens() {
    return files.specialTokens();
  }

  public int eosId() {
    return eosId;
  }

  public String eosToken() {
    return eosToken;
  }

  public OptionalInt bosId() {
    return bosId;
  }

  /** Id of the padding token, or of the end-of-sequence token where the tokenizer has no padding token. */
  public int padId() {
    return padId;
  }

  /**
   * The chat template, if the directory has one. It knows the special tokens by their names ({@code bos_token}, ...).
   *
   * @throws InputException if the template is malformed or uses what is not supported
   */
  public Optional<ChatTemplate> chatTemplate() {
    return chatTemplateSource().map(source -> templateOverride == null
        ? ChatTemplate.in(TokenizerFiles.templateFile(directory), source, files.specialTokens())
        : ChatTemplate.parse(source, files.specialTokens()));
  }

  /** Source of the chat template, if the directory has one. */
  public Optional<String> chatTemplateSource() {
    return templateOverride == null ? files.chatTemplate() : Optional.of(templateOverride);
  }

  public Path directory() {
    return directory;
  }

  /** Copies the tokenizer's files into a model directory, which is created where it does not exist. */
  public void copyTo(Path target) {
    try {
      Files.createDirectories(target);
      for (String name : TokenizerFiles.ALL) {
        Path source = directory.resolve(name);
        if (Files.isRegularFile(source)) {
          Files.copy(source, target.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
      }
      if (templateOverride != null) {
        Files.writeString(target.resolve(TokenizerFiles.CHAT_TEMPLATE), templateOverride);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot copy the tokenizer to " + target, e);
    }
  }

  @Override
  public void close() {
    delegate.close();
  }

  private OptionalInt namedId(String name) {
    String token = files.specialTokens().get(name);
    if (token == null) {
      return OptionalInt.empty();
    }
    OptionalInt id = idOf(token);
    if (id.isEmpty()) {
      throw InputException.in(directory, name + " is " + token + ", which tokenizer.json does not contain");
    }
    return id;
  }

  private static HuggingFaceTokenizer open(Path directory, String definition) {
    // All three must be said: the binding's defaults truncate at 512 tokens, pad, and add special tokens.
    Map<String, String> options =
        Map.of("addSpecialTokens", "false", "truncation", "do_not_truncate", "padding", "do_not_pad");
    try {
      return HuggingFaceTokenizer.newInstance(
          new ByteArrayInputStream(definition.getBytes(StandardCharsets.UTF_8)), options);
    } catch (IOException | RuntimeException e) {
      throw new InputException(directory.resolve(TokenizerFiles.DEFINITION) + ": " + e.getMessage(), e);
    }
  }

  /** Lone surrogates cannot be written as UTF-8; they become U+FFFD. */
  private static String wellFormed(String text) {
    StringBuilder repaired = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
        continue;
      }
      repaired = repaired == null ? new StringBuilder(text) : repaired;
      repaired.setCharAt(i, '\uFFFD');
    }
    return repaired == null ? text : repaired.toString();
  }

  private static void setIfAbsent(String key, String value) {
    if (System.getProperty(key) == null && System.getenv(key) == null) {
      System.setProperty(key, value);
    }
  }
}
