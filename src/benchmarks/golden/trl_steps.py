"""Fifty optimiser steps of TRL's DPOTrainer and SFTTrainer on a tiny checkpoint: losses and gradient norms to follow.

The checkpoint is src/core/src/test/resources/golden/llama-tied; the rows are random token ids with prompts and
answers of mixed lengths. Batches are taken in file order.
Losses and gradient norms are those that TRL logs. One seed, fp32, CPU.
Run: python src/benchmarks/golden/trl_steps.py   (writes actor/src/test/resources/golden/trl_steps.json)
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
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
ROOT = pathlib.Path(__file__).parents[3]
CHECKPOINT = ROOT / "src/core/src/test/resources/golden/llama-tied"
OUT = ROOT / "actor/src/test/resources/golden/trl_steps.json"
STEPS, BATCH, RATE = 50, 4, 1e-3
draw = random.Random(3)


def ids(low, high):
    return [draw.randrange(3, 96) for _ in range(draw.randint(low, high))]


def model():
    return AutoModelForCausalLM.from_pretrained(CHECKPOINT, dtype=torch.float32)


class Losses(TrainerCallback):
    def __init__(self):
        self.rows = []

    def on_log(self, args, state, control, logs=None, **kwargs):
        if "loss" in logs:
            self.rows.append([logs["loss"], logs["grad_norm"]])


def arguments(kind, **more):
    return kind(output_dir=tempfile.mkdtemp(), per_device_train_batch_size=BATCH, max_steps=STEPS, learning_rate=RATE,
                lr_scheduler_type="linear", warmup_steps=0, logging_steps=1, report_to=[], save_strategy="no",
                max_grad_norm=1.0, weight_decay=0.0, use_cpu=True, bf16=False, gradient_checkpointing=False,
                disable_tqdm=True, seed=1, max_length=None, **more)


def in_order(trainer_type):
    class InOrder(trainer_type):
        def _prepare_dataset(self, dataset, *args, **kwargs):
            return dataset

        def _get_train_sampler(self, *args, **kwargs):
            return SequentialSampler(self.train_dataset)

    return InOrder


def run(trainer_type, args, rows):
    losses = Losses()
    trainer = in_order(trainer_type)(model=model(), args=args, train_dataset=Dataset.from_list(rows),
                                     processing_class=AutoTokenizer.from_pretrained(CHECKPOINT), callbacks=[losses])
    trainer.train()
    return losses.rows


pairs = []
for _ in range(STEPS * BATCH):
    pairs.append({"prompt_ids": ids(2, 20), "chosen_ids": ids(1, 12) + [2], "rejected_ids": ids(1, 12) + [2]})
dpo = [{"loss": loss, "beta": beta, "nllCoef": nll, "steps": run(DPOTrainer, arguments(
    DPOConfig, beta=beta, loss_type=[loss] + ["sft"] * (nll > 0), loss_weights=[1.0] + [nll] * (nll > 0)), pairs)}
    for loss, beta, nll in (("sigmoid", 0.1, 0.0), ("sigmoid", 0.3, 0.2), ("ipo", 0.2, 0.0))]
sft_rows = [{"input_ids": p["prompt_ids"] + p["chosen_ids"],
             "labels": [-100] * len(p["prompt_ids"]) + p["chosen_ids"]} for p in pairs]
golden = {"batch": BATCH, "learningRate": RATE,
          "pairs": [[p["prompt_ids"], p["chosen_ids"], p["rejected_ids"]] for p in pairs],
          "dpo": dpo, "sft": run(SFTTrainer, arguments(SFTConfig), sft_rows)}
OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(json.dumps(golden) + "\n")
for case in dpo:
    print(case["loss"], case["steps"][0], case["steps"][-1])
print("sft", golden["sft"][0], golden["sft"][-1])
