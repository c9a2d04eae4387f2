#!/usr/bin/env python3
"""Writes the quickstart's units, truth, gold and the tutorial's CSV from blocks.json and by-hand.jsonl.

Python 3 standard library only. Every choice is a hash of a salt and a name, so the same sources give the same bytes on every machine.

    python3 eval/quickstart/build.py [OUT_DIR]
"""

import csv
import hashlib
import json
import math
import sys
from pathlib import Path
from statistics import NormalDist

HERE = Path(__file__).resolve().parent
POLICIES = ["spam-scam", "harassment", "dangerous-activities"]
DEFAULT_LABEL = "allowed"
PERIOD = "2026-11-01"
N_GOLD = 300
N_TEXTS = 200

SEED = "quickstart"
GOLD_SALT = "quickstart/gold"  # never the salt of the labeled sample: gold must not repeat its choice

COUNTRIES = [("US", 0.30), ("IN", 0.25), ("BR", 0.20), ("DE", 0.15), ("JP", 0.10)]
SURFACES = [("search", 0.34), ("feed", 0.46), ("related", 0.20)]
SURFACES_VIOLATING = [("search", 0.24), ("feed", 0.38), ("related", 0.38)]

EXPOSURE_LEAST, EXPOSURE_MOST, EXPOSURE_TAIL = 40, 6000, 1.3
HARASSMENT_REACH = 0.35  # replies travel less far than posts: views and items then disagree
RISK_SEPARATION = 1.7  # distance of the two score distributions, in standard deviations


def permanent_random_number(salt, unit_id):
    """Returns titer's number in (0, 1) for a unit: the first 52 bits of SHA-256(salt, 0x1f, id)."""
    digest = hashlib.sha256(f"{salt}\x1f{unit_id}".encode()).hexdigest()
    return (int(digest[:13], 16) + 0.5) / 2**52


def draw(purpose, name):
    """Returns a number in (0, 1) that depends on the purpose and the name alone."""
    return permanent_random_number(f"{SEED}/{purpose}", name)


def choose(shares, u):
    """Returns the value into whose share `u` falls."""
    for value, share in shares:
        u -= share
        if u < 0:
            return value
    return shares[-1][0]


