package io.rlhf4j.text;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Trains a byte-level BPE tokenizer and writes it as a Hugging Face directory.
 *
 * <p>Gives the same vocabulary and merges as the {@code BpeTrainer} of Hugging Face tokenizers with the GPT-2 byte
 * alphabet: the most frequent pair is merged first, ties go to the pair of smaller ids. The result depends on the texts
 * alone, not on their order.
 *
 * <p>Feed it what the model will read. For chat models that is the rendered conversation rather than the bare content,
 * so that role headers become few tokens; special tokens inside the texts are split out and learn nothing.
 */
public final class ByteLevelBpeTrainer {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private ByteLevelBpeTrainer() {}

  /** Trains on the texts and writes {@code tokenizer.json} and {@code tokenizer_config.json} into the directory. */
  public static void train(Stream<String> texts, BpeRecipe recipe, Path directory) {
    WordCounts words = new WordCounts(recipe.specialTokens());
    texts.forEach(words::add);
    BpeMerges merges = new BpeMerges(symbols(recipe), recipe.vocabularySize());
    merges.learn(words.bySpelling());
    write(directory.resolve(TokenizerFiles.DEFINITION), definition(recipe, merges));
    write(directory.resolve(TokenizerFiles.CONFIG), configuration(recipe));
  }

  /** Special tokens first, then the 256 byte characters by code point. */
  private static List<String> symbols(BpeRecipe recipe) {
    List<String> symbols = new ArrayList<>(recipe.specialTokens());
    Stream.iterate(0, b -> b + 1).limit(ByteAlphabet.SIZE).map(b -> String.valueOf(ByteAlphabet.characterOf(b)))
        .sorted(Comparator.naturalOrder()).forEach(symbols::add);
    return symbols;
  }

  private static Map<String, Object> definition(BpeRecipe recipe, BpeMerges merges) {
    List<Object> added = new ArrayList<>();
    for (int id = 0; id < recipe.specialTokens().size(); id++) {
      added.add(addedToken(id, recipe.specialTokens().get(id)));
    }
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("version", "1.0");
    root.put("truncation", null);
    root.put("padding", null);
    root.put("added_tokens", added);
    root.put("normalizer", null);
    root.put("pre_tokenizer", byteLevel(false));
    root.put("post_processor", null);
    root.put("decoder", byteLevel(true));
    root.put("model", model(merges));
    return root;
  }

  private static Map<String, Object> addedToken(int id, String content) {
    Map<String, Object> token = new LinkedHashMap<>();
    token.put("id", id);
    token.put("content", content);
    for (String rule : List.of("single_word", "lstrip", "rstrip", "normalized")) {
      token.put(rule, false);
    }
    token.put("special", true);
    return token;
  }

  private static Map<String, Object> byteLevel(boolean addPrefixSpace) {
    Map<String, Object> step = new LinkedHashMap<>();
    step.put("type", "ByteLevel");
    step.put("add_prefix_space", addPrefixSpace);
    step.put("trim_offsets", true);
    step.put("use_regex", true);
    return step;
  }

  private static Map<String, Object> model(BpeMerges merges) {
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("type", "BPE");
    for (String absent : List.of("dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix")) {
      model.put(absent, null);
    }
    for (String off : List.of("fuse_unk", "byte_fallback", "ignore_merges")) {
      model.put(off, false);
    }
    model.put("vocab", merges.idOfSymbol());
    model.put("merges", merges.merges());
    return model;
  }

  private static Map<String, Object> configuration(BpeRecipe recipe) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("tokenizer_class", "PreTrainedTokenizerFast");
    if (recipe.bosToken() != null) {
      root.put("bos_token", recipe.bosToken());
    }
    root.put("eos_token", recipe.eosToken());
    root.put("pad_token", recipe.padToken());
    root.put("clean_up_tokenization_spaces", false);
    if (recipe.chatTemplate() != null) {
      root.put("chat_template", recipe.chatTemplate());
    }
    return root;
  }

  private static void write(Path file, Map<String, Object> content) {
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(content) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }
}
