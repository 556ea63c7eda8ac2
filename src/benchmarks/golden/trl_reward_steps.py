"""Fifty optimiser steps of TRL's RewardTrainer on a tiny checkpoint: losses, accuracies and gradient norms to follow.

The checkpoint is src/core/src/test/resources/golden/llama-reward; the rows are random token ids with prompts and answers
of mixed lengths, all ending with eos. Batches are taken in file order, right-padded, without dropout. One seed, fp32, CPU.
Run: python src/benchmarks/golden/trl_reward_steps.py   (writes reward/src/test/resources/golden/trl_reward_steps.json)
"""

import json
import logging
import pathlib
import random
import tempfile
import warnings

import torch
from datasets import Dataset
from torch.utils.data import SequentialSampler
from transformers import AutoModelForSequenceClassification, AutoTokenizer, TrainerCallback
from trl import RewardConfig, RewardTrainer

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
ROOT = pathlib.Path(__file__).parents[3]
CHECKPOINT = ROOT / "src/core/src/test/resources/golden/llama-reward"
OUT = ROOT / "reward/src/test/resources/golden/trl_reward_steps.json"
STEPS, BATCH, RATE = 50, 8, 1e-3
draw = random.Random(5)


def ids(low, high):
    return [draw.randrange(3, 96) for _ in range(draw.randint(low, high))]


class Logs(TrainerCallback):
    def __init__(self):
        self.rows = []

    def on_log(self, args, state, control, logs=None, **kwargs):
        if "loss" in logs:
            self.rows.append([logs["loss"], logs["grad_norm"], logs["accuracy"]])


class InOrder(RewardTrainer):
    def _prepare_dataset(self, dataset, *args, **kwargs):
        return dataset

    def _get_train_sampler(self, *args, **kwargs):
        return SequentialSampler(self.train_dataset)


def run(rows, centering):
    args = RewardConfig(output_dir=tempfile.mkdtemp(), per_device_train_batch_size=BATCH, max_steps=STEPS,
                        learning_rate=RATE, lr_scheduler_type="linear", warmup_steps=0, logging_steps=1, report_to=[],
                        save_strategy="no", max_grad_norm=1.0, weight_decay=0.0, use_cpu=True, bf16=False,
                        gradient_checkpointing=False, disable_tqdm=True, seed=1, max_length=None,
                        center_rewards_coefficient=centering)
    logs = Logs()
    model = AutoModelForSequenceClassification.from_pretrained(CHECKPOINT, num_labels=1, dtype=torch.float32)
    InOrder(model=model, args=args, train_dataset=Dataset.from_list(rows),
            processing_class=AutoTokenizer.from_pretrained(CHECKPOINT), callbacks=[logs]).train()
    return logs.rows


pairs = [(ids(2, 20), ids(1, 12) + [2], ids(1, 12) + [2], round(draw.random(), 3)) for _ in range(STEPS * BATCH)]
plain = [{"chosen_ids": p + c, "rejected_ids": p + r} for p, c, r, _ in pairs]
margins = [{"chosen_ids": p + c, "rejected_ids": p + r, "margin": m} for p, c, r, m in pairs]
golden = {"batch": BATCH, "learningRate": RATE, "pairs": pairs,
          "runs": [{"margin": False, "centering": 0.0, "steps": run(plain, None)},
                   {"margin": True, "centering": 0.01, "steps": run(margins, 0.01)}]}
OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(json.dumps(golden) + "\n")
for case in golden["runs"]:
    print(case["margin"], case["steps"][0], case["steps"][-1])
