"""Measures this project and PyTorch + transformers in turn (A B A B) on one machine and prints medians of ratios.

    python src/benchmarks/side_by_side/compare.py --model 5m --rounds 5 --json results.json

Both programs stay open and do one piece of work at a time, so that a busy machine slows both alike. README.md says how to
set them up.
"""

import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
WARM_UP_SECONDS = 10


class Program:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args[0]} ended without an answer")
        return float(line)

    def run(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def ratios(ours, theirs, rounds, our_command, their_command):
    """Seconds of the two, round by round. Warm-up does not count: Java compiles meanwhile what runs between steps."""
    start = time.monotonic()
    warm = 0
    while warm < 2 or time.monotonic() - start < WARM_UP_SECONDS:
        ours.run(our_command)
        theirs.run(their_command)
        warm += 1
    pairs = [(ours.run(our_command), theirs.run(their_command)) for _ in range(rounds)]
    return {"ours_seconds": statistics.median(a for a, _ in pairs),
            "theirs_seconds": statistics.median(b for _, b in pairs),
            "ratio": statistics.median(b / a for a, b in pairs),
            "ratios": [round(b / a, 3) for a, b in pairs]}


def mixed_lengths(tokens):
    """From 32 to 730 tokens, evenly spread on a logarithmic scale, as those of chats are."""
    source = random.Random(11)
    lengths = []
    while sum(lengths) < tokens:
        lengths.append(int(32 * (730 / 32) ** source.random()))
    return lengths


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--model", choices=["5m", "100m"], default="5m")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--tokens", type=int, default=2048, help="of an optimiser step")
    arguments.add_argument("--new-tokens", type=int, default=64)
    arguments.add_argument("--threads", type=int, default=0)
    arguments.add_argument("--batch", default="1,8,64")
    arguments.add_argument("--train", default="eager,sdpa,packed", help="kinds of training to compare with, or none")
    arguments.add_argument("--rlhf", default=str(HERE.parents[2] / "rlhf"), help="command of this project")
    arguments.add_argument("--json", type=pathlib.Path)
    given = arguments.parse_args()

    lengths = mixed_lengths(given.tokens)
    common = ["--model", given.model, "--lengths", ",".join(map(str, lengths)), "--new-tokens", str(given.new_tokens),
              "--threads", str(given.threads)]
    ours = Program([*given.rlhf.split(), "bench", "--interactive", *common])
    theirs = Program([sys.executable, str(HERE / "peer.py"), *common])
    padded = max(lengths) * len(lengths) / sum(lengths)
    print(f"{given.model}: {len(lengths)} sequences, {sum(lengths)} tokens a step, {padded:.2f} times as many padded")
    print(f"{'':24}{'ours s':>10}{'theirs s':>10}{'theirs / ours':>16}  all rounds", flush=True)
    work = [(f"training vs {kind}", "train", f"train {kind}") for kind in given.train.split(",") if kind != "none"]
    work += [(f"generation, batch {batch}", f"generate {batch} fp32", f"generate {batch} fp32")
             for batch in given.batch.split(",") if batch != "none"]
    results = {}
    for name, our_command, their_command in work:
        result = results[name] = ratios(ours, theirs, given.rounds, our_command, their_command)
        print(f"{name:24}{result['ours_seconds']:10.3f}{result['theirs_seconds']:10.3f}{result['ratio']:16.2f}  "
              f"{result['ratios']}", flush=True)
    ours.close()
    theirs.close()
    if given.json:
        given.json.write_text(json.dumps({"model": given.model, "lengths": lengths, "results": results}, indent=2))


if __name__ == "__main__":
    main()
