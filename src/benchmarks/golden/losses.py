"""Golden values and gradients of the training losses and of AdamW, computed by torch in float64 / float32.

Every loss is written here a second time, straight from the papers: PPO clip (Schulman et al. 2017, equation 7), dual
clip (Ye et al. 2020, equation 5), clipped values (Schulman's baselines), ranking (Ouyang et al. 2022, equation 1),
focal ranking and log barrier (InternLM2 report 2024, section 4.2.1; constants of XTuner: gamma 2, bounds +-5, epsilon 1e-3).
Run: python src/benchmarks/golden/losses.py  (writes src/core/src/test/resources/golden/losses.json)
"""

import json
import pathlib

import torch
import torch.nn.functional as F

OUT = pathlib.Path(__file__).parents[2] / "core/src/test/resources/golden/losses.json"
g = torch.Generator().manual_seed(7)


def randn(*shape):
    return torch.randn(*shape, generator=g).float().double()


def leaf(x):
    return x.clone().requires_grad_(True)


def policy(low, high, dual):
    n = 40
    old = -torch.rand(n, generator=g).float().double() * 3
    new = leaf((old + 0.4 * randn(n)).float().double())
    advantages = randn(n)
    ratio = torch.exp(new - old)
    surrogate = torch.minimum(ratio * advantages, ratio.clamp(1 - low, 1 + high) * advantages)
    chosen = surrogate if dual is None else torch.where(advantages < 0, torch.maximum(surrogate, dual * advantages),
                                                        surrogate)
    loss = -chosen.mean()
    loss.backward()
    clipped = (ratio.clamp(1 - low, 1 + high) * advantages < ratio * advantages).double().mean()
    return {"low": low, "high": high, "dual": dual, "old": old.tolist(), "new": new.tolist(),
            "advantages": advantages.tolist(), "loss": loss.item(), "gradient": new.grad.tolist(),
            "clipFraction": clipped.item(), "approxKl": (ratio - 1 - (new - old)).mean().item(),
            "ratioMean": ratio.mean().item()}


def value(clip):
    n = 40
    old, returns = randn(n), randn(n)
    new = leaf((old + 0.4 * randn(n)).float().double())
    plain = (new - returns) ** 2
    loss = 0.5 * plain.mean()
    clipped = torch.zeros(())
    if clip is not None:
        limited = (old + (new - old).clamp(-clip, clip) - returns) ** 2
        loss = 0.5 * torch.maximum(plain, limited).mean()
        clipped = (limited > plain).double().mean()
    loss.backward()
    return {"clip": clip, "old": old.tolist(), "new": new.tolist(), "returns": returns.tolist(), "loss": loss.item(),
            "gradient": new.grad.tolist(), "clipFraction": clipped.item()}


def entropy():
    logits = leaf(2 * randn(6, 9))
    p = torch.softmax(logits, -1)
    h = -(p * torch.log(p)).sum(-1)
    h.sum().backward()
    return {"logits": logits.tolist(), "entropy": h.tolist(), "gradient": logits.grad.tolist()}


def reward(kind, penalty, weight, chosen, rejected, smoothing=0.0, centering=0.0, margins=None):
    c, r = leaf(chosen), leaf(rejected)
    d = c - r if margins is None else c - r - margins
    rank = -F.logsigmoid(d)
    if kind == "logexp":  # as OpenRLHF writes it; infinite where the difference is large, so for ordinary scores only
        rank = torch.log(1 + torch.exp(r - c))
    if smoothing > 0:
        rank = -F.logsigmoid(d) * (1 - smoothing) - F.logsigmoid(-d) * smoothing
    if kind == "focal":
        rank = rank * (1 - 2 * torch.relu(torch.sigmoid(c - r) - 0.5)) ** 2
    scores = torch.cat([c, r])
    extra = torch.zeros(1).double()
    if penalty == "log_barrier":
        x = scores.clamp(-5 + 1e-3, 5 - 1e-3)
        extra = -torch.log(5 - x) - torch.log(x + 5)
    if penalty == "l2":
        extra = scores**2
    loss = (rank.sum() + weight * extra.sum()) / len(chosen) + centering * ((c + r) ** 2).mean()
    loss.backward()
    return {"loss": kind, "penalty": penalty, "weight": weight, "smoothing": smoothing, "centering": centering,
            "margins": [] if margins is None else margins.tolist(), "chosen": chosen.tolist(),
            "rejected": rejected.tolist(), "value": loss.item(), "chosenGradient": c.grad.tolist(),
            "rejectedGradient": r.grad.tolist()}


