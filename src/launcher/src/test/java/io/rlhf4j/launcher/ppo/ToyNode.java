package io.rlhf4j.launcher.ppo;

import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.rpc.RoleName;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Main class of the child JVMs: {@code ToyNode ROLE WORK_DIRECTORY [SEED...]}. */
final class ToyNode {

  private ToyNode() {}

  public static void main(String[] args) {
    List<String> seeds = Arrays.asList(args).subList(2, args.length);
    RoleNode.run(Set.of(RoleName.of(args[0])), ToyRoles.factories(), new ClusterConfig("127.0.0.1", 0, seeds, 60),
        Path.of(args[1]), "-", (address, endpoints) -> System.out.println("listening " + address));
  }
}
