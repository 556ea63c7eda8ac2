"""Held-out accuracy of reward models trained by this project and by TRL's RewardTrainer on the same real pairs.

    python src/benchmarks/reward_training/accuracy.py --kind hh-rlhf --file harmless-base-2000.jsonl.gz --work /tmp/hh
    python src/benchmarks/reward_training/accuracy.py --kind gsm8k --file example_model_solutions.jsonl --work /tmp/gsm8k

Both sides get the same rows in the same order, tokenizer, first weights (a Llama of two layers, its head at zero), loss,
batch size, optimiser and schedule, so that every step computes the same and only rounding differs; the largest relative
difference of a step's loss is printed. A seed draws the split, by prompts, the order of the rows and the first weights.
Finished runs are kept in the work folder and not repeated. OMP_NUM_THREADS limits the threads of both.
"""

import argparse
import gzip
import json
import math
import pathlib
import random
import statistics

from common import SPECIAL, recipe, run_rlhf, run_trl, save_model, save_tokenizer, write_rows


def lines(path):
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt") as file:
        return [json.loads(line) for line in file]


def dialogue(text):
    """Turns of a dialogue of hh-rlhf; None if they do not alternate or one is empty."""
    turns = []
    for part in text.split("\n\nHuman: ")[1:]:
        turns += [("user", part.split("\n\nAssistant: ")[0])] + [("assistant", a) for a in
                                                                  part.split("\n\nAssistant: ")[1:]]
    good = [role for role, _ in turns] == ["user", "assistant"] * (len(turns) // 2) and turns
    return [{"role": role, "content": said} for role, said in turns] if good and all(s.strip() for _, s in turns) else None


def hh_rlhf(path):
    for row in lines(path):
        chosen, rejected = dialogue(row["chosen"]), dialogue(row["rejected"])
        if chosen and rejected and chosen[:-1] == rejected[:-1] and chosen[-1] != rejected[-1]:
            yield {"prompt": chosen[:-1], "chosen": chosen[-1:], "rejected": rejected[-1:]}


def gsm8k(path):
    """Each right solution against each wrong one of the same problem."""
    for row in lines(path):
        solutions = [value for value in row.values() if isinstance(value, dict)]
        for right in (s["solution"] for s in solutions if s["is_correct"]):
            for wrong in (s["solution"] for s in solutions if not s["is_correct"]):
                yield {"prompt": [{"role": "user", "content": row["question"]}],
                       "chosen": [{"role": "assistant", "content": right}],
                       "rejected": [{"role": "assistant", "content": wrong}]}


def tokenizer_of(rows, size, directory):
    """A byte-level BPE of these texts; one that is there is taken."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    if (directory / "tokenizer.json").exists():
        return Tokenizer.from_file(str(directory / "tokenizer.json"))
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    texts = (turn["content"] for row in rows for side in ("prompt", "chosen", "rejected") for turn in row[side])
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    save_tokenizer(tokenizer, directory)
    return tokenizer


def short_enough(tokenizer, row, most):
    sides = [row["prompt"] + row[side] for side in ("chosen", "rejected")]
    return all(sum(len(tokenizer.encode(turn["content"]).ids) + 2 for turn in side) <= most for side in sides)


def split(rows, seed):
    """A fifth of the prompts is held out; the rows that are left stand in the order in which both programs take them."""
    draw = random.Random(seed)
    prompts = sorted({json.dumps(row["prompt"]) for row in rows})
    draw.shuffle(prompts)
    held = set(prompts[:len(prompts) // 5])
    rows = draw.sample(rows, len(rows))
    return ([row for row in rows if json.dumps(row["prompt"]) not in held],
            [row for row in rows if json.dumps(row["prompt"]) in held])


def measure(given, work, seed, side):
    done = work / f"{side}-{seed}.json"
    if not done.exists():
        if side == "rlhf4j":
            path, run = recipe(work, f"rlhf4j-{seed}", seed, {"learning_rate": given.rate, "epochs": given.epochs,
                                                              "batch_size": given.batch, "eval_strategy": "no"})
            seconds, metrics = run_rlhf(given.rlhf, path, run)
            last = [line for line in metrics if line["stage"] == "reward_eval"][-1]
            steps = [line for line in metrics if line["stage"] == "reward"]
            result = {"accuracy": last["accuracy"], "correct": last["correct"], "ties": last["ties"],
                      "pairs": last["pairs"], "seconds": seconds, "losses": [line["loss"] for line in steps],
                      "tokens": sum(line["tokens"] for line in steps) / given.epochs}
        else:
            result = run_trl(work, seed, f"trl-{seed}", rate=given.rate, epochs=given.epochs, batch=given.batch)
        done.write_text(json.dumps(result))
    return json.loads(done.read_text())


def apart(ours, theirs):
    """Largest relative difference of two runs' losses, step by step."""
    if len(ours) != len(theirs):
        raise SystemExit(f"{len(ours)} steps here, {len(theirs)} there")
    return max(abs(a - b) / max(abs(b), 1e-3) for a, b in zip(ours, theirs))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--kind", choices=["hh-rlhf", "gsm8k"], required=True)
    arguments.add_argument("--file", type=pathlib.Path, required=True)
    arguments.add_argument("--work", type=pathlib.Path, required=True, help="folder for rows, models and runs")
    arguments.add_argument("--seeds", default="1,2,3,4,5")
    arguments.add_argument("--most", type=int, default=2000, help="pairs, a fifth of them held out")
    arguments.add_argument("--max-tokens", type=int, default=256, help="of a sequence; longer pairs are left out")
    arguments.add_argument("--sides", default="rlhf4j,trl")
    arguments.add_argument("--epochs", type=int, default=1)
    arguments.add_argument("--batch", type=int, default=8)
    arguments.add_argument("--rate", type=float, default=1e-4)
    arguments.add_argument("--vocabulary", type=int, default=3000)
    arguments.add_argument("--rlhf", default=str(pathlib.Path(__file__).parents[3] / "rlhf"))
    given = arguments.parse_args()
    work = given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)

    rows = list({"hh-rlhf": hh_rlhf, "gsm8k": gsm8k}[given.kind](given.file))
    tokenizer = tokenizer_of(rows, given.vocabulary, work / "tokenizer")
    rows = [row for row in rows if short_enough(tokenizer, row, given.max_tokens)]
    rows = random.Random(0).sample(rows, min(given.most, len(rows)))
    results = {side: [] for side in given.sides.split(",") if side}
    for seed in map(int, given.seeds.split(",")):
        train, test = split(rows, seed)
        write_rows(work / f"train-{seed}.jsonl", train)
        write_rows(work / f"test-{seed}.jsonl", test)
        if not (work / f"model-{seed}").exists():
            save_model(work / f"model-{seed}", seed, tokenizer.get_vocab_size(), hidden_size=128,
                       intermediate_size=352, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=4,
                       max_position_embeddings=2048)
        for side in results:
            result = measure(given, work, seed, side)
            results[side].append(result)
            print(f"seed {seed} {side:7} {len(train)} pairs, {result['tokens']:.0f} tokens a pass, held out "
                  f"{result['pairs']}: {result['correct']} right ({100 * result['accuracy']:.1f} %), {result['ties']} ties, "
                  f"{result['seconds']:.0f} s", flush=True)
        if len(results) == 2:
            print(f"seed {seed} losses differ by at most {apart(*(found[-1]['losses'] for found in results.values())):.1e}",
                  flush=True)
    for side, found in results.items():
        accuracies = [100 * result["accuracy"] for result in found]
        spread = statistics.stdev(accuracies) if len(accuracies) > 1 else math.nan
        print(f"{side:7} {statistics.mean(accuracies):.2f} % +- {spread:.2f} over {len(found)} seeds, "
              f"{statistics.mean(result['seconds'] for result in found):.0f} s a run")


if __name__ == "__main__":
    main()
