#!/bin/sh
# Times `titer check` over 200 policies of 400 lines each, five times, with its peak memory: benches/check.sh [TITER]
set -eu
titer=${1:-target/release/titer}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 "$(dirname "$0")/check.py" "$folder/policies" 200
for n in 20 200; do
    mkdir -p "$folder/$n"
    for file in $(ls "$folder/policies" | head -n "$n"); do cp "$folder/policies/$file" "$folder/$n/"; done
    for run in 1 2 3 4 5; do
        /usr/bin/time -f "$n policies: %e s, %U s of processor time, %M KiB" "$titer" check "$folder/$n" 2>&1 >/dev/null | tail -n 1
    done
done
