#!/usr/bin/env bash
# dawid_skene.sh: Dawid-Skene on the same 1,000,000 votes (1,000 raters, 5 classes) to a change below 1e-8, by titer and by crowd-kit.
# crowd-kit comes from PyPI into a scratch environment; PYTHON_ENV names one that has it already.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd); cd "$here"
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
if [ -z "${PYTHON_ENV:-}" ]; then
  python3 -m venv "$work/env"; PYTHON_ENV=$work/env
  "$PYTHON_ENV/bin/pip" install --quiet --disable-pip-version-check crowd-kit==1.4.2
fi
cargo bench --quiet --bench dawid_skene -- "$work"
"$PYTHON_ENV/bin/python" -W ignore benches/dawid_skene.py "$work"
