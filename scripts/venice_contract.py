"""Writes what the Venice plugin is built for: `python scripts/venice_contract.py OPENAPI_FILE`.

The file is Venice's OpenAPI file; only names, types, choices and bounds go into `contract/known.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from onellm_providers.venice import contract
from onellm_providers.venice.contract.document import read_document
from onellm_providers.venice.contract.facts import facts_of


def main() -> None:
    facts = facts_of(read_document(Path(sys.argv[1]).read_text(encoding="utf-8")))
    lines = [
        f"{json.dumps(operation)}: {json.dumps(facts[operation], sort_keys=True, separators=(',', ':'))}"
        for operation in sorted(facts)
    ]
    target = Path(str(contract.__file__)).with_name("known.json")
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{target}: {len(facts)} operations")


if __name__ == "__main__":
    main()
