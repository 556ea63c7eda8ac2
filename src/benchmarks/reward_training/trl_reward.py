"""One training of a reward model with TRL's RewardTrainer; prints one line of JSON: accuracy, seconds, time and loss of each
step.

fp32, no gradient checkpointing, no dropout, rows in the order of the file, AdamW with a linear schedule and no warm-up: what
common.recipe asks of this project. Batches are padded to their longest sequence, as TRL's collator does.
"""

import argparse
import json
import logging
import tempfile
import time
import warnings

import torch
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer, TrainerCallback
from trl import RewardConfig, RewardTrainer

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)


class Clock(TrainerCallback):
    def __init__(self):
        self.times = []
        self.losses = []

    def on_step_end(self, args, state, control, **kwargs):
        self.times.append(time.perf_counter())

    def on_log(self, args, state, control, logs=None, **kwargs):
        if "loss" in logs:
            self.losses.append(logs["loss"])


def main():
    arguments = argparse.ArgumentParser()
    for name in ["model", "tokenizer", "train", "test"]:
        arguments.add_argument(f"--{name}", required=True)
    arguments.add_argument("--seed", type=int, default=17)
    arguments.add_argument("--batch", type=int, default=8)
    arguments.add_argument("--rate", type=float, default=1e-4)
    arguments.add_argument("--epochs", type=float, default=1)
    arguments.add_argument("--max-steps", type=int, default=-1)
    given = arguments.parse_args()

    tokenizer = AutoTokenizer.from_pretrained(given.tokenizer)
    model = AutoModelForSequenceClassification.from_pretrained(given.model, num_labels=1, dtype=torch.float32)
    torch.nn.init.zeros_(model.score.weight)
    # dataset caches would carry results of one run over to the next
    rows = load_dataset("json", data_files={"train": given.train, "test": given.test}, cache_dir=tempfile.mkdtemp())
    args = RewardConfig(output_dir=tempfile.mkdtemp(), per_device_train_batch_size=given.batch,
                        per_device_eval_batch_size=given.batch, num_train_epochs=given.epochs,
                        max_steps=given.max_steps, learning_rate=given.rate, lr_scheduler_type="linear",
                        warmup_steps=0, weight_decay=0.0, max_grad_norm=1.0, logging_steps=1, report_to=[],
                        train_sampling_strategy="sequential", disable_dropout=True,
                        save_strategy="no", eval_strategy="no", use_cpu=True, bf16=False,
                        gradient_checkpointing=False, disable_tqdm=True, seed=given.seed, max_length=2048)
    clock = Clock()
    trainer = RewardTrainer(model=model, args=args, train_dataset=rows["train"], eval_dataset=rows["test"],
                            processing_class=tokenizer, callbacks=[clock])
    start = time.perf_counter()
    trainer.train()
    correct, ties, total = accuracy(trainer, given.batch) if given.max_steps < 0 else (0, 0, 1)
    lengths = [[len(row["chosen_ids"]), len(row["rejected_ids"])] for row in trainer.train_dataset]
    print(json.dumps({"accuracy": correct / total, "correct": correct, "ties": ties, "pairs": total,
                      "seconds": time.perf_counter() - start, "losses": clock.losses,
                      "steps": [at - start for at in clock.times], "rows": len(trainer.train_dataset),
                      "tokens": sum(map(sum, lengths))}))


def accuracy(trainer, batch):
    """Pairs with chosen above rejected, counted one by one: TRL's own is a mean of the means of batches."""
    model, rows, correct, ties = trainer.model.eval(), trainer.eval_dataset, 0, 0
    with torch.inference_mode():
        for at in range(0, len(rows), batch):
            part = [rows[i] for i in range(at, min(at + batch, len(rows)))]
            inputs = trainer.data_collator([{k: row[k] for k in ("chosen_ids", "rejected_ids")} for row in part])
            chosen, rejected = model(**inputs, use_cache=False).logits.squeeze(-1).chunk(2)
            correct += int((chosen > rejected).sum())
            ties += int((chosen == rejected).sum())
    return correct, ties, len(rows)


if __name__ == "__main__":
    main()
