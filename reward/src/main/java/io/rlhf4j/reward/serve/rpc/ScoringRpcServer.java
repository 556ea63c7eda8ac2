package io.rlhf4j.reward.serve.rpc;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.rlhf4j.proto.v1.AnswerScores;
import io.rlhf4j.proto.v1.AnswersOfPrompt;
import io.rlhf4j.proto.v1.ScoreAnswersReply;
import io.rlhf4j.proto.v1.ScoreAnswersRequest;
import io.rlhf4j.proto.v1.ScoringServiceGrpc;
import io.rlhf4j.reward.kind.AnswerGroup;
import io.rlhf4j.reward.serve.Refused;
import io.rlhf4j.reward.serve.RequestCounter;
import io.rlhf4j.reward.serve.ScoringQueue;
import io.rlhf4j.rpc.RpcLimits;
import io.rlhf4j.rpc.RpcServer;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.trust.NodeTrust;
import java.util.List;

/** A running gRPC server that scores answers. */
public final class ScoringRpcServer implements AutoCloseable {

  private final RpcServer server;

  private ScoringRpcServer(RpcServer server) {
    this.server = server;
  }

  /** @throws io.rlhf4j.config.InputException if the address is taken */
  public static ScoringRpcServer start(String host, int port, ScoringQueue queue, RequestCounter requests) {
    return new ScoringRpcServer(RpcServer.start(host, port, RpcLimits.DEFAULT, NodeTrust.UNPROTECTED,
        new Service(queue, requests)));
  }

  public int port() {
    return server.port();
  }

  @Override
  public void close() {
    server.close();
  }

  private static final class Service extends ScoringServiceGrpc.ScoringServiceImplBase {

    private final ScoringQueue queue;
    private final RequestCounter requests;

    Service(ScoringQueue queue, RequestCounter requests) {
      this.queue = queue;
      this.requests = requests;
    }

    @Override
    public void scoreAnswers(ScoreAnswersRequest request, StreamObserver<ScoreAnswersReply> replies) {
      Thread caller = Thread.currentThread();
      // A caller that gives up is not waited for, and its answers are not scored.
      Context.CancellationListener gone = context -> caller.interrupt();
      Context context = Context.current();
      context.addListener(gone, Runnable::run);
      try {
        ScoreAnswersReply reply = requests.measure("grpc", () -> reply(queue.score(groups(request))));
        context.removeListener(gone);
        replies.onNext(reply);
        replies.onCompleted();
      } catch (Refused e) {
        replies.onError(status(e).asRuntimeException());
      } catch (InterruptedException e) {
        replies.onError(Status.CANCELLED.asRuntimeException());
      } catch (Exception e) {
        replies.onError(Status.INTERNAL.withDescription(e.toString()).asRuntimeException());
      } finally {
        context.removeListener(gone);
      }
    }

    private static List<AnswerGroup> groups(ScoreAnswersRequest request) {
      if (request.getGroupsCount() == 0) {
        throw new Refused(Refused.Reason.MALFORMED, "groups is empty");
      }
      return request.getGroupsList().stream().map(Service::group).toList();
    }

    private static AnswerGroup group(AnswersOfPrompt group) {
      if (group.getPromptCount() == 0 || group.getAnswersCount() == 0) {
        throw new Refused(Refused.Reason.MALFORMED, "each group needs a prompt and answers");
      }
      return new AnswerGroup(
          group.getPromptList().stream().map(turn -> new ChatMessage(turn.getRole(), turn.getContent())).toList(),
          group.getAnswersList(), group.hasLabel() ? group.getLabel() : null);
    }

    private static ScoreAnswersReply reply(List<double[]> scores) {
      var reply = ScoreAnswersReply.newBuilder();
      for (double[] group : scores) {
        var one = AnswerScores.newBuilder();
        for (double score : group) {
          one.addScores(score);
        }
        reply.addGroups(one);
      }
      return reply.build();
    }

    private static Status status(Refused refused) {
      Status status = switch (refused.reason()) {
        case FULL, TOO_LARGE -> Status.RESOURCE_EXHAUSTED;
        case CLOSING -> Status.UNAVAILABLE;
        case MALFORMED -> Status.INVALID_ARGUMENT;
        case LATE -> Status.DEADLINE_EXCEEDED;
        case FAILED -> Status.INTERNAL;
      };
      return status.withDescription(refused.getMessage());
    }
  }
}
