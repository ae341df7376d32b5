"""What the knowledge of models adds to a first call, and to each later one.

    python bench/lookup.py

Each figure is CPU time, the least over fresh processes, each of which has loaded what a call loads anyway.
"""

from __future__ import annotations

import json
import subprocess
import sys

PROCESSES = 15
LIMIT_MS = 1.0
"""What a first call may cost more."""

MODELS = ("openai/gpt-4o", "openrouter/anthropic/claude-sonnet-4.6", "venice/zai-org-glm-5", "groq/nobody-knows")

CODE = """
import json, sys, time
import httpx, onellm.capabilities, onellm.routing
start = time.process_time()
import onellm.models.known, onellm.models.snapshot
loaded = time.process_time()
from onellm import get_provider
from onellm.cost import Tokens, cost_parts
name, model = sys.argv[1].split("/", 1)
provider = get_provider(name, api_key="none")
first = time.process_time()
info = provider.info(model)
found = time.process_time()
for _ in range(1000):
    provider.info(model)
again = time.process_time()
for _ in range(1000):
    cost_parts(Tokens(1000, 100, 500), info.prices or onellm.capabilities.Prices())
priced = time.process_time()
print(json.dumps([(loaded - start) * 1e3, (found - first) * 1e3, (again - found) * 1e3, (priced - again) * 1e3]))
"""


def measure(model: str) -> list[float]:
    """Loading and first look in ms, a later look and a cost in µs."""
    command = [sys.executable, "-c", CODE, model]
    runs = [json.loads(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(PROCESSES + 1)]
    return [min(figures) for figures in zip(*runs[1:], strict=True)]  # the first wrote the bytecode


def main() -> int:
    ok = True
    for model in MODELS:
        load, first, again, cost = measure(model)
        ok = ok and load + first <= LIMIT_MS
        verdict = "ok" if load + first <= LIMIT_MS else "MISSED"
        print(
            f"{model:<40} first {load:4.2f} + {first:4.2f} ms  limit {LIMIT_MS:.2f}  {verdict:<6}  "
            f"later {again:4.1f} µs, cost {cost:4.1f} µs"
        )
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
