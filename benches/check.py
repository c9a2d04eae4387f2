#!/usr/bin/env python3
"""Writes N policies of 400 lines each into a folder: the work of a large team, without a mistake in it."""

import pathlib
import random
import sys

WORDS = """account advice answer area author award basket bicycle bridge budget camera candle canvas carpet castle
channel charter circle client coffee column comment copper corner cotton course cradle dancer debate degree design desert
dinner doctor driver editor engine estate fabric farmer father fellow figure filter flight flower forest friend garden
gender glance golden ground guitar hammer harbor helmet hockey impact island jacket jungle kettle kitchen ladder lawyer
leader letter linen market meadow memory mentor method mirror mobile module moment mother museum needle notice number
object office orange palace parade parent pepper pencil picnic planet player pocket poetry policy pollen potato powder
prayer prince puzzle rabbit reader record reform region remark report result ribbon river rocket saddle salmon sample
school season second secret sector shadow shield signal silver singer sister sketch soccer social spider spirit spring
square stable statue stream street studio summer supper tailor tandem target temple tenant theory thread ticket timber
tissue tunnel turtle valley velvet vendor vessel violin voyage walnut wander weapon weight window winter wisdom writer""".split()


ENDINGS = ["", "s", "less", "like", "hood", "ward", "work", "man", "room", "side"]


def sentence(random, words):
    return " ".join(random.choice(WORDS) + random.choice(ENDINGS) for _ in range(words)).capitalize() + "."


def policy(number):
    r = random.Random(number)
    lines = [
        f"policy: rule-{number:03}",
        "version: 1.0.0",
        f"title: Rule {number}",
        "owners: [ts-policy]",
        "scope: >",
        *(f"  {sentence(r, 12)}" for _ in range(4)),
        "terms:",
        *(f"  {word}: {sentence(r, 12)}" for word in ["kindling", "drizzling", "humming", "stitching"]),
        "interpretation:",
        "  - Apply these rules as written. Judge implications only where a rule says so.",
        "labels:",
        "  allowed: {default: true}",
    ]
    rules = []
    for severity, label in enumerate(["promotion", "facilitation", "attack", "deceit"], 1):
        lines += [f"  {label}:", f"    severity: {severity}", f"    definition: {sentence(r, 14)}", "    includes:"]
        for criterion in ["open", "veiled", "repeated"]:
            lines += [f"      {criterion}: >", f"        {sentence(r, 14)}", f"        {sentence(r, 14)}"]
            rules.append((label, f"{label}.{criterion}"))
        lines += ["    excludes:", f"      safety: {sentence(r, 14)}"]
    lines += [
        "exceptions:",
        "  edsa:",
        f"    when: {sentence(r, 12)} About kindling, drizzling, humming or stitching.",
        "    then: allowed",
        f"    unless: {sentence(r, 6)}",
        "checks:",
        f"  seen: Does the unit show {r.choice(WORDS)}?",
        "abstain:",
        f"  insufficient-context: {sentence(r, 10)}",
        f"  conflict: {sentence(r, 10)}",
        "precedence: [attack.open, edsa, " + ", ".join(f"{label}.safety" for label in ["promotion", "facilitation"]) + "]",
        "examples:",
    ]
    cases = rules + [("allowed", f"{label}.safety") for label in ["promotion", "facilitation", "attack", "deceit"]]
    for label, rule in cases:
        lines += [f"  - unit: {sentence(r, 20)}", f"    label: {label}", f"    criteria: [{rule}]", f"    because: {sentence(r, 6)}"]
    lines.append("tests:")
    while len(lines) < 398:
        label, rule = r.choice(cases)
        lines += [f"  - unit: {sentence(r, 22)}", f"    expect: {label}", f"    criteria: [{rule}]"]
    while len(lines) < 400:
        lines.append("# end")
    return "\n".join(lines) + "\n"


folder, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
for number in range(count):
    (folder / f"rule-{number:03}.yaml").write_text(policy(number))
