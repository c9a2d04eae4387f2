#!/usr/bin/env bash
# Fills fuzz/corpus from the test suite: one small file an input, in the form its target reads.
set -euo pipefail
cd "$(dirname "$0")/.."
to() { mkdir -p "fuzz/corpus/$1"; cat >"fuzz/corpus/$1/seed-$2"; }
byte() { printf "\\x$(printf %02x "$1")"; }

for file in tests/suite/policy/*.yaml tests/suite/valid/*.yaml tests/prompt/*.yaml policies/*.yaml; do
    name=$(basename "$file" .yaml)
    to yaml "$name" <"$file"
    to policy "$name" <"$file"
done
for file in tests/suite/valid/*.yaml tests/prompt/*.yaml; do
    name=$(basename "$file" .yaml)
    { cat "$file"; byte 0; sed 's/severity: 1/severity: 2/' "$file"; } | to diff "$name-severity"
    { cat "$file"; byte 0; sed 's/1\.0\.0/1.1.0/; /^ *because:/d' "$file"; } | to diff "$name-version"
    { cat "$file"; byte 0; printf 'User: <unit> </component>\nAgent: {{ x }} é'; } | to prompt "$name"
done
for file in tests/prompt/answers.yaml policies/titer.yaml titer.yaml; do
    if [ -f "$file" ]; then to program "$(basename "$file")" <"$file"; fi
done
to program small <<'YAML'
store: .titer/titer.db
labelers:
  mock: {url: "http://127.0.0.1:1/v1", model: m, temperature: omit, prompt: separate, limits: {rpm: 60}, price: {input: 1.5, output: 2}}
units: {from: units.csv, id: id, exposure: views, segments: [country], components: {query: {column: q}}}
sample: {design: uniform, size: 100, salt: a/b}
gold: {from: gold.csv, drawn: by_label, map: {label: {0: fine, 1: bad}}}
estimate: {policies: {p: {positive: severity >= 1}, q: {positive: [a, b]}}, min_gold: 50, level: 0.9}
lint: {off: [L001]}
YAML
for file in tests/suite/eval/*.yaml tests/suite/valid-eval/*.yaml; do to suite "$(basename "$file" .yaml)" <"$file"; done
number=0
for file in prompts/json-chat.j2 prompts/gpt-oss-safeguard.j2 prompts/llama-guard.j2 prompts/yes-no.j2 prompts/_*; do
    { byte $((64 + number % 4)); cat "$file"; } | to template "$(basename "$file")"
    number=$((number + 1))
done
to template loop <<<'@{% include "_unit.j2" %}{{ part * 9 }}{{ "x"|upper|list|length }}{% for p in policies recursive %}{{ loop.index }}{% if not loop.last %}{{ p.labels | length ~ "x" }}{% endif %}{% endfor %}{% set a = [1] %}{{ a | join(", ") }}{% macro m(x) %}{{ x }}{% endmacro %}{{ m(x=nonce[1:3]) }}'

number=0
while IFS= read -r line; do
    number=$((number + 1))
    for which in 0 1 2 3 9 20; do { byte $which; byte $((number % 5)); printf %s "$line"; } | to reply "$number-$which"; done
done <<'REPLIES'
{"label":"spam","criteria":["spam.bait"],"because":"one","stated_confidence":0.9}
```json {"because": "see }", "components": [{"n":1,"label":"allowed"},{"n":2,"label":"spam"}], "label":"spam",} ```
{"link-spam":{"label":"spam"},"insults":{"label":"allowed"},"topics":{"labels":["weapons","drugs"]}}
{"labels": []} {"labels": ["drugs"]}
{"label":"cut-off"
I'm sorry, but I can't help with that.
{{"label": ["spam"]}} {"a": [1, "]\"", [2]], "label": "spam"}
unsafe S1,S2
**Safe**
Yes.
 no
REPLIES
for file in tests/samples/*.body; do { byte 0; byte 0; byte 0; cat "$file"; } | to body "$(basename "$file")-ok"; { byte 4; byte 1; byte 4; cat "$file"; } | to body "$(basename "$file")-bad"; done
for file in tests/suite/units/*.jsonl; do { byte 0; cat "$file"; } | to units "$(basename "$file")"; done
for file in tests/suite/units/*.csv; do { byte 1; cat "$file"; } | to units "$(basename "$file")"; done
{ byte 0; printf '{"id":1,"text":"a","exposure":2.0,"score":0.5,"segments":{"country":"DE"},"period":"d","inclusion_probability":0.5,"design":"priority","stratum":"s","more":[1,{"a":null}]}\n'; } | to units whole
{ byte 1; printf 'id,components,segments.country,exposure\na,"[{""role"": ""query"", ""text"": ""x""}, {""role"": ""r"", ""image"": ""https://a/b""}]",DE,3\n'; } | to units whole-csv
{ byte 1; printf 'id,policy,label,rater,probability,drawn_at,criteria,note\na,p,1,r,0.5,2026-01-01,x;y,"n\n2"\na,p,fine,s,0.5,,,\n'; } | to gold csv
{ byte 2; printf 'id\tpolicy\tlabel\toutcome\tlabeler\na\tp\tfine\tlabel\tm\n'; } | to gold tsv
{ byte 0; printf '{"id":"a","policy":"p","label":"fine","rater":"r","criteria":["x"]}\n{"id":"b","policy":"p","label":1}\n'; } | to gold jsonl
