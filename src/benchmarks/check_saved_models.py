"""Compares what a run saved with transformers: the same logits and scores for the same tokens.

    mvn test -pl src/launcher -am -Dtest=SavedModelTest -Dsurefire.failIfNoSpecifiedTests=false \\
        -Drlhf4j.keep=/tmp/saved
    python src/benchmarks/check_saved_models.py /tmp/saved

The test leaves a small run and outputs.json, with the tokens and what this project computes for them.
Needs torch, transformers and safetensors.
"""

import json
import pathlib
import sys

import torch
from transformers import (AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer)

TOLERANCE = 1e-4
KINDS = {
    "stages/sft": AutoModelForCausalLM,
    "final/actor": AutoModelForCausalLM,
    "stages/reward": AutoModelForSequenceClassification,
    "final/critic": AutoModelForSequenceClassification,
}


def largest_difference(kind, directory, tokens, expected):
    model, info = kind.from_pretrained(directory, output_loading_info=True, dtype=torch.float32)
    wrong = {key: value for key, value in info.items() if value and key != "error_msgs"}
    # A tied projection is the embedding and rightly not in the file.
    wrong.pop("missing_keys", None) if wrong.get("missing_keys") in ({"lm_head.weight"}, ["lm_head.weight"]) else None
    if wrong:
        raise SystemExit(f"{directory}: {wrong}")
    with torch.no_grad():
        actual = model.eval()(torch.tensor([tokens])).logits.flatten().double()
    return (actual - torch.tensor(expected, dtype=torch.float64)).abs().max().item()


def main():
    kept = pathlib.Path(sys.argv[1])
    saved = json.loads((kept / "outputs.json").read_text())
    worst = 0.0
    for name, expected in saved["outputs"].items():
        directory = pathlib.Path(saved["run"]) / name
        difference = largest_difference(KINDS[name], directory, saved["tokens"], expected)
        tokenizer = AutoTokenizer.from_pretrained(directory)
        chat = tokenizer.apply_chat_template([{"role": "user", "content": "hi"}], tokenize=False)
        print(f"{name}: largest difference {difference:.2e}, {len(tokenizer)} tokens, chat template gives {chat!r}")
        worst = max(worst, difference)
    if worst > TOLERANCE:
        raise SystemExit(f"more than {TOLERANCE}")


if __name__ == "__main__":
    main()
