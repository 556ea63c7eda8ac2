#!/usr/bin/env bash
# Throughput of the reward server: one client against 64, over HTTP and gRPC, for a model of 0.8M weights and one with the
# layers of the 5M model.
#
#   src/benchmarks/serving.sh [SECONDS [ROUNDS]]      seconds of each phase (4), rounds of one client and many (3)
#
# RUNS  folder of the models (runs); those that are missing are made first, from the quickstart's data. What they have
#       learned does not matter here, so a few steps are enough.
set -euo pipefail

seconds=${1:-4} rounds=${2:-3}
rlhf=$(cd "$(dirname "$0")/../.." && pwd)/rlhf
recipe=$(dirname "$rlhf")/configs/recipes/quickstart.yaml
runs=${RUNS:-runs}
five=(-o model.hidden_size=256 -o model.intermediate_size=688 -o model.num_key_value_heads=4 -o tokenizer.vocab_size=4096)

train() {
  [ -d "$runs/$1/final/reward" ] || "$rlhf" reward train "$recipe" -o run_dir="$runs" -o name="$1" -o reward.max_steps=2 \
    -o sft.epochs=0 -o threads=0 "${@:2}"
}

measure() {
  local said=$runs/$1.served pid address
  "$rlhf" reward serve --model "$runs/$1/final/reward" --port 0 --grpc-port 0 >"$said" &
  pid=$!
  # shellcheck disable=SC2064
  trap "kill $pid" EXIT
  until grep -q 'gRPC at' "$said"; do kill -0 $pid; sleep 0.2; done
  address=$(sed -n 's/^rewards at \([^,]*\), gRPC at \(.*\)$/\1 \2/p' "$said")
  for how in "--url ${address% *}" "--grpc ${address#* }"; do
    echo "== $1, ${how%% *}"
    # shellcheck disable=SC2086
    "$rlhf" reward load $how --input "$runs/tiny/data/preference_test.jsonl" --seconds "$seconds" --rounds "$rounds"
  done
  kill $pid && wait $pid || true
  trap - EXIT
}

train tiny
train five "${five[@]}"
measure tiny
measure five
