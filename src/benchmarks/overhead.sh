#!/usr/bin/env bash
# Share of a PPO iteration outside kernels: overhead.sh embedded|cluster [ITERATIONS [WARMUP]]
#
# embedded is one JVM, cluster is a coordinator and four nodes. Prints medians over the iterations after the first WARMUP (5
# and 15), in which Java compiles its code: five JVMs compile it five times. The port of the cluster is 25520, or PORT.
set -euo pipefail

mode=${1:-embedded}
iterations=${2:-$([ "$mode" = cluster ] && echo 25 || echo 15)}
warmup=${3:-$((iterations - 10))}
port=${PORT:-25520}
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
rlhf=${RLHF:-$root/rlhf}
nodes=()

finish() {
  for node in "${nodes[@]:-}"; do
    [ -z "$node" ] || kill "$node" 2>/dev/null || true
  done
  wait
  rm -rf "$work"
}
trap finish EXIT

"$rlhf" quickstart-data --out "$work/data" --sft 64 --pairs 64 --test-pairs 24 --prompts 512 --test-prompts 8 >/dev/null
options=(-o "run_dir=$work/runs" -o "ppo.iterations=$iterations" -o "data.sft=$work/data/sft.jsonl"
  -o "data.preference_train=$work/data/preference_train.jsonl" -o "data.preference_test=$work/data/preference_test.jsonl"
  -o "data.prompts_train=$work/data/prompts_train.jsonl" -o "data.prompts_test=$work/data/prompts_test.jsonl")
case $mode in
  embedded) ;;
  cluster)
    options+=(-o "cluster.port=$port")
    for role in actor critic reward reference; do
      "$rlhf" node --role "$role" --join "127.0.0.1:$port" >"$work/$role.log" 2>&1 &
      nodes+=($!)
    done
    ;;
  *)
    echo "overhead.sh: is $mode, must be embedded or cluster" >&2
    exit 2
    ;;
esac

"$rlhf" ppo "$root/configs/recipes/overhead.yaml" "${options[@]}" >"$work/ppo.log" 2>&1 || {
  cat "$work/ppo.log" >&2
  exit 1
}
rows=$work/rows
grep '"stage":"ppo-time"' "$work/runs/overhead/metrics.jsonl" | tail -n "+$((warmup + 1))" >"$rows"
echo "$mode, $(wc -l <"$rows") iterations after $warmup; median, smallest, largest"
for key in generating_seconds scoring_seconds experience_seconds learning_seconds cpu_s kernel_cpu_s kernel_calls overhead \
  idle_share; do
  sed -n "s/.*\"$key\":\([-+0-9.eE]*\).*/\1/p" "$rows" | sort -g |
    awk -v key="$key" '{v[NR] = $1} END {if (NR) printf "%-20s %10.4f %10.4f %10.4f\n", key, v[int((NR + 1) / 2)], v[1], v[NR]}'
done
