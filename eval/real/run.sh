#!/usr/bin/env bash
# run.sh DATA_DIR [WORK_DIR]: measures violence and harassment in real texts with a small real model, corrected by 300 gold units a policy.
# DATA_DIR holds units.jsonl and gold.jsonl (docs/first-run.md says where a reader gets them). Runs can be stopped and resumed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=$(cd "${1:?usage: run.sh DATA_DIR [WORK_DIR]}" && pwd)
work=${2:-$here/work}; mkdir -p "$work"; work=$(cd "$work" && pwd)
port=${PORT:-18081}
# Fixed before the first run; never changed because of what came out.
gold_salt=real-run/gold-1
gold_size=300

cargo build --release --locked --manifest-path "$here/../../Cargo.toml" >&2
titer=${CARGO_TARGET_DIR:-$here/../../target}/release/titer
server=$("$here/serve.sh" "$work/server" "$port")
trap 'kill "$server" 2>/dev/null || true' EXIT

for policy in violence harassment; do
  project=$work/$policy
  python3 "$here/prepare.py" project "$data" "$here" "$policy" "$port" "$project"
  echo "== $policy" >&2
  "$titer" label --project "$project" --summary "$project/label.json" >&2
  if ! "$titer" gold status --project "$project" >/dev/null 2>&1; then
    "$titer" gold draw --project "$project" --size "$gold_size" --salt "$gold_salt" >&2
    "$titer" gold export --project "$project" > "$project/sheet.csv"
    python3 "$here/prepare.py" answer "$data" "$policy" "$project/sheet.csv" "$project/answers.csv"
    "$titer" gold import --project "$project" "$project/answers.csv" >&2
  fi
  "$titer" prevalence --project "$project" --format json > "$project/prevalence.json"
  "$titer" report --project "$project" -o "$project/report.html" >&2
done
python3 "$here/prepare.py" table "$data" "$work" violence harassment
