"""Writes the small safetensors files that the reader and writer tests compare with.

Usage: python safetensors_files.py src/core/src/test/resources/golden/safetensors
The values cover signs, subnormal numbers, infinities and ties of the rounding to bf16 and f16.
"""
import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
values = torch.tensor([0.0, -0.0, 1.0, -2.5, 1.00390625, 1.01171875, 3.14159274, -1e-8, 6.1e-5, 65504.0, 65520.0, 1e30,
                       -3e38, float("inf"), float("-inf"), 0.333333343])
grid = torch.arange(6, dtype=torch.float32).reshape(2, 3) * 0.1 - 0.25
for name, dtype in (("f32", torch.float32), ("bf16", torch.bfloat16), ("f16", torch.float16)):
  tensors = {"layer.grid": grid.to(dtype), "layer.scalar": torch.tensor(1.5).to(dtype),
             "layer.values": values.to(dtype)}
  save_file(tensors, folder / f"{name}.safetensors", metadata={"format": "pt"})

integers = torch.tensor([-128, -1, 0, 127])
save_file({"i64": integers * 2**40, "i32": integers.int() * 2**20, "i16": integers.short() * 100,
           "i8": integers.to(torch.int8), "u8": torch.tensor([0, 200, 255], dtype=torch.uint8),
           "bool": torch.tensor([True, False]),
           "f64": torch.tensor([1.5, -1 / 3], dtype=torch.float64), "empty": torch.zeros(0, 3)},
          folder / "mixed.safetensors")

shards = {"model-00001-of-00002.safetensors": {"a": grid},
          "model-00002-of-00002.safetensors": {"b": grid + 1, "c": grid[0].clone()}}
(folder / "sharded").mkdir(exist_ok=True)
for file, tensors in shards.items():
  save_file(tensors, folder / "sharded" / file, metadata={"format": "pt"})
index = {"metadata": {"total_size": 60}, "weight_map": {n: f for f, ts in shards.items() for n in ts}}
(folder / "sharded" / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")
