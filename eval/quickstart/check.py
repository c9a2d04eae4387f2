#!/usr/bin/env python3
"""Checks the quickstart against its policies and sources, and prints its true prevalence.

Python 3 standard library only. Exits 1 on any problem, each said on a line of its own.

    python3 eval/quickstart/check.py
"""

import csv
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
POLICIES = HERE.parent.parent / "policies"
BUILT = ["units.jsonl", "truth.csv", "gold.csv", "texts.csv", "texts-truth.csv"]
N_UNITS, N_BY_HAND, N_GOLD, N_TEXTS = 640, 40, 300, 200
VIEW_PREVALENCE = (0.02, 0.08)
LARGEST_SHARE = 0.03  # of all views, in one unit: more would make every estimate hang on it


def label_ids(policy):
    """Returns label id -> severity, read from the policy's `labels:` block."""
    text = (POLICIES / f"{policy}.yaml").read_text(encoding="utf-8")
    block = re.search(r"^labels:\n((?:[ \t].*\n|\n)+)", text, re.MULTILINE).group(1)
    parts = re.split(r"^  ([a-z0-9-]+):\n", block, flags=re.MULTILINE)[1:]
    return {
        name: int(re.search(r"^    severity: (\d+)", body, re.MULTILINE).group(1))
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }


def worked_cases(policy):
    """Returns the texts of the policy's examples and tests, in lower case."""
    text = (POLICIES / f"{policy}.yaml").read_text(encoding="utf-8")
    units = re.findall(r"^  - unit: \{(.*)\}$", text, re.MULTILINE)
    return {part.lower().rstrip(".") for unit in units for part in re.findall(r'"([^"]*)"', unit)}


