package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.cluster.ClusterNode;
import io.rlhf4j.cluster.RunFacts;
import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.ppo.Placement;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.tensor.Device;
import io.rlhf4j.train.StoppedEarly;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** The whole way: tokenizer, SFT, reward model, PPO. */
public final class PpoPipeline {

  static final String SFT = "sft";
  static final String REWARD = "reward";

  private PpoPipeline() {}

  /**
   * Reads and checks every input, waits for the roles of a cluster, then runs every stage; what each leaves behind is
   * in the run directory.
   *
   * @param news told what the user should see before the end: rows that were skipped, who is waited for, and how good
   *     the reward model is before PPO begins
   * @param stopper told how to end PPO early
   * @throws StoppedEarly if that has happened
   */
  public static PpoReport run(RunContext context, Consumer<String> news, Consumer<Runnable> stopper) {
    requireDevices(context.recipe());
    try (PpoInputs inputs = PpoInputs.read(context)) {
      ClusterConfig cluster = context.recipe().cluster();
      if (cluster == null) {
        inputs.notes().forEach(news);
        return embedded(context, inputs, news, stopper);
      }
      Path members = context.run().clusterFile();
      try (ClusterNode node = ClusterNode.coordinator(cluster, ClusterFile.read(members), now -> {
        context.lease().check();
        ClusterFile.write(members, now);
      })) {
        inputs.notes().forEach(news);
        Set<RoleName> roles = PpoStage.roles(context.recipe());
        news.accept("waiting at " + node.address() + " for the roles "
            + roles.stream().map(RoleName::label).collect(Collectors.joining(", ")));
        context.run().announce(node.address());
        report(context, roles, "waiting for the roles", node);
        node.awaitRoles(roles, news);
        report(context, roles, "preparing the models", node);
        return stages(context, inputs, news, new Placement.Joined(node), stopper);
      }
    }
  }

  private static void report(RunContext context, Set<RoleName> roles, String phase, ClusterNode node) {
    node.report(new RunFacts(context.recipe().name(), phase, 0, context.recipe().ppo().iterations(), 0, 0,
        roles.stream().map(RoleName::label).toList()));
  }

  private static PpoReport embedded(RunContext context, PpoInputs inputs, Consumer<String> news,
      Consumer<Runnable> stopper) {
    Path received = context.run().root().resolve("roles");
    try {
      // A process that was killed has left what its roles had received.
      AtomicFiles.deleteTree(received);
      PpoReport report = stages(context, inputs, news, new Placement.Embedded(Roles.factories(), received), stopper);
      AtomicFiles.deleteTree(received);
      return report;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + received, e);
    }
  }

  private static PpoReport stages(RunContext context, PpoInputs inputs, Consumer<String> news, Placement placement,
      Consumer<Runnable> stopper) {
    Path policy = context.stage("sft");
    Path reward = context.stage("reward");
    try {
      Device.named("devices.stages", context.recipe().devices().stages()).use();
      train(context, inputs, news, policy, reward);
    } finally {
      Device.CPU.use();
    }
    if (inputs.pairs().isEmpty()) {
      return PpoStage.run(context, inputs, policy, Optional.empty(), InferencePrecision.FP32, placement, stopper);
    }
    RewardStage.Prepared pairs = inputs.pairs().get();
    InferencePrecision scoring = ScoringPrecision.choose(context.recipe(), reward, pairs.test(), news);
    return PpoStage.run(context, inputs, policy, Optional.of(reward), scoring, placement, stopper);
  }

  /** The stages before PPO, as far as they are not done. */
  private static void train(RunContext context, PpoInputs inputs, Consumer<String> news, Path policy, Path reward) {
    if (context.done(SFT).isEmpty()) {
      SftStage.run(context, inputs.tokenizer(), inputs.demonstrations(), news);
      context.markDone(SFT);
    }
    if (inputs.pairs().isPresent() && context.done(REWARD).isEmpty()) {
      RewardReport measured = new RewardStage(context, inputs.tokenizer()).run(
          ModelSetup.forStage(CausalModel.load(policy), context.recipe().model(), context.recipe().seed()),
          inputs.pairs().get(), reward);
      news.accept(System.lineSeparator() + measured.toText());
      context.markDone(REWARD);
    }
  }

  /** Before anything is computed: every device that this JVM is to use must be there. */
  private static void requireDevices(RecipeConfig recipe) {
    Device.named("devices.stages", recipe.devices().stages());
    if (recipe.cluster() == null) {
      PpoStage.roles(recipe).forEach(role -> Roles.device(role, recipe));
    }
  }
}
