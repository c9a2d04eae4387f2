"""Turns the moderation data set into titer projects, fills gold sheets from it, and prints the table of a run.

prepare.py project DATA HERE POLICY PORT PROJECT   units whose gold is known, the policy, titer.yaml
prepare.py answer DATA POLICY SHEET OUT            the sheet of `titer gold export`, filled in
prepare.py table DATA WORK POLICY...               naive, corrected and full-gold prevalence as Markdown
"""
import csv
import json
import pathlib
import shutil
import sys


def gold(data, policy):
    """Gold by unit id. A label that is not there is unknown, never 0."""
    rows = map(json.loads, open(pathlib.Path(data) / "gold.jsonl", encoding="utf-8"))
    return {row["id"]: row["label"] for row in rows if row["policy"] == policy}


def project(data, here, policy, port, out):
    out, here = pathlib.Path(out), pathlib.Path(here)
    (out / "policies").mkdir(parents=True, exist_ok=True)
    known = gold(data, policy)
    with open(out / "units.jsonl", "w", encoding="utf-8") as file:
        for line in open(pathlib.Path(data) / "units.jsonl", encoding="utf-8"):
            unit = json.loads(line)
            if unit["id"] in known:
                file.write(json.dumps({"id": unit["id"], "text": unit["text"]}, ensure_ascii=False) + "\n")
    shutil.copy(here / "policies" / f"{policy}.yaml", out / "policies")
    settings = (here / "titer.yaml").read_text(encoding="utf-8")
    (out / "titer.yaml").write_text(settings.replace("18081", port), encoding="utf-8")


def answer(data, policy, sheet, out):
    known = gold(data, policy)
    with open(sheet, encoding="utf-8") as source, open(out, "w", encoding="utf-8", newline="") as target:
        rows = csv.DictReader(source)
        writer = csv.DictWriter(target, rows.fieldnames)
        writer.writeheader()
        for row in rows:
            row["label"] = ["allowed", "violating"][known[row["id"]]]
            row["rater"] = "data set"
            writer.writerow(row)


def share(estimate):
    if "value" not in estimate:
        return estimate["missing"]
    return "{value:.2%} [{low:.2%}, {high:.2%}]".format(**estimate).replace("%", " %")


def table(data, work, *policies):
    print("| policy | units | outcomes | naive | corrected | gold only | full gold | verdict |")
    print("|---|---|---|---|---|---|---|---|")
    for policy in policies:
        known = gold(data, policy)
        result = json.load(open(pathlib.Path(work) / policy / "prevalence.json", encoding="utf-8"))["policies"][0]
        outcomes = ", ".join(f"{count} {name}" for name, count in sorted(result["outcomes"].items()))
        codes = " ".join(finding["code"] for finding in result["findings"])
        full = f"{sum(known.values()) / len(known):.2%}".replace("%", " %")
        cells = [policy, str(len(known)), outcomes, share(result["naive"]), share(result["corrected"]),
                 share(result["gold_only"]), full, f"{result['verdict']} {codes}".strip()]
        print("| " + " | ".join(cells) + " |")
    print()
    print("| policy | sensitivity | specificity | Youden's J | K | Rogan-Gladen |")
    print("|---|---|---|---|---|---|")
    for policy in policies:
        result = json.load(open(pathlib.Path(work) / policy / "prevalence.json", encoding="utf-8"))["policies"][0]
        number = lambda value: "undefined" if value is None else f"{value:.3f}"
        cells = [policy, share(result["rates"]["sensitivity"]), share(result["rates"]["specificity"]),
                 number(result["youden"]), number(result["k"]), share(result["rogan_gladen"])]
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ("project", "answer", "table"):
        sys.exit(__doc__)
    globals()[sys.argv[1]](*sys.argv[2:])
