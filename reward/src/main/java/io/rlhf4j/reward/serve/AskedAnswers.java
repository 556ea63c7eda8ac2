package io.rlhf4j.reward.serve;

import io.rlhf4j.reward.kind.AnswerGroup;
import io.rlhf4j.text.ChatMessage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The answers of a request: a flat list for the client, groups for rewards that compare the answers to a prompt.
 *
 * @param groups each prompt once
 * @param places where each answer of the list is, in the order of the list
 */
record AskedAnswers(List<AnswerGroup> groups, List<Place> places) {

  /** Position of a group, and of an answer in it. */
  record Place(int group, int answer) {}

  private record Question(List<ChatMessage> prompt, @Nullable String label) {}

  AskedAnswers {
    groups = List.copyOf(groups);
    places = List.copyOf(places);
  }

  /** Answers to the same prompt with the same label become a group, wherever they stand. */
  static AskedAnswers of(List<AnswerGroup> single) {
    Map<Question, List<String>> answers = new LinkedHashMap<>();
    Map<Question, Integer> numbers = new LinkedHashMap<>();
    List<Place> places = new ArrayList<>();
    for (AnswerGroup one : single) {
      Question question = new Question(one.prompt(), one.label());
      List<String> ofQuestion = answers.computeIfAbsent(question, asked -> new ArrayList<>());
      Integer number = numbers.computeIfAbsent(question, asked -> numbers.size());
      places.add(new Place(number, ofQuestion.size()));
      ofQuestion.add(one.answers().getFirst());
    }
    List<AnswerGroup> groups = new ArrayList<>();
    answers.forEach((question, all) -> groups.add(new AnswerGroup(question.prompt(), all, question.label())));
    return new AskedAnswers(groups, places);
  }

  /** In the order of the list. */
  double[] inOrder(List<double[]> scores) {
    return IntStream.range(0, places.size())
        .mapToDouble(i -> scores.get(places.get(i).group())[places.get(i).answer()]).toArray();
  }
}
