"""Matrices that bitsandbytes has put into 4 bits (NF4, blocks of 64, double quantisation) and back, on the CPU.

Run: pip install bitsandbytes; python src/benchmarks/golden/nf4.py

Writes src/core/src/test/resources/golden/nf4.safetensors:
  weight.i         float32 matrix
  dequantised.i    what is left of it, float32
  bytes.i          bitsandbytes' packed levels, as int64
"""

import pathlib

import bitsandbytes.functional as bnb
import torch
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).parents[2] / "core/src/test/resources/golden/nf4.safetensors"

torch.manual_seed(7)
# Rows of at least one block: for shorter ones bitsandbytes 0.50.2 mixes up the scales on the CPU. No block of zeros alone:
# its levels are arbitrary there.
with_outliers = torch.randn(24, 64) * 0.02
with_outliers[3, 5], with_outliers[20, 63] = 4.0, -7.5
# 260 blocks: more than one group of scales.
matrices = [torch.randn(130, 128) * 0.05, with_outliers, torch.randn(16, 64), torch.rand(8, 8) - 0.2]
golden = {}
for i, weight in enumerate(matrices):
    packed, state = bnb.quantize_4bit(weight, blocksize=64, compress_statistics=True, quant_type="nf4")
    golden[f"weight.{i}"] = weight
    golden[f"dequantised.{i}"] = bnb.dequantize_4bit(packed, state).contiguous()
    golden[f"bytes.{i}"] = packed.flatten().long()
save_file(golden, OUT)
