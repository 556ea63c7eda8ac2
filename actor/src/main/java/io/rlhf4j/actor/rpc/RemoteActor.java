package io.rlhf4j.actor.rpc;

import io.rlhf4j.actor.ActorRole;
import io.rlhf4j.proto.v1.ActorServiceGrpc;
import io.rlhf4j.proto.v1.GenerateHeader;
import io.rlhf4j.proto.v1.GenerateRequest;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.rpc.MetricsCodec;
import io.rlhf4j.rpc.RemoteRole;
import io.rlhf4j.rpc.RoleClient;
import io.rlhf4j.rpc.RolloutCodec;
import io.rlhf4j.rpc.SequenceCodec;
import io.rlhf4j.rpc.Shapes;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** An {@link ActorRole} behind gRPC. */
public final class RemoteActor extends RemoteRole implements ActorRole {

  public RemoteActor(RoleClient client) {
    super(client, ActorServiceGrpc.getPrepareMethod());
  }

  @Override
  public void generate(long step, List<PromptRequest> prompts, SamplingOptions options, Consumer<Rollout> sink) {
    GenerateRequest header = GenerateRequest.newBuilder().setHeader(GenerateHeader.newBuilder().setStep(step)
        .setOptions(SequenceCodec.toMessage(options)).setPrompts(prompts.size())).build();
    client.call(ActorServiceGrpc.getGenerateMethod(), header, prompts,
        prompt -> GenerateRequest.newBuilder().setPrompt(SequenceCodec.toMessage(prompt)).build(),
        rollout -> sink.accept(RolloutCodec.fromMessage(rollout)), client.deadlines().generate());
  }

  @Override
  public List<float[]> logProbs(List<TokenSequence> sequences, double temperature) {
    return client.callEach(ActorServiceGrpc.getLogProbsMethod(), Shapes.logProbsHeader(sequences, temperature),
        sequences, Shapes::logProbsItem, client.deadlines().score()).stream().map(SequenceCodec::logProbs).toList();
  }

  @Override
  public Map<String, Double> update(long step, List<Experience> batch) {
    return MetricsCodec.fromMessage(client.callOnce(ActorServiceGrpc.getUpdateMethod(),
        Shapes.updateHeader(step, batch), batch, Shapes::updateItem, client.deadlines().update()));
  }

  /** @param directory must not exist yet */
  @Override
  public void save(Path directory) {
    client.fetchModel(ActorServiceGrpc.getFetchModelMethod(), directory);
  }

  /** @param directory must not exist yet */
  @Override
  public void checkpoint(Path directory) {
    client.fetchTrainingState(ActorServiceGrpc.getFetchModelMethod(), directory);
  }
}
