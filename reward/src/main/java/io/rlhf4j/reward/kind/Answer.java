package io.rlhf4j.reward.kind;

import io.rlhf4j.text.ChatMessage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One answer to be scored.
 *
 * @param prompt the conversation up to the answer
 * @param text the answer
 * @param label what a right answer would be, where the data say so
 */
public record Answer(List<ChatMessage> prompt, String text, @Nullable String label) {}
