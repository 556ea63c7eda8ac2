package io.rlhf4j.reward.kind;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.ModelRewardSpec;
import io.rlhf4j.data.Batches;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Scores from a server that speaks OpenRLHF's {@code POST /get_reward}. */
final class RemoteHttpReward implements AnswerReward {

  private static final Logger LOG = LoggerFactory.getLogger(RemoteHttpReward.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ModelRewardSpec.Remote spec;
  private final JsonHttp http;
  private final @Nullable ChatSequences sequences;
  private long requests;
  private long unscored;
  /** Whether the user knows that the server does not score. */
  private boolean failing;
  private boolean givenUp;

  private RemoteHttpReward(ModelRewardSpec.Remote spec, JsonHttp http, @Nullable ChatSequences sequences) {
    this.spec = spec;
    this.http = http;
    this.sequences = sequences;
  }

  /** Does not reach for the server yet. */
  static RemoteHttpReward open(ModelRewardSpec.Remote spec) {
    ChatSequences sequences =
        spec.tokenizer() == null ? null : ChatSequences.ofTokenizer(spec.tokenizer());
    var policy = new JsonHttp.Policy(Duration.ofSeconds(spec.timeoutSeconds()), spec.retries(),
        spec.breakerFailures(), Duration.ofSeconds(spec.breakerSeconds()));
    return new RemoteHttpReward(spec, new JsonHttp(spec.url(), policy), sequences);
  }

  @Override
  public double[] scoreAnswers(List<Answer> answers) {
    double[] scores = new double[answers.size()];
    int at = 0;
    for (List<Answer> batch : Batches.ofCount(answers, spec.batchSize())) {
      double[] part = scoreBatch(batch);
      System.arraycopy(part, 0, scores, at, part.length);
      at += part.length;
    }
    return scores;
  }

  private double[] scoreBatch(List<Answer> batch) {
    requests++;
    try {
      double[] scores = http.post(request(batch), reply -> read(reply, batch.size()));
      unscored += Arrays.stream(scores).filter(Double::isNaN).count();
      if (failing) {
        LOG.warn("{}: scores again", spec.url());
      }
      failing = false;
      givenUp = false;
      return scores;
    } catch (RemoteException e) {
      if (spec.required()) {
        throw e;
      }
      warn(e);
      unscored += batch.size();
      return Nans.of(batch.size());
    }
  }

  /** Once when it begins, and once when nothing is sent for a while: nobody else tells why answers have no score. */
  private void warn(RemoteException failure) {
    if (!failing) {
      LOG.warn("{}; its answers have no score until it answers", failure.getMessage());
    } else if (http.givenUp() && !givenUp) {
      LOG.warn("{}; from now on it is asked every {} s only", failure.getMessage(), spec.breakerSeconds());
    }
    givenUp = failing && http.givenUp();
    failing = true;
  }

  private ObjectNode request(List<Answer> batch) {
    ObjectNode request = JSON.createObjectNode();
    ArrayNode queries = request.putArray("query");
    ArrayNode prompts = request.putArray("prompts");
    ArrayNode labels = request.putArray("labels");
    ArrayNode conversations = request.putArray("messages");
    ArrayNode responses = request.putArray("responses");
    for (Answer answer : batch) {
      String prompt = sequences == null ? PromptTemplate.plain(answer.prompt())
          : sequences.renderer().promptText(answer.prompt());
      prompts.add(prompt);
      queries.add(prompt + (sequences == null ? "\n\n" : "") + answer.text());
      labels.add(answer.label());
      ArrayNode turns = conversations.addArray();
      answer.prompt().forEach(turn -> turns.addObject().put("role", turn.role()).put("content", turn.content()));
      responses.add(answer.text());
    }
    return request;
  }

  /** Null is an answer that the server does not score. */
  private double[] read(JsonNode reply, int count) {
    JsonNode rewards = reply.path("rewards");
    if (!rewards.isArray() || rewards.size() != count) {
      throw http.wrong("the reply must have a list rewards of " + count
          + " numbers, but has " + (rewards.isArray() ? rewards.size() : "none"));
    }
    double[] scores = new double[count];
    Arrays.setAll(scores, i -> number(rewards.get(i)));
    return scores;
  }

  private double number(JsonNode reward) {
    if (!reward.isNumber() && !reward.isNull()) {
      throw http.wrong("a reward is " + reward + ", must be a number or null");
    }
    return reward.isNull() ? Double.NaN : reward.doubleValue();
  }

  @Override
  public Map<String, Long> counts() {
    Map<String, Long> counts = new LinkedHashMap<>();
    if (http.attempts() > requests) {
      counts.put("requests that had to be repeated", http.attempts() - requests);
    }
    if (unscored > 0) {
      counts.put("answers that the server did not score", unscored);
    }
    return counts;
  }

  @Override
  public void close() {
    http.close();
    if (sequences != null) {
      sequences.close();
    }
  }
}
