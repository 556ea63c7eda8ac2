package io.rlhf4j.reward.serve.rpc;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.rlhf4j.proto.v1.AnswersOfPrompt;
import io.rlhf4j.proto.v1.ChatTurn;
import io.rlhf4j.proto.v1.ScoreAnswersReply;
import io.rlhf4j.proto.v1.ScoreAnswersRequest;
import io.rlhf4j.proto.v1.ScoringServiceGrpc;
import io.rlhf4j.reward.kind.Answer;
import io.rlhf4j.reward.serve.load.LoadTarget;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** {@code ScoringService.ScoreAnswers} with one answer a call, all calls over one connection. */
public final class GrpcTarget implements LoadTarget {

  private static final int PATIENCE_SECONDS = 120;

  private final String host;
  private final int port;
  private final ManagedChannel channel;

  public GrpcTarget(String host, int port) {
    this.host = host;
    this.port = port;
    this.channel = connect();
  }

  private ManagedChannel connect() {
    return NettyChannelBuilder.forAddress(host, port).usePlaintext().build();
  }

  @Override
  public double score(Answer question) {
    ScoreAnswersReply reply = ScoringServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS).scoreAnswers(request(question));
    return reply.getGroups(0).getScores(0);
  }

  @Override
  public void abandon(Answer question, Leave how, int afterMillis) throws InterruptedException {
    switch (how) {
      case CANCEL -> {
        ListenableFuture<ScoreAnswersReply> reply =
            ScoringServiceGrpc.newFutureStub(channel).scoreAnswers(request(question));
        TimeUnit.MILLISECONDS.sleep(afterMillis);
        reply.cancel(true);
      }
      case TIMEOUT -> {
        try {
          ScoringServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(Math.max(1, afterMillis), TimeUnit.MILLISECONDS).scoreAnswers(request(question));
        } catch (StatusRuntimeException e) {
          // The server may notice first.
          if (!Set.of(Status.Code.DEADLINE_EXCEEDED, Status.Code.CANCELLED).contains(e.getStatus().getCode())) {
            throw e;
          }
        }
      }
      case DISCONNECT -> {
        ManagedChannel own = connect();
        ScoringServiceGrpc.newFutureStub(own).scoreAnswers(request(question));
        TimeUnit.MILLISECONDS.sleep(afterMillis);
        own.shutdownNow();
      }
    }
  }

  private static ScoreAnswersRequest request(Answer question) {
    var group = AnswersOfPrompt.newBuilder().addAnswers(question.text());
    question.prompt()
        .forEach(turn -> group.addPrompt(ChatTurn.newBuilder().setRole(turn.role()).setContent(turn.content())));
    if (question.label() != null) {
      group.setLabel(question.label());
    }
    return ScoreAnswersRequest.newBuilder().addGroups(group).build();
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
