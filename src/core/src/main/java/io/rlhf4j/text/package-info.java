/**
 * Text in, token ids out: Hugging Face tokenizers, a byte-level BPE trainer for models trained from scratch, and chat
 * templates.
 *
 * <p>Called by the data readers, by the roles (to turn prompts into ids and responses into text) and by the launcher.
 * Everything here is safe for use by several threads once constructed.
 *
 * <pre>{@code
 * try (Tokenizer tokenizer = Tokenizer.load(Path.of("model"))) {
 *   ChatRenderer chat = ChatRenderer.of(tokenizer);
 *   int[] prompt = chat.promptIds(List.of(ChatMessage.user("Where is my parcel?")));
 * }
 * }</pre>
 */
@NullMarked
package io.rlhf4j.text;

import org.jspecify.annotations.NullMarked;
