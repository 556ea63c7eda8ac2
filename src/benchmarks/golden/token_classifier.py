"""A tiny process reward model as TRL's PRMTrainer leaves it: a token classifier with two labels, of which 1 is right.

    python src/benchmarks/golden/token_classifier.py reward/src/test/resources/golden/token-classifier
"""
import json
import pathlib
import sys

import torch
from transformers import LlamaConfig, LlamaForTokenClassification

torch.manual_seed(3)
config = LlamaConfig(vocab_size=40, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
                     num_key_value_heads=1, max_position_embeddings=32, num_labels=2, initializer_range=0.4)
model = LlamaForTokenClassification(config).eval()
with torch.no_grad():
    model.score.bias.copy_(torch.tensor([0.3, -0.5]))
directory = pathlib.Path(sys.argv[1])
model.save_pretrained(directory)
sequences = [[1, 7, 12, 3, 30, 22, 5, 9], [2, 39, 4, 4, 17]]
with torch.no_grad():
    right = [model(torch.tensor([ids])).logits[0].softmax(-1)[:, 1].tolist() for ids in sequences]
(directory / "expected.json").write_text(json.dumps({"sequences": sequences, "right": right}))
