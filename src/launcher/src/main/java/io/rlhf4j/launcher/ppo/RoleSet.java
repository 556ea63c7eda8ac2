package io.rlhf4j.launcher.ppo;

import io.rlhf4j.actor.ActorRole;
import io.rlhf4j.critic.CriticRole;
import io.rlhf4j.reference.ReferenceRole;
import io.rlhf4j.reward.RewardRole;

/** The four roles of a run, wherever they live. */
public record RoleSet(ActorRole actor, CriticRole critic, RewardRole reward, ReferenceRole reference) {}