class Texts:
    """Fills templates from word lists and never gives the same text twice."""

    def __init__(self, slots, tails):
        self.slots = slots
        self.tails = tails
        self.given = set()

    def unit_of(self, block, kind, index, name):
        """Returns the components of one unit of a block, from its `content` or `pair` templates."""
        templates = block[kind]
        for attempt in range(400):
            key = f"{name}/{attempt}"
            template = templates[(index + attempt // 40) % len(templates)]  # the next one when this one has run dry
            parts = self.filled(template, key)
            identity = tuple(part.lower().rstrip(".") for part in parts)
            if identity not in self.given:
                self.given.add(identity)
                return as_components(self.styled(parts, key))
        raise SystemExit(f"{block['name']}: too few different texts for its {kind} count; add templates or words")

    def filled(self, template, key):
        """Returns the template's texts with every slot replaced; `{name2}` differs from `{name}`."""
        words = {}
        for slot, options in self.slots.items():
            first = int(draw(f"slot/{slot}", key) * len(options))
            step = 1 + int(draw(f"slot2/{slot}", key) * (len(options) - 1))
            words[slot] = options[first]
            words[f"{slot}2"] = options[(first + step) % len(options)]
        texts = [template] if isinstance(template, str) else template
        return [text.format_map(words) for text in texts]

    def styled(self, parts, key):
        """Returns the texts as people type them: queries stay, the judged text varies in case, stops and tails."""
        *queries, text = parts
        text = text[0].upper() + text[1:]
        if draw("lower", key) < 0.10:
            text = text.lower()
        if draw("stop", key) < 0.25 and text.endswith("."):
            text = text[:-1]
        if not queries and draw("tailed", key) < 0.15:
            text += self.tails[int(draw("tail", key) * len(self.tails))]
        return [*(query.lower() for query in queries), text]


def as_components(parts):
    """Returns one content, or a query with its response."""
    roles = ["content"] if len(parts) == 1 else ["query", "response"]
    return [{"role": role, "text": text} for role, text in zip(roles, parts, strict=True)]


def all_labels(some):
    """Returns a label for every policy: the one named, or the default."""
    unknown = set(some) - set(POLICIES)
    if unknown:
        raise SystemExit(f"no such policy: {', '.join(sorted(unknown))}")
    return {policy: some.get(policy, DEFAULT_LABEL) for policy in POLICIES}


def hand_written(path):
    """Returns the cases written by hand, in their order."""
    cases = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        cases.append({"components": row["components"], "labels": all_labels(row["labels"]), "country": row.get("country")})
    return cases


def generated(blocks, texts):
    """Returns the cases made from the blocks, in an order that does not betray their block."""
    cases = []
    for block in blocks:
        for kind, n in [("content", block["contents"]), ("pair", block["pairs"])]:
            for index in range(n):
                name = f"{block['name']}/{kind}/{index}"
                components = texts.unit_of(block, kind, index, name)
                case = {"components": components, "labels": all_labels(block["labels"]), "country": None}
                cases.append((draw("order", name), case))
    return [case for _, case in sorted(cases, key=lambda pair: pair[0])]


def tutorial_cases(blocks, texts):
    """Returns single texts in the blocks' proportions, none of them a unit of the quickstart."""
    total = sum(block["contents"] for block in blocks)
    cases, done, position = [], 0, 0
    for block in blocks:
        position += block["contents"]
        upto = position * N_TEXTS // total
        for index in range(upto - done):
            name = f"tutorial/{block['name']}/{index}"
            components = texts.unit_of(block, "content", index, name)
            case = {"components": components, "labels": all_labels(block["labels"]), "country": None}
            cases.append((draw("order", name), case))
        done = upto
    return [case for _, case in sorted(cases, key=lambda pair: pair[0])]


def violates(case):
    """Returns whether the case violates any policy."""
    return any(label != DEFAULT_LABEL for label in case["labels"].values())


def exposure(case, unit_id):
    """Returns views with a heavy tail; harassment reaches fewer people."""
    views = EXPOSURE_LEAST * (1 - draw("exposure", unit_id)) ** (-1 / EXPOSURE_TAIL)
    if case["labels"]["harassment"] != DEFAULT_LABEL:
        views *= HARASSMENT_REACH
    return max(1, round(min(views, EXPOSURE_MOST)))


def risk(case, unit_id, share_violating):
    """Returns the chance of a violation given a noisy signal: calibrated, and far from certain."""
    centre = RISK_SEPARATION if violates(case) else 0.0
    signal = centre + NormalDist().inv_cdf(draw("risk", unit_id))
    prior = math.log(share_violating / (1 - share_violating))
    log_odds = prior + RISK_SEPARATION * signal - RISK_SEPARATION**2 / 2
    return round(1 / (1 + math.exp(-log_odds)), 3)


def described(cases, prefix, digits):
    """Returns the cases with what a log would know of them: id, views, risk, surface, country."""
    share = sum(violates(case) for case in cases) / len(cases)
    rows = []
    for number, case in enumerate(cases, start=1):
        unit_id = f"{prefix}-{number:0{digits}}"
        surfaces = SURFACES_VIOLATING if violates(case) else SURFACES
        rows.append({
            "id": unit_id,
            "exposure": exposure(case, unit_id),
            "score": risk(case, unit_id, share),
            "surface": choose(surfaces, draw("surface", unit_id)),
            "country": case["country"] or choose(COUNTRIES, draw("country", unit_id)),
            "components": case["components"],
            "labels": case["labels"],
        })
    return rows


def write_units(path, rows):
    """Writes the units in titer's own form."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            unit = {
                "id": row["id"],
                "exposure": row["exposure"],
                "score": row["score"],
                "segments": {"surface": row["surface"], "country": row["country"]},
                "period": PERIOD,
                "components": row["components"],
            }
            file.write(json.dumps(unit, ensure_ascii=False) + "\n")


def write_csv(path, header, lines):
    """Writes a CSV file with the header."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)


def truth_of(rows):
    """Returns (id, policy, label) for every row and policy."""
    return [(row["id"], policy, row["labels"][policy]) for row in rows for policy in POLICIES]


def gold_of(rows):
    """Returns gold rows for a simple random sample: the smallest numbers under the gold salt."""
    ranked = sorted(rows, key=lambda row: permanent_random_number(GOLD_SALT, row["id"]))
    chosen = {row["id"] for row in ranked[:N_GOLD]}
    probability = N_GOLD / len(rows)
    return [(*line, "expert", probability) for line in truth_of(rows) if line[0] in chosen]


def main():
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    source = json.loads((HERE / "blocks.json").read_text(encoding="utf-8"))
    texts = Texts(source["slots"], source["tails"])
    units = described(hand_written(HERE / "by-hand.jsonl") + generated(source["blocks"], texts), "u", 6)
    write_units(out / "units.jsonl", units)
    write_csv(out / "truth.csv", ["id", "policy", "label"], truth_of(units))
    write_csv(out / "gold.csv", ["id", "policy", "label", "rater", "probability"], gold_of(units))

    tutorial = described(tutorial_cases(source["blocks"], texts), "t", 3)
    columns = [(r["id"], r["components"][0]["text"], r["exposure"], r["score"], r["country"]) for r in tutorial]
    write_csv(out / "texts.csv", ["id", "text", "views", "risk", "country"], columns)
    write_csv(out / "texts-truth.csv", ["id", "policy", "label"], truth_of(tutorial))


if __name__ == "__main__":
    main()
