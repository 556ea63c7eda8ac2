"""What the benchmarks of reward training share: a small Llama, its tokenizer, and one run of this project or of TRL."""

import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

TEMPLATE = ("{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + eos_token }}"
            "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}")
SPECIAL = ["<pad>", "<eos>", "<|system|>", "<|user|>", "<|assistant|>"]
HERE = pathlib.Path(__file__).parent


def save_tokenizer(tokenizer, directory):
    """Writes a trained tokenizer with the template above; every turn ends with eos, which is the scored token."""
    from transformers import PreTrainedTokenizerFast
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>", pad_token="<pad>")
    fast.chat_template = TEMPLATE
    fast.save_pretrained(directory)
    # The template inside tokenizer_config.json, where older readers look for it.
    config = json.loads((directory / "tokenizer_config.json").read_text())
    config["chat_template"] = TEMPLATE
    (directory / "tokenizer_config.json").write_text(json.dumps(config, indent=2))


def save_model(directory, seed, vocab_size, **shape):
    """Random weights of a Llama; the head of both programs starts at zero, so that both start from the same function."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM
    torch.manual_seed(seed)
    config = LlamaConfig(vocab_size=vocab_size, pad_token_id=0, eos_token_id=1, bos_token_id=None,
                         tie_word_embeddings=True, **shape)
    LlamaForCausalLM(config).save_pretrained(directory)


def write_rows(path, rows):
    if not path.exists():
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def recipe(work, name, seed, reward):
    """A recipe of this project whose loss, optimiser and schedule are those of run_trl."""
    settings = {"name": name, "seed": seed, "threads": int(os.environ.get("OMP_NUM_THREADS", 0)),
                "run_dir": str(work / "runs"),
                "model": {"path": str(work / f"model-{seed}")}, "tokenizer": {"path": str(work / "tokenizer")},
                "data": {"preference_train": str(work / f"train-{seed}.jsonl"),
                         "preference_test": str(work / f"test-{seed}.jsonl"), "max_length": 2048,
                         "max_prompt_length": 2047},
                "reward": {"loss": "ranking", "penalty": "none", "head_init": "zeros", "schedule": "linear",
                           "warmup_ratio": 0.0, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0,
                           "max_grad_norm": 1.0, "shuffle": False, **reward}}
    path = work / f"{name}.json.yaml"
    path.write_text(json.dumps(settings))       # JSON is YAML
    return path, work / "runs" / name


def run_rlhf(command, path, run, on_step=None):
    """Seconds of the whole command and the lines of its metrics; on_step is told of every step as it is written."""
    start = time.perf_counter()
    log = open(path.with_suffix(".log"), "w")
    process = subprocess.Popen([*shlex.split(command), "reward", "train", str(path), "--overwrite", "--no-resume"],
                               stdout=log, stderr=subprocess.STDOUT)
    metrics, seen = run / "metrics.jsonl", 0
    while on_step and process.poll() is None:
        if metrics.exists():
            steps = sum('"stage":"reward"' in line for line in metrics.read_text().splitlines())
            if steps > seen:
                on_step(steps, time.perf_counter())
                seen = steps
        time.sleep(0.005)
    if process.wait() != 0:
        sys.exit(f"{command} failed, see {log.name}")
    return time.perf_counter() - start, [json.loads(line) for line in metrics.read_text().splitlines()]


def run_trl(work, seed, name, **settings):
    """One run of trl_reward.py in a process of its own; what it prints as its last line."""
    command = [sys.executable, str(HERE / "trl_reward.py"), "--model", str(work / f"model-{seed}"), "--tokenizer",
               str(work / "tokenizer"), "--train", str(work / f"train-{seed}.jsonl"), "--test",
               str(work / f"test-{seed}.jsonl"), "--seed", str(seed)]
    for key, value in settings.items():
        command += [f"--{key.replace('_', '-')}", str(value)]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=open(work / f"{name}.log", "w"), text=True,
                            env={**os.environ, "TOKENIZERS_PARALLELISM": "false"})
    if result.returncode != 0:
        sys.exit(f"trl_reward.py failed, see {work / name}.log")
    return json.loads(result.stdout.splitlines()[-1])