def read_csv(name):
    """Returns the rows of a CSV file as dictionaries."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def problems_of_units(units, severities):
    """Yields what is wrong with the units themselves."""
    repeated = [name for name, n in Counter(unit["id"] for unit in units).items() if n > 1]
    if repeated:
        yield f"units.jsonl: repeated ids: {', '.join(repeated)}"
    if len(units) != N_UNITS:
        yield f"units.jsonl: {len(units)} units, expected {N_UNITS}"
    texts = Counter(tuple((c["role"], c["text"].lower()) for c in unit["components"]) for unit in units)
    for text, n in texts.items():
        if n > 1:
            yield f"units.jsonl: {n} units read {text}"
    shown = set().union(*(worked_cases(policy) for policy in severities))
    for unit in units:
        roles = [c["role"] for c in unit["components"]]
        if roles not in (["content"], ["query", "response"]):
            yield f"{unit['id']}: roles {roles}"
        if not (unit["exposure"] >= 1 and 0 <= unit["score"] <= 1):
            yield f"{unit['id']}: exposure {unit['exposure']}, score {unit['score']}"
        if any(c["role"] != "query" and c["text"].lower().rstrip(".") in shown for c in unit["components"]):
            yield f"{unit['id']}: its text is an example or a test of a policy"
        if any(re.search(r"[{}]", c["text"]) for c in unit["components"]):
            yield f"{unit['id']}: a slot was left unfilled"
    multi = sum(len(unit["components"]) > 1 for unit in units) / len(units)
    if not 0.15 <= multi <= 0.25:
        yield f"units.jsonl: {multi:.1%} of the units have several components, expected about 20 %"
    largest = max(unit["exposure"] for unit in units) / sum(unit["exposure"] for unit in units)
    if largest > LARGEST_SHARE:
        yield f"units.jsonl: one unit has {largest:.1%} of all views"


def problems_of_labels(name, rows, ids, severities):
    """Yields what is wrong with a file of labels; `ids` are the units it must cover, each once a policy."""
    seen = Counter((row["id"], row["policy"]) for row in rows)
    for key, n in seen.items():
        if n > 1:
            yield f"{name}: {key} has {n} labels"
    if set(seen) != {(unit, policy) for unit in ids for policy in severities}:
        yield f"{name}: not every unit has a label of every policy, or a label has no unit"
    for row in rows:
        if row["label"] not in severities.get(row["policy"], {}):
            yield f"{name}: {row['id']}: policy {row['policy']} has no label {row['label']}"


def problems_of_gold(gold, truth):
    """Yields what is wrong with the gold beyond its labels."""
    expected = {(row["id"], row["policy"]): row["label"] for row in truth}
    chosen = {row["id"] for row in gold}
    if len(chosen) != N_GOLD:
        yield f"gold.csv: {len(chosen)} units, expected {N_GOLD}"
    for row in gold:
        if expected.get((row["id"], row["policy"])) != row["label"]:
            yield f"gold.csv: {row['id']}, {row['policy']}: not the true label"
        if float(row["probability"]) != N_GOLD / N_UNITS or row["rater"] != "expert":
            yield f"gold.csv: {row['id']}: probability {row['probability']}, rater {row['rater']}"


def problems_of_sources(severities):
    """Yields what is wrong with the hand-written cases, the error rates and the rebuild."""
    sys.path.insert(0, str(HERE))
    sys.dont_write_bytecode = True
    from build import permanent_random_number

    if permanent_random_number("quickstart/phase1", "u-000001") != 0.48221701167462194:
        yield "build.py: the permanent random number is not titer's"
    n_by_hand = len((HERE / "by-hand.jsonl").read_text(encoding="utf-8").splitlines())
    if n_by_hand != N_BY_HAND:
        yield f"by-hand.jsonl: {n_by_hand} cases, expected {N_BY_HAND}"
    errors = json.loads((HERE / "labeler-errors.json").read_text(encoding="utf-8"))
    if set(errors) != set(severities):
        yield f"labeler-errors.json: policies {sorted(errors)}"
    for policy, rates in errors.items():
        if set(rates) != {"sensitivity", "specificity", "no_answer"} or not all(0 <= r <= 1 for r in rates.values()):
            yield f"labeler-errors.json: {policy}: {rates}"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, str(HERE / "build.py"), folder], check=True)
        for name in BUILT:
            if (Path(folder) / name).read_bytes() != (HERE / name).read_bytes():
                yield f"{name}: a rebuild gives other bytes; run build.py and commit"


def prevalence_table(units, truth, gold, severities):
    """Returns (policy, item prevalence, view prevalence, violating units, violating gold) for each policy."""
    label = {(row["id"], row["policy"]): row["label"] for row in truth}
    chosen = {row["id"] for row in gold}
    views = sum(unit["exposure"] for unit in units)
    for policy, severity in severities.items():
        bad = [unit for unit in units if severity.get(label.get((unit["id"], policy)), 0) > 0]
        seen = sum(unit["exposure"] for unit in bad)
        yield policy, len(bad) / len(units), seen / views, len(bad), sum(unit["id"] in chosen for unit in bad)


def main():
    severities = {policy: label_ids(policy) for policy in ["spam-scam", "harassment", "dangerous-activities"]}
    units = [json.loads(line) for line in (HERE / "units.jsonl").read_text(encoding="utf-8").splitlines()]
    truth, gold = read_csv("truth.csv"), read_csv("gold.csv")
    texts, texts_truth = read_csv("texts.csv"), read_csv("texts-truth.csv")

    problems = [
        *problems_of_units(units, severities),
        *problems_of_labels("truth.csv", truth, {unit["id"] for unit in units}, severities),
        *problems_of_labels("gold.csv", gold, {row["id"] for row in gold}, severities),
        *problems_of_labels("texts-truth.csv", texts_truth, {row["id"] for row in texts}, severities),
        *problems_of_gold(gold, truth),
        *problems_of_sources(severities),
    ]
    if len(texts) != N_TEXTS or len({row["text"].lower() for row in texts}) != N_TEXTS:
        problems.append(f"texts.csv: {len(texts)} rows, expected {N_TEXTS} different texts")

    print(f"{'policy':<22}{'items':>8}{'views':>8}{'units':>7}{'gold':>6}")
    for policy, items, views, n_bad, n_gold in prevalence_table(units, truth, gold, severities):
        print(f"{policy:<22}{items:>8.2%}{views:>8.2%}{n_bad:>7}{n_gold:>6}")
        if not VIEW_PREVALENCE[0] <= views <= VIEW_PREVALENCE[1]:
            problems.append(f"{policy}: {views:.2%} of views violate, expected 2 to 8 %")
    for problem in problems:
        print(f"problem: {problem}", file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
