#!/usr/bin/env bash
# Puts mistakes back, one at a time, and shows which test notices.
#
#   src/benchmarks/mistakes/try.sh [NUMBER ...]     all of them, or those that begin so: 01 20b
#
# Works on a copy of the last commit in a temporary directory, with Maven offline (`mvn test` once before fills its
# repository). First the named tests must pass as they are. Each patch names the mistake, the module and the tests;
# the run counts only if it compiles and one of these tests fails. Exit code 1 if a mistake goes unnoticed.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/tree"
git -C "$(git -C "$here" rev-parse --show-toplevel)" archive HEAD | tar -x -C "$copy/tree"
cd "$copy/tree"

field() { sed -n "s/^$1: //p" "$2"; }

# run MODULE TESTS: the named tests; what failed goes to $copy/failed, one Class.method a line.
run() {
  find . -path '*/surefire-reports/*' -delete
  set +e
  mvn -o -q -B test -pl "$1" -am -Dtest="$2" -Dsurefire.failIfNoSpecifiedTests=false -Dstyle.skip=true \
    > "$copy/log" 2>&1
  local code=$?
  set -e
  find . -name 'TEST-*.xml' -path '*/surefire-reports/*' -exec cat {} + | tr '\n' ' ' | sed 's/<testcase/\n<testcase/g' \
    | grep -E '<(failure|error)' | sed -E 's/.* name="([A-Za-z0-9_]+).* classname="[^"]*\.([A-Za-z0-9]+)".*/\2.\1/' \
    | sort -u > "$copy/failed" || true
  return $code
}

patches=()
for patch in "$here"/*.patch; do
  number=$(basename "$patch" .patch)
  [ $# -eq 0 ] && patches+=("$patch")
  for wanted in "$@"; do
    [[ $number == "$wanted"* ]] && patches+=("$patch")
  done
done
[ ${#patches[@]} -gt 0 ] || { echo "no such mistake: $*" >&2; exit 2; }

for module in $(for patch in "${patches[@]}"; do field module "$patch"; done | sort -u); do
  tests=$(for patch in "${patches[@]}"; do
    [ "$(field module "$patch")" = "$module" ] && field tests "$patch"
  done | tr ',' '\n' | sed 's/#.*//' | sort -u | paste -sd,)
  run "$module" "$tests" || { echo "without any mistake these fail in $module: $(paste -sd' ' "$copy/failed")" >&2
    tail -20 "$copy/log" >&2; exit 2; }
done

unnoticed=0
printf '| # | put back | noticed by |\n|---|---|---|\n'
for patch in "${patches[@]}"; do
  patch -s -p1 < "$patch"
  if run "$(field module "$patch")" "$(field tests "$patch")"; then
    noticed="**nobody**"
  elif [ -s "$copy/failed" ]; then
    noticed=$(sed 's/.*/`&`/' "$copy/failed" | paste -sd, | sed 's/,/, /g')
  else
    noticed="**does not compile**"
  fi
  [[ $noticed == \*\** ]] && unnoticed=1
  printf '| %s | %s | %s |\n' "$(basename "$patch" .patch)" "$(field mistake "$patch")" "$noticed"
  patch -s -R -p1 < "$patch"
done
exit $unnoticed
