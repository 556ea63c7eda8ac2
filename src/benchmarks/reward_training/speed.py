"""Pairs per second of `rlhf reward train` and of TRL's RewardTrainer in turn (A B A B) on one machine.

    python src/benchmarks/reward_training/speed.py --rounds 3 --work /tmp/speed

Lengths are those of UltraFeedback: each side of a pair log-normal with a median of 300 and a 95th percentile of 1,100 tokens,
at most 2,048, of which the prompt is a quarter of the shorter side. Every round draws new pairs for both. Both start anew
in each round; what counts is the time from the end of the first step to the end of the last, so that neither starting nor
tokenising counts. Rounds are added to results.jsonl in the work folder, and the medians are those of all rounds there.
"""

import argparse
import json
import math
import pathlib
import random
import statistics
import time

from common import SPECIAL, recipe, run_rlhf, run_trl, save_model, save_tokenizer, write_rows

VOCABULARY, LONGEST = 4096, 2048
MEDIAN, SIGMA = 300, math.log(1100 / 300) / 1.6449
SHAPE = dict(hidden_size=256, intermediate_size=688, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=4,
             max_position_embeddings=2048)


def save_word_tokenizer(directory):
    """Each word is a token, so that a length in words is one in tokens."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    words = SPECIAL + [f"w{i}" for i in range(VOCABULARY - len(SPECIAL))]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="w0"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(SPECIAL)
    save_tokenizer(tokenizer, directory)


def pairs(count, seed):
    draw = random.Random(seed)

    def words(n):
        return " ".join(f"w{draw.randrange(VOCABULARY - len(SPECIAL))}" for _ in range(max(1, n)))

    for _ in range(count):
        sides = [min(LONGEST, max(8, round(MEDIAN * math.exp(SIGMA * draw.gauss(0, 1))))) for _ in range(2)]
        prompt = min(sides) // 4
        # Four tokens of each side belong to the template: two roles, two ends of turns.
        chosen, rejected = ([{"role": "assistant", "content": words(n - prompt - 2)}] for n in sides)
        yield {"prompt": [{"role": "user", "content": words(prompt - 2)}], "chosen": chosen, "rejected": rejected}


def ours(given, work, seed):
    packs = {"max_packed_length": given.pack, "batch_size": 1} if given.pack else {"batch_size": given.batch}
    path, run = recipe(work, f"rlhf4j-{seed}", seed, {"learning_rate": 1e-4, **packs})
    times = []
    _, metrics = run_rlhf(given.rlhf, path, run, lambda steps, at: times.append((steps, at)))
    steps = [line for line in metrics if line["stage"] == "reward"]
    (first, begin), (last, end) = times[0], max(t for t in times if t[0] <= len(steps))
    return sum(line["pairs"] for line in steps[first:last]) / (end - begin)


def theirs(given, work, seed):
    result = run_trl(work, seed, f"trl-{seed}", batch=given.batch, max_steps=given.pairs // given.batch)
    return (len(result["steps"]) - 1) * given.batch / (result["steps"][-1] - result["steps"][0])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--work", type=pathlib.Path, required=True)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--pairs", type=int, default=48, help="of a round")
    arguments.add_argument("--batch", type=int, default=8, help="pairs a step, 8 being TRL's own default")
    arguments.add_argument("--pack", type=int, default=8192, help="tokens of our packs; 0 takes batches of pairs")
    arguments.add_argument("--rlhf", default=str(pathlib.Path(__file__).parents[3] / "rlhf"))
    given = arguments.parse_args()
    work = given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    save_word_tokenizer(work / "tokenizer")
    results = work / "results.jsonl"
    done = len(results.read_text().splitlines()) if results.exists() else 0
    for seed in range(done + 1, done + 1 + given.rounds):
        save_model(work / f"model-{seed}", seed, VOCABULARY, **SHAPE)
        write_rows(work / f"train-{seed}.jsonl", pairs(given.pairs, seed))
        write_rows(work / f"test-{seed}.jsonl", pairs(1, -seed))
        sides = {}
        for name, run in (("ours", ours), ("theirs", theirs)):
            sides[name] = run(given, work, seed)
            time.sleep(1)
        with results.open("a") as file:
            file.write(json.dumps(sides) + "\n")
        print(f"round {seed}: {sides['ours']:.2f} and {sides['theirs']:.2f} pairs/s, "
              f"{sides['ours'] / sides['theirs']:.2f} times", flush=True)
    rounds = [json.loads(line) for line in results.read_text().splitlines()]
    print(f"median of {len(rounds)} rounds: {statistics.median(r['ours'] for r in rounds):.2f} and "
          f"{statistics.median(r['theirs'] for r in rounds):.2f} pairs/s, "
          f"{statistics.median(r['ours'] / r['theirs'] for r in rounds):.2f} times")


if __name__ == "__main__":
    main()
