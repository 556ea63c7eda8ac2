package io.rlhf4j.text;

import io.rlhf4j.config.InputException;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a trained byte-level BPE tokenizer shall look like.
 *
 * @param vocabularySize upper bound of the vocabulary, special tokens included; a small corpus may not fill it
 * @param specialTokens in the order of their ids, which start at 0
 * @param eosToken one of {@code specialTokens}: ends a response
 * @param padToken one of {@code specialTokens}
 * @param bosToken one of {@code specialTokens}, or null where sequences have no start token
 * @param chatTemplate Jinja source, or null
 */
public record BpeRecipe(int vocabularySize, List<String> specialTokens, String eosToken, String padToken,
    @Nullable String bosToken, @Nullable String chatTemplate) {

  public BpeRecipe {
    specialTokens = List.copyOf(specialTokens);
    int least = ByteAlphabet.SIZE + specialTokens.size();
    if (vocabularySize < least) {
      throw InputException.key("tokenizer.vocab_size", vocabularySize + " is too small; byte-level BPE needs at least "
          + least + " (256 bytes and " + specialTokens.size() + " special tokens)");
    }
    if (specialTokens.contains("") || new LinkedHashSet<>(specialTokens).size() != specialTokens.size()) {
      throw InputException.key("tokenizer.special_tokens", specialTokens + " must be distinct and not empty");
    }
    requireSpecial("eos", eosToken, specialTokens);
    requireSpecial("pad", padToken, specialTokens);
    if (bosToken != null) {
      requireSpecial("bos", bosToken, specialTokens);
    }
  }

  /** A tokenizer for chat models trained from scratch, with {@link BuiltInTemplates#CHAT} as template. */
  public static BpeRecipe chat(int vocabularySize) {
    return new BpeRecipe(vocabularySize,
        List.of(BuiltInTemplates.PAD, BuiltInTemplates.TURN_START, BuiltInTemplates.TURN_END),
        BuiltInTemplates.TURN_END, BuiltInTemplates.PAD, null, BuiltInTemplates.CHAT);
  }

  private static void requireSpecial(String name, String token, List<String> specialTokens) {
    if (!specialTokens.contains(token)) {
      throw InputException.key("tokenizer." + name + "_token", token + " is not among the special tokens "
          + specialTokens);
    }
  }
}
