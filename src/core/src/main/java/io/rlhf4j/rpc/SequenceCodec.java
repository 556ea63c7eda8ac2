package io.rlhf4j.rpc;

import io.rlhf4j.proto.v1.Prompt;
import io.rlhf4j.proto.v1.SamplingOptions;
import io.rlhf4j.proto.v1.TokenLogProbs;
import io.rlhf4j.proto.v1.TokenSequence;
import io.rlhf4j.proto.v1.TokenValues;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Repetition;
import io.rlhf4j.rl.StopRules;

/** Prompts, sequences and what roles say about them. Malformed messages are an {@link IllegalArgumentException}. */
public final class SequenceCodec {

  private SequenceCodec() {}

  public static TokenSequence toMessage(io.rlhf4j.rl.TokenSequence sequence) {
    TokenSequence.Builder message = TokenSequence.newBuilder().setPromptLength(sequence.promptLength());
    for (int token : sequence.tokens()) {
      message.addTokens(token);
    }
    return message.build();
  }

  public static io.rlhf4j.rl.TokenSequence fromMessage(TokenSequence message) {
    return new io.rlhf4j.rl.TokenSequence(Packed.ints(message.getTokensCount(), message::getTokens),
        message.getPromptLength());
  }

  public static Prompt toMessage(PromptRequest prompt) {
    Prompt.Builder message = Prompt.newBuilder().setPromptId(prompt.promptId());
    for (int token : prompt.tokens()) {
      message.addTokens(token);
    }
    return message.build();
  }

  public static PromptRequest fromMessage(Prompt message) {
    return new PromptRequest(message.getPromptId(), Packed.ints(message.getTokensCount(), message::getTokens));
  }

  public static SamplingOptions toMessage(io.rlhf4j.rl.SamplingOptions options) {
    return SamplingOptions.newBuilder().setTemperature(options.temperature()).setTopP(options.topP())
        .setTopK(options.topK()).setMinNewTokens(options.minNewTokens()).setMaxNewTokens(options.maxNewTokens())
        .setSamplesPerPrompt(options.samplesPerPrompt()).setSeed(options.seed()).setMinP(options.minP())
        .setRepetitionPenalty(options.repetition().penalty())
        .setNoRepeatNgramSize(options.repetition().noRepeatNgramSize())
        .addAllStopTokenIds(options.stop().tokenIds()).addAllStop(options.stop().strings()).build();
  }

  public static io.rlhf4j.rl.SamplingOptions fromMessage(SamplingOptions message) {
    return new io.rlhf4j.rl.SamplingOptions(message.getTemperature(), message.getTopP(), message.getTopK(),
        message.getMinP(), new Repetition(message.getRepetitionPenalty(), message.getNoRepeatNgramSize()),
        new StopRules(message.getStopTokenIdsList(), message.getStopList()), message.getMinNewTokens(),
        message.getMaxNewTokens(), message.getSamplesPerPrompt(), message.getSeed());
  }

  /** @param logProbs {@code [n]}, nats */
  public static TokenLogProbs logProbs(float[] logProbs) {
    TokenLogProbs.Builder message = TokenLogProbs.newBuilder();
    for (float logProb : logProbs) {
      message.addLogProbs(logProb);
    }
    return message.build();
  }

  public static float[] logProbs(TokenLogProbs message) {
    return Packed.floats(message.getLogProbsCount(), message::getLogProbs);
  }

  /** @param values {@code [n]}, reward units */
  public static TokenValues values(float[] values) {
    TokenValues.Builder message = TokenValues.newBuilder();
    for (float value : values) {
      message.addValues(value);
    }
    return message.build();
  }

  public static float[] values(TokenValues message) {
    return Packed.floats(message.getValuesCount(), message::getValues);
  }
}
