"""Measures SFT and DPO of this project and of TRL in turn (A B A B) and prints rows and pairs per second.

    python src/benchmarks/side_by_side/trl_compare.py --model 5m --rounds 5 --json results.json

Needs trl beside what compare.py needs. Both programs stay open and do one optimiser step at a time (DPO: the mean of
three, the log-probs of the reference included), on sequences of mixed lengths in one batch.
"""

import argparse
import json
import pathlib
import sys

from compare import HERE, Program, mixed_lengths, ratios


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--model", choices=["5m", "100m"], default="5m")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--tokens", type=int, default=2048, help="of the sequences of an optimiser step")
    arguments.add_argument("--threads", type=int, default=0)
    arguments.add_argument("--what", default="sft,dpo")
    arguments.add_argument("--rlhf", default=str(HERE.parents[2] / "rlhf"), help="command of this project")
    arguments.add_argument("--json", type=pathlib.Path)
    given = arguments.parse_args()

    lengths = mixed_lengths(given.tokens)
    common = ["--model", given.model, "--lengths", ",".join(map(str, lengths)), "--threads", str(given.threads)]
    ours = Program([*given.rlhf.split(), "bench", "--interactive", *common])
    theirs = Program([sys.executable, str(HERE / "trl_peer.py"), *common])
    padded = max(lengths) * len(lengths) / sum(lengths)
    print(f"{given.model}: {len(lengths)} sequences of {min(lengths)} to {max(lengths)} tokens a step, {sum(lengths)} "
          f"in all, {padded:.2f} times as many padded")
    print(f"{'a second':12}{'ours':>10}{'TRL':>10}{'ratio':>8}  all rounds", flush=True)
    results = {}
    for name, unit, command in (("sft", "rows", "train"), ("dpo", "pairs", "dpo")):
        if name in given.what.split(","):
            result = results[name] = ratios(ours, theirs, given.rounds, command, name)
            print(f"{name + ', ' + unit:12}{len(lengths) / result['ours_seconds']:10.2f}"
                  f"{len(lengths) / result['theirs_seconds']:10.2f}{result['ratio']:8.2f}  {result['ratios']}",
                  flush=True)
    ours.close()
    theirs.close()
    if given.json:
        given.json.write_text(json.dumps({"model": given.model, "lengths": lengths, "results": results}, indent=2))


if __name__ == "__main__":
    main()
