"""Golden losses of the presets: OpenRLHF's and TRL's conventions on the same rollouts, in float64 with padded tensors.

Written from the formulas, as a second implementation of io.rlhf4j.rl and of the loss kernels:
  OpenRLHF  token rewards -coef * clamp(k1), score at the last action; GAE or discounted returns; whitening over the batch
            with the biased variance (gae, reinforce, reinforce_baseline); policy loss as the mean over all tokens; value
            loss with its clip at 0.5.
  TRL       the same shape without the clamp, with gae lambda 0.95, whitening with the unbiased variance, value clip 0.2, value loss * 0.1;
            GRPO advantages (r - mean) / (std + 1e-4).
Run: python src/benchmarks/golden/presets.py  (writes src/core/src/test/resources/golden/presets.json)
"""

import json
import pathlib

import torch

OUT = pathlib.Path(__file__).parents[2] / "core/src/test/resources/golden/presets.json"
PROMPTS, SAMPLES, MAX_NEW = 3, 2, 9
LENGTHS = [4, 1, 7, 3, 9, 5]


def tensors(seed):
    g = torch.Generator().manual_seed(seed)
    n, t = len(LENGTHS), max(LENGTHS)
    noise = lambda scale: (scale * torch.randn(n, t, generator=g)).double()
    policy = -(torch.rand(n, t, generator=g) * 4).double()
    reference = policy + noise(0.6)
    # Two impossible tokens, one on either side: where an estimate is limited, it is limited here.
    reference[0, 1], reference[4, 2] = policy[0, 1] - 13, policy[4, 2] + 14.5
    parts = {"policy": policy, "reference": reference, "values": noise(1.0), "now": policy + noise(0.3),
             "nowValues": noise(1.0), "scores": (torch.randn(n, generator=g) * 3).double()}
    return {k: v.float().double() for k, v in parts.items()}


def last_index():
    return torch.tensor(LENGTHS)[:, None] - 1


def compare(estimator, scores, epsilon):
    groups = scores.view(PROMPTS, SAMPLES)
    mean = groups.mean(1, keepdim=True)
    if estimator == "rloo":
        return ((groups - (groups.sum(1, keepdim=True) - groups) / (SAMPLES - 1))).flatten()
    if estimator in ("reinforce_baseline", "dr_grpo"):
        return (groups - mean).flatten()
    if estimator == "group_norm":
        return ((groups - mean) / (groups.std(1, keepdim=True) + epsilon)).flatten()
    return scores


def case(preset, estimator):
    x = tensors(7)
    n, t = x["policy"].shape
    mask = (torch.arange(t)[None] < torch.tensor(LENGTHS)[:, None]).double()
    openrlhf = preset == "openrlhf"
    coef, lam, value_clip = (0.01, 1.0, 0.5) if openrlhf else (0.05, 0.95, 0.2)
    value_coef, epsilon = (1.0, 1e-9) if openrlhf else (0.1, 1e-4)
    paid = x["scores"].clamp(-10, 10) if openrlhf else x["scores"]
    paid = compare(estimator, paid, epsilon)
    kl = (x["policy"] - x["reference"]) * mask
    kl = kl.clamp(-10, 10) if openrlhf else kl
    rewards = (-coef * kl).scatter_add(1, last_index(), paid[:, None])
    values = x["values"] * mask
    advantages = torch.zeros(n, t).double()
    running = torch.zeros(n).double()
    for i in reversed(range(t)):
        if estimator == "gae":
            following = values[:, i + 1] if i + 1 < t else torch.zeros(n).double()
            running = (rewards[:, i] + following - values[:, i]) * mask[:, i] + lam * running
        else:
            running = rewards[:, i] + running
        advantages[:, i] = running * mask[:, i]
    returns = (advantages + values) * mask
    if estimator in ("gae", "reinforce", "reinforce_baseline"):
        flat = advantages[mask.bool()]
        variance = flat.var(unbiased=not openrlhf)
        advantages = (advantages - flat.mean()) / variance.sqrt() * mask
    ratio = torch.exp((x["now"] - x["policy"]) * mask)
    objective = torch.minimum(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages) * mask
    sums = objective.sum(1)
    out = {"preset": preset, "estimator": estimator, "prompts": PROMPTS, "samples": SAMPLES, "maxNewTokens": MAX_NEW,
           "policyLoss": {
               "token_mean": (-sums.sum() / mask.sum()).item(),
               "sequence_mean": (-(sums / mask.sum(1)).mean()).item(),
               "constant": (-sums.sum() / (n * MAX_NEW)).item()}}
    rows = lambda v: [v[i, :k].tolist() for i, k in enumerate(LENGTHS)]
    out["advantages"] = rows(advantages)
    if estimator == "gae":
        limited = values + (x["nowValues"] - values).clamp(-value_clip, value_clip)
        worst = torch.maximum((limited - returns) ** 2, (x["nowValues"] - returns) ** 2) * mask
        out["returns"] = rows(returns)
        out["valueLoss"] = (value_coef * 0.5 * worst.sum() / mask.sum()).item()
    out["input"] = {k: rows(v) for k, v in x.items() if k != "scores"} | {"scores": x["scores"].tolist()}
    return out


CASES = [("openrlhf", e) for e in ("gae", "reinforce", "rloo", "reinforce_baseline", "group_norm", "dr_grpo")]
golden = [case(*c) for c in CASES + [("trl", "gae"), ("trl", "group_norm")]]
OUT.write_text(json.dumps(json.loads(json.dumps(golden), parse_float=lambda s: float("%.9g" % float(s)))) + "\n")
