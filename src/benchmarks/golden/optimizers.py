"""Golden steps of the optimisers besides AdamW: torch.optim, transformers' Adafactor (scale_parameter and relative_step
off, as its trainer sets it up), and bitsandbytes for Lion and the moments in 8 bits.
Run: python src/benchmarks/golden/optimizers.py  (writes src/core/src/test/resources/golden/optimizers.json)
Made with torch 2.7.1, transformers 5.24.0, bitsandbytes 0.50.2.
"""

import json
import pathlib

import bitsandbytes
import torch
from bitsandbytes.backends.cpu import ops as cpu
from transformers.optimization import Adafactor

OUT = pathlib.Path(__file__).parents[2] / "core/src/test/resources/golden/optimizers.json"
LR, DECAY = 0.05, 0.1


def nearest(x, code, scales, out, size):
    """What bitsandbytes does on a GPU; on the CPU its table for small values is coarse. The second moment, which has no
    signs, keeps what is not zero."""
    blocks = torch.nn.functional.pad(x.flatten(), (0, -x.numel() % size)).reshape(-1, size)
    scales.copy_(blocks.abs().amax(1))
    index = ((blocks / scales.clamp_min(1e-38)[:, None])[..., None] - code).abs().argmin(-1)
    if code.min() == 0:
        index = torch.where(blocks > 0, index.clamp_min(1), index)
    out.copy_(index.flatten()[:x.numel()].reshape(out.shape).to(torch.uint8))


cpu._quant_blockwise_fp32_direct = nearest


def small():
    """Two matrices and two vectors, weight decay for the matrices."""
    g = torch.Generator().manual_seed(11)
    start = [torch.randn(*shape, generator=g) for shape in [(3, 4), (5, 2), (6,), (1,)]]
    gradients = [[(0.3 * 2.0**step) * torch.randn(*s.shape, generator=g) for s in start] for step in range(5)]
    return start, gradients


def run(make):
    start, gradients = small()
    parameters = [s.clone().requires_grad_(True) for s in start]
    optimizer = make([{"params": parameters[:2], "weight_decay": DECAY}, {"params": parameters[2:], "weight_decay": 0.0}])
    steps = []
    for ofStep in gradients:
        for p, d in zip(parameters, ofStep):
            p.grad = d.clone()
        optimizer.step()
        steps.append([p.detach().flatten().tolist() for p in parameters])
    return steps


def exact(count, stretch, shift):
    """Numbers of both signs and many sizes that every language computes alike, in fp32 without rounding."""
    i = torch.arange(count, dtype=torch.int64)
    return ((i * 7919 + shift * 104729) % 2003 - 1001).float() / 1024 * 2.0 ** -((i // stretch) % 8).float()


def eight_bits(make):
    """A matrix of 6,000 elements, no multiple of a block; every 23rd element after 1, 2 and 6 steps."""
    weight = torch.nn.Parameter(exact(6000, 1000, 1).reshape(20, 300))
    optimizer = make([{"params": [weight], "weight_decay": DECAY}])
    after = []
    for step in range(6):
        weight.grad = exact(6000, 7, step + 2).reshape(20, 300)
        optimizer.step()
        if step in (0, 1, 5):
            after.append(weight.detach().flatten()[::23].tolist())
    return after


start, gradients = small()
golden = {
    "learningRate": LR, "weightDecay": DECAY, "shapes": [list(s.shape) for s in start],
    "start": [s.flatten().tolist() for s in start],
    "gradients": [[d.flatten().tolist() for d in step] for step in gradients],
    "sgd": run(lambda groups: torch.optim.SGD(groups, lr=LR)),
    "sgd momentum": run(lambda groups: torch.optim.SGD(groups, lr=LR, momentum=0.9)),
    "rmsprop": run(lambda groups: torch.optim.RMSprop(groups, lr=LR, alpha=0.95, eps=1e-8)),
    "rmsprop momentum": run(lambda groups: torch.optim.RMSprop(groups, lr=LR, alpha=0.95, eps=1e-8, momentum=0.9)),
    "adagrad": run(lambda groups: torch.optim.Adagrad(groups, lr=LR, eps=1e-8)),
    "adafactor": run(lambda groups: Adafactor(groups, lr=LR, scale_parameter=False, relative_step=False)),
    "lion_32bit": run(lambda groups: bitsandbytes.optim.Lion(groups, lr=LR, betas=(0.9, 0.95))),
    "adamw_8bit": eight_bits(lambda groups: bitsandbytes.optim.AdamW8bit(groups, lr=LR, betas=(0.9, 0.95), eps=1e-8)),
    "lion_8bit": eight_bits(lambda groups: bitsandbytes.optim.Lion8bit(groups, lr=LR, betas=(0.9, 0.95))),
}
OUT.write_text(json.dumps(json.loads(json.dumps(golden), parse_float=lambda s: float("%.9g" % float(s)))) + "\n")
