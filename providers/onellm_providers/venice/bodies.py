"""Bodies of Venice's media operations: multipart, and what stands for a file where a body is checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from onellm.body import File, Multipart

Files: TypeAlias = Mapping[str, File | Sequence[File]]
"""Files by the name of their field; a list of them repeats it."""
STAND_IN = "a file"


def stand_ins(files: Files) -> dict[str, Any]:
    """Texts in the place of files, for the tables."""
    return {name: STAND_IN if isinstance(file, File) else [STAND_IN] * len(file) for name, file in files.items()}


def multipart(fields: Mapping[str, Any], files: Files) -> Multipart:
    """The fields, then the files. True and false are in lower case."""
    texts = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in fields.items()]
    parts = [(name, each) for name, file in files.items() for each in ([file] if isinstance(file, File) else file)]
    return Multipart([*texts, *parts])
