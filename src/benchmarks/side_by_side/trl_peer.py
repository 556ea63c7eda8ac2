"""TRL's trainers on the pairs and rows of `rlhf bench --interactive`: answers commands with the seconds of a step.

    sft     SFTTrainer, rows of the given lengths, loss on every token
    dpo     DPOTrainer, a frozen reference model, prompts a third of the given lengths

Everything that is not a length, a precision or a seed is TRL's default, padding included. A step is measured from
on_step_begin to on_step_end, so that collecting the batch and all set-up do not count.
"""

import argparse
import logging
import sys
import tempfile
import time
import warnings

import torch
from datasets import Dataset
from peer import SIZES
from tokenizers import Tokenizer, models
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, TrainerCallback
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
STEPS = 3


class Clock(TrainerCallback):
    def __init__(self):
        self.seconds = []

    def on_step_begin(self, *args, **kwargs):
        self.start = time.perf_counter()

    def on_step_end(self, *args, **kwargs):
        self.seconds.append(time.perf_counter() - self.start)


def ready(trainer_type):
    class Ready(trainer_type):
        """Rows that are token ids already."""

        def _prepare_dataset(self, dataset, *args, **kwargs):
            return dataset

    return Ready


class Peer:
    def __init__(self, size, lengths):
        torch.manual_seed(17)
        self.config = LlamaConfig(max_position_embeddings=2048, rms_norm_eps=1e-5, **SIZES[size])
        self.tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=Tokenizer(models.WordLevel({"<pad>": 0, "<eos>": 1, "<unk>": 2}, unk_token="<unk>")),
            pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")
        self.model = self.fresh()
        count = len(lengths)
        ids = lambda n: torch.randint(3, self.config.vocab_size, (max(1, n),)).tolist()
        answer = lambda n: n - n // 3
        self.rows = {"sft": [{"input_ids": row, "labels": row} for row in map(ids, lengths)],
                     "dpo": [{"prompt_ids": ids(lengths[i] // 3), "chosen_ids": ids(answer(lengths[i])),
                              "rejected_ids": ids(answer(lengths[(i + 1) % count]))} for i in range(count)]}

    def fresh(self):
        return LlamaForCausalLM(self.config).float()

    def train(self, what):
        kind, trainer_type = {"sft": (SFTConfig, SFTTrainer), "dpo": (DPOConfig, DPOTrainer)}[what]
        more = {"ref_model": self.fresh()} if what == "dpo" else {}
        rows = self.rows[what]
        args = kind(output_dir=tempfile.mkdtemp(), per_device_train_batch_size=len(rows), num_train_epochs=STEPS,
                    learning_rate=1e-5, report_to=[], save_strategy="no", use_cpu=True, bf16=False, disable_tqdm=True,
                    gradient_checkpointing=False, logging_strategy="no", seed=1, max_length=None)
        clock = Clock()
        ready(trainer_type)(model=self.model, args=args, train_dataset=Dataset.from_list(rows),
                            processing_class=self.tokenizer, callbacks=[clock], **more).train()
        return sum(clock.seconds[1:]) / (STEPS - 1)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--model", choices=SIZES, default="5m")
    arguments.add_argument("--lengths", default="65,300,730")
    arguments.add_argument("--threads", type=int, default=0)
    given = arguments.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    peer = Peer(given.model, [int(n) for n in given.lengths.split(",")])
    answers = sys.stdout
    sys.stdout = sys.stderr  # what the trainers print is no answer
    print("0.0", file=answers, flush=True)
    for line in sys.stdin:
        print(f"{peer.train(line.strip()):.6f}", file=answers, flush=True)


if __name__ == "__main__":
    main()
