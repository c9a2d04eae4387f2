#!/usr/bin/env bash
# first.sh [--build]: labels a second against the simulated endpoint, client and server together on this machine, and the demo's time.
# --build also times a clean release build in a scratch folder.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd); cd "$here"
if [ "${1:-}" = --build ]; then
  scratch=$(mktemp -d); start=$(date +%s.%N)
  CARGO_TARGET_DIR=$scratch cargo build --release --locked 2>/dev/null
  printf 'clean release build: %.0f s\n' "$(echo "$(date +%s.%N) - $start" | bc)"
  rm -rf "$scratch"
fi
cargo build --release --locked 2>/dev/null
titer=${CARGO_TARGET_DIR:-$here/target}/release/titer
work=$(mktemp -d); server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

# One policy, so one label a request; texts of about 30 words.
awk 'BEGIN { srand(1); for (i = 1; i <= 60000; i++) { t = ""; for (w = 0; w < 30; w++) t = t sprintf("w%d ", int(rand() * 5000));
     printf "{\"id\":\"u-%06d\",\"text\":\"%s\"}\n", i, t } }' > "$work/units.jsonl"

start_server() { # latency in ms
  "$titer" simulate --port 0 --latency "$1" --no-answer 0 --format json > "$work/server.json" 2>/dev/null &
  server=$!
  for _ in $(seq 100); do url=$(sed -n 's/.*"base_url": "\(.*\)".*/\1/p' "$work/server.json"); [ -n "$url" ] && return; sleep 0.05; done
  echo "the simulated endpoint did not start" >&2; exit 1
}
run() { # name, units, latency in ms, requests in flight
  head -n "$2" "$work/units.jsonl" > "$work/some.jsonl"
  start_server "$3"
  local start end labels
  start=$(date +%s.%N)
  (cd "$work" && "$titer" label some.jsonl --policy "$here/policies/harassment.yaml" --url "$url" --model simulated --in-flight "$4" \
     -q --summary summary.json >/dev/null)
  end=$(date +%s.%N)
  kill "$server"; wait "$server" 2>/dev/null || true; server=
  labels=$(sed -n 's/.*"labels": \([0-9]*\).*/\1/p' "$work/summary.json")
  printf '%-28s %6d labels in %6.2f s: %6.0f labels/s\n' "$1" "$labels" "$(echo "$end - $start" | bc)" "$(echo "$labels / ($end - $start)" | bc)"
  rm -rf "$work/.titer"
}
echo "start-up, reading and planning included; every label is on disk before it counts"
run "zero latency, 64 in flight" 60000 0 64
run "zero latency, 256 in flight" 60000 0 256
run "200 ms, 1000 in flight" 60000 200 1000
start=$(date +%s.%N); (cd "$work" && "$titer" demo >/dev/null); printf 'demo: %.2f s\n' "$(echo "$(date +%s.%N) - $start" | bc)"
