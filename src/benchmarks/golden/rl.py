"""Golden values for the pure functions of io.rlhf4j.rl and the schedules of io.rlhf4j.train.

Written with torch in float64, as a second implementation: padded batches with masks instead of ragged arrays.
Run: python src/benchmarks/golden/rl.py  (writes src/core/src/test/resources/golden/rl.json)
"""

import json
import math
import pathlib

import torch
from transformers import get_scheduler

OUT = pathlib.Path(__file__).parents[2] / "core/src/test/resources/golden/rl.json"


def masked_mean(x, mask):
    return (x * mask).sum() / mask.sum()


def batch(lengths, seed):
    g = torch.Generator().manual_seed(seed)
    n, t = len(lengths), max(lengths)
    mask = (torch.arange(t)[None] < torch.tensor(lengths)[:, None]).double()
    policy = -torch.rand(n, t, generator=g).double() * 4
    reference = policy + 0.6 * torch.randn(n, t, generator=g).double()
    behaviour = policy + 0.01 * torch.randn(n, t, generator=g).double()
    values = torch.randn(n, t, generator=g).double()
    scores = torch.randn(n, generator=g).double() * 6
    # The arrays travel as float32, so compute from the rounded numbers.
    return [x.float().double() for x in (mask, policy, reference, behaviour, values, scores)]


def case(lengths, finished, seed, estimator, coef, gamma, lam, clip, missing):
    mask, policy, reference, behaviour, values, scores = batch(lengths, seed)
    ratio = policy - reference
    kl = {"k1": ratio, "k2": ratio**2 / 2, "k3": torch.exp(-ratio) - 1 + ratio}[estimator].clamp(-10, 10) * mask
    paid = scores.clamp(-clip, clip)
    cut = ~torch.tensor(finished)
    if missing[0] == "penalise":
        paid = torch.where(cut, paid - missing[1], paid)
    if missing[0] == "replace":
        paid = torch.where(cut, torch.full_like(paid, missing[1]), paid)
    last = torch.tensor(lengths) - 1
    rewards = (-coef * kl).scatter_add(1, last[:, None], paid[:, None])
    # GAE as an explicit double sum over future deltas instead of the recursion.
    v = values * mask
    v_next = torch.cat([v[:, 1:], torch.zeros(len(lengths), 1).double()], 1)
    delta = (rewards + gamma * v_next - v) * mask
    t = delta.shape[1]
    power = torch.tensor([[(gamma * lam) ** (j - i) if j >= i else 0.0 for i in range(t)] for j in range(t)]).double()
    advantages = delta @ power
    returns = (advantages + v) * mask
    mean = masked_mean(advantages, mask)
    variance = masked_mean((advantages - mean) ** 2, mask)
    white = (advantages - mean) / variance.sqrt()
    rows = lambda x: [x[i, :n].tolist() for i, n in enumerate(lengths)]
    residual = masked_mean((returns - v - masked_mean(returns - v, mask)) ** 2, mask)
    spread = masked_mean((returns - masked_mean(returns, mask)) ** 2, mask)
    k3 = (torch.exp(-ratio) - 1 + ratio).clamp(-10, 10) * mask
    return {
        "options": {"estimator": estimator, "coef": coef, "gamma": gamma, "lambda": lam, "clip": clip,
                    "missing": missing[0], "missingValue": missing[1]},
        "finished": finished, "scores": scores.tolist(), "policy": rows(policy), "reference": rows(reference),
        "behaviour": rows(behaviour), "values": rows(values), "kl": rows(kl), "rewards": rows(rewards),
        "advantages": rows(advantages), "returns": rows(returns), "white": rows(white),
        "metrics": {
            "score_mean": scores.mean().item(), "score_std": scores.std(unbiased=False).item(),
            "reward_mean": paid.mean().item(), "rlhf_reward": (rewards * mask).sum(1).mean().item(),
            "kl": (ratio.clamp(-10, 10) * mask).sum(1).mean().item(), "kl_k3": k3.sum(1).mean().item(),
            "kl_coef": coef, "response_length": mask.sum(1).mean().item(),
            "eos_rate": sum(finished) / len(finished), "advantage_mean": mean.item(),
            "advantage_std": variance.sqrt().item(), "return_mean": masked_mean(returns, mask).item(),
            "return_std": spread.sqrt().item(), "value_mean": masked_mean(v, mask).item(),
            "explained_variance": (1 - residual / spread).item(),
            "behaviour_gap_mean": masked_mean((policy - behaviour).abs(), mask).item(),
            "behaviour_gap_max": ((policy - behaviour).abs() * mask).max().item(),
            "entropy": masked_mean(-policy, mask).item(),
        },
    }


def schedule(name, warmup, total, min_ratio, power=1.0):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    hf = {"constant": "constant_with_warmup"}.get(name, name)
    extra = {"min_lr_rate": min_ratio} if name == "cosine_with_min_lr" else {}
    if name == "polynomial":
        extra = {"lr_end": min_ratio, "power": power}
    scheduler = get_scheduler(hf, optimizer, warmup, total, scheduler_specific_kwargs=extra or None)
    rates = []
    for _ in range(total):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return {"shape": name, "warmup": warmup, "total": total, "minRatio": min_ratio, "power": power, "rates": rates}


golden = {
    "experience": [
        case([4, 1, 7, 3, 5], [True, True, False, True, False], 1, "k1", 0.05, 1.0, 0.95, 5.0, ("keep", 0.0)),
        case([6, 2, 6], [True, False, False], 2, "k2", 0.1, 0.99, 0.9, 10.0, ("penalise", 1.5)),
        case([3, 8], [True, False], 3, "k3", 0.2, 0.9, 0.5, 2.0, ("replace", -1.0)),
    ],
    "schedules": [schedule(n, w, t, m) for n in ("constant", "linear", "cosine", "cosine_with_min_lr")
                  for w, t, m in ((0, 7, 0.1), (3, 20, 0.1))]
    + [schedule(n, w, t, 0.1, p) for n, p in (("polynomial", 1.0), ("polynomial", 2.5), ("inverse_sqrt", 1.0))
       for w, t in ((0, 7), (3, 20))],
}
OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(json.dumps(json.loads(json.dumps(golden), parse_float=lambda s: float("%.9g" % float(s)))) + "\n")
