package io.rlhf4j.cluster;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.receptionist.Receptionist;
import akka.actor.typed.receptionist.ServiceKey;
import io.rlhf4j.rpc.Endpoint;
import io.rlhf4j.rpc.RoleName;

/** Speaks for one role in the cluster: registered with the receptionist, it tells where the role's gRPC server is. */
public final class RoleHostBehavior {

  /** What it understands. */
  public sealed interface Command extends ClusterMessage {}

  /** Asks for the role's endpoint. */
  public record WhereAreYou(ActorRef<Here> replyTo) implements Command {}

  /** The answer, and who gives it. */
  public record Here(Endpoint endpoint, ActorRef<Command> host) implements ClusterMessage {}

  private RoleHostBehavior() {}

  /** Under which the host of a role is registered. */
  public static ServiceKey<Command> key(RoleName role) {
    return ServiceKey.create(Command.class, "rlhf4j-" + role.label());
  }

  /** @param endpoint where the role's server already listens */
  public static Behavior<Command> create(Endpoint endpoint) {
    return Behaviors.setup(context -> {
      context.getSystem().receptionist().tell(Receptionist.register(key(endpoint.role()), context.getSelf()));
      return Behaviors.receiveMessage(message -> switch (message) {
        case WhereAreYou(var replyTo) -> {
          replyTo.tell(new Here(endpoint, context.getSelf()));
          yield Behaviors.same();
        }
      });
    });
  }
}