def dpo(loss, beta, smoothing, nll):
    """Five pairs; some tokens of both answers do not count in the comparison."""
    lengths = [3, 5, 1, 4, 6, 2, 2, 7, 5, 5]
    owner = torch.cat([torch.full((n,), s) for s, n in enumerate(lengths)])
    now = leaf(-torch.rand(len(owner), generator=g).float().double() * 3)
    compared = torch.rand(len(owner), generator=g) < 0.8
    compared[[0, 8, 39]] = True
    reference = torch.stack([-torch.rand((), generator=g).double() * n for n in lengths])
    sums = torch.stack([now[(owner == s) & compared].sum() for s in range(10)])
    if loss == "ipo":
        counts = torch.stack([((owner == s) & compared).sum() for s in range(10)]).clamp(min=1)
        sums, reference = sums / counts, reference / counts
    h = (sums[0::2] - reference[0::2]) - (sums[1::2] - reference[1::2])
    if loss == "ipo":
        comparison = ((h - 1 / (2 * beta)) ** 2).mean()
    else:
        comparison = (-F.logsigmoid(beta * h) * (1 - smoothing) - F.logsigmoid(-beta * h) * smoothing).mean()
    imitation = -now[owner % 2 == 0].mean()
    total = comparison + nll * imitation
    total.backward()
    return {"loss": loss, "beta": beta, "smoothing": smoothing, "nll": nll, "lengths": lengths, "new": now.tolist(),
            "compared": compared.tolist(), "reference": reference.tolist(), "value": total.item(),
            "comparison": comparison.item(), "imitation": imitation.item(), "gradient": now.grad.tolist(),
            "rewards": (beta * (sums - reference)).tolist()}


def adamw(max_norm):
    shapes = [(3, 4), (5,), (1,)]
    start = [torch.randn(*s, generator=g) for s in shapes]
    params = [p.clone().requires_grad_(True) for p in start]
    options = {"lr": 0.05, "betas": (0.9, 0.95), "eps": 1e-8, "weight_decay": 0.1}
    optimizer = torch.optim.AdamW(params, **options)
    steps = []
    for step in range(5):
        gradients = [(2.0**step) * 0.3 * torch.randn(*s, generator=g) for s in shapes]
        for p, d in zip(params, gradients):
            p.grad = d.clone()
        norm = torch.nn.utils.clip_grad_norm_(params, max_norm)
        optimizer.step()
        steps.append({"gradients": [d.flatten().tolist() for d in gradients], "norm": norm.item(),
                      "parameters": [p.detach().flatten().tolist() for p in params]})
    return {"learningRate": 0.05, "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "weightDecay": 0.1,
            "maxNorm": max_norm, "shapes": [list(s) for s in shapes],
            "start": [p.flatten().tolist() for p in start], "steps": steps}


ordinary = (2 * randn(12), 2 * randn(12))
# Ties, scores outside the barrier and a difference whose exp overflows float32.
extreme = (torch.tensor([0.0, 4.9995, 6.0, -7.0, 100.0, -100.0]).double(),
           torch.tensor([0.0, 0.0, -6.0, 7.0, -100.0, 100.0]).double())
zero = (torch.zeros(3).double(), torch.zeros(3).double())
MARGINS = torch.tensor([0.0, 0.5, 1.0, -1.0, 2.0, 3.0, 0.25, 0.0, 1.5, -0.5, 0.1, 4.0]).double()
golden = {
    "policy": [policy(0.2, 0.2, None), policy(0.2, 0.28, 3.0), policy(0.1, 0.3, 1.2)],
    "value": [value(0.2), value(0.5), value(None)],
    "entropy": entropy(),
    "reward": [reward(kind, penalty, 0.01, *pair) for kind in ("ranking", "focal")
               for penalty in ("none", "log_barrier", "l2") for pair in (ordinary, extreme, zero)]
    + [reward("logexp", "none", 0.01, *ordinary), reward("logexp", "log_barrier", 0.01, *zero),
       reward("ranking", "none", 0.01, *ordinary, smoothing=0.1), reward("ranking", "none", 0.01, *extreme, smoothing=0.3),
       reward("ranking", "none", 0.01, *ordinary, centering=0.01), reward("ranking", "l2", 0.01, *zero, centering=0.5),
       reward("ranking", "none", 0.01, *ordinary, margins=MARGINS),
       reward("ranking", "log_barrier", 0.01, *ordinary, 0.2, 0.05, MARGINS)],
    "adamw": adamw(1.0),
    "dpo": [dpo("sigmoid", 0.1, 0.0, 0.0), dpo("sigmoid", 0.5, 0.1, 0.2), dpo("ipo", 0.3, 0.0, 0.2)],
}
first = reward("focal", "log_barrier", 0.01, *zero)["value"]
assert abs(first - 0.628770) < 1e-6, first
OUT.write_text(json.dumps(json.loads(json.dumps(golden), parse_float=lambda s: float("%.9g" % float(s)))) + "\n")
