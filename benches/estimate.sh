#!/usr/bin/env bash
# estimate.sh: the time of an estimate over 1,000,000 labels and 5,000 gold with 20 pivots, in memory and as the command from the store with its
# peak memory, and of a paired bootstrap. Labels the units first, against the simulated endpoint; TITER_FIXTURE names a folder to keep that in.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd); cd "$here"
cargo build --release --locked --quiet
titer=${CARGO_TARGET_DIR:-$here/target}/release/titer
policy=$here/policies/harassment.yaml
server=
if [ -n "${TITER_FIXTURE:-}" ]; then
  work=$TITER_FIXTURE; mkdir -p "$work"; trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true' EXIT
else
  work=$(mktemp -d); trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
fi

cargo bench --quiet --bench estimate

if [ ! -e "$work/labeled" ]; then
  awk -v gold="$work/gold.csv" 'BEGIN { srand(1); print "id,policy,label" > gold
       for (i = 1; i <= 1000000; i++) {
         t = ""; for (w = 0; w < 12; w++) t = t sprintf("w%d ", int(rand() * 50000))
         p = ""; for (v = 1; v <= 20; v++) p = p sprintf(",\"segments.pivot%d\":\"value%d\"", v, int(rand() * 5))
         printf "{\"id\":\"u-%07d\",\"text\":\"%s\",\"exposure\":%d,\"inclusion_probability\":0.01,\"design\":\"uniform\"%s}\n", i, t, 1 + int(rand() * 9), p
         if (rand() < 0.005) printf "u-%07d,harassment,%s\n", i, rand() < 0.05 ? "demeaning" : "allowed" > gold
       } }' > "$work/units.jsonl"
  "$titer" simulate --port 0 --latency 0 --format json > "$work/server.json" 2>/dev/null &
  server=$!
  for _ in $(seq 100); do url=$(sed -n 's/.*"base_url": "\(.*\)".*/\1/p' "$work/server.json"); [ -n "$url" ] && break; sleep 0.05; done
  (cd "$work" && "$titer" label units.jsonl --policy "$policy" --url "$url" --model simulated --in-flight 256 -q)
  kill "$server"; server=
  echo "$url" > "$work/labeled"
fi
by=$(for v in $(seq 20); do printf -- ' --by pivot%d' "$v"; done)
for run in 1 2 3; do
  (cd "$work" && /usr/bin/time -f "titer prevalence, 20 pivots: %e s, %U s of processor time, %M KiB at the most" \
     "$titer" prevalence --units units.jsonl --policy "$policy" --url "$(cat labeled)" --model simulated --gold gold.csv --drawn from_sample \
     $by --estimates estimates.csv > /dev/null)
done
rows=$(tail -n +2 "$work/estimates.csv" | wc -l)
printf '%s labels, %s gold, %s rows of estimates\n' "$(wc -l < "$work/units.jsonl")" "$(tail -n +2 "$work/gold.csv" | wc -l)" "$rows"
