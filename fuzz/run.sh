#!/usr/bin/env bash
# Fuzzes each target for some seconds: fuzz/run.sh SECONDS [TARGET…]. Ends with 1 when one of them finds something.
# FUZZ_BUILT=1 takes what `cargo +nightly fuzz build` left, and builds nothing.
set -uo pipefail
cd "$(dirname "$0")/.."
seconds=${1:?usage: fuzz/run.sh SECONDS [TARGET…]}
shift
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for file in fuzz/fuzz_targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
fi
# The crate forbids unsafe code, so the address sanitizer has nothing to find and memory counts as it is.
host=$(rustc -vV | sed -n 's/^host: //p')
if [ -z "${FUZZ_BUILT:-}" ]; then cargo +nightly fuzz build --sanitizer none || exit 1; fi
fuzz/seed.sh || exit 1
found=()
for target in "${targets[@]}"; do
    printf '\n== %s\n' "$target"
    mkdir -p "fuzz/artifacts/$target" "fuzz/corpus/$target"
    "fuzz/target/$host/release/$target" "fuzz/corpus/$target" \
        -max_total_time="$seconds" -max_len=65536 -timeout=5 -rss_limit_mb=512 -print_final_stats=1 \
        -artifact_prefix="fuzz/artifacts/$target/" 2>"fuzz/artifacts/$target/log" || found+=("$target")
    grep -E '^(stat::number_of_executed_units|stat::peak_rss|stat::slowest|==|SUMMARY|thread|Test unit)' \
        "fuzz/artifacts/$target/log" || tail -5 "fuzz/artifacts/$target/log"
done
if [ ${#found[@]} -gt 0 ]; then
    echo "findings: ${found[*]}; the inputs and logs are in fuzz/artifacts" >&2
    exit 1
fi
