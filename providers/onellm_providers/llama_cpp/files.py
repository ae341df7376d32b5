"""Which file a model's name stands for, and which models lie in the models folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

from onellm.capabilities import ModelInfo
from onellm.errors import InvalidRequestError, ModelNotFoundError
from onellm_providers.llama_cpp.row import NAME

SUFFIX = ".gguf"
MAGIC = b"GGUF"
PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")
"""How llama.cpp names the parts of a model that was split; the first one is loaded and finds the others."""
SHOWN = 5


def path_of(model: str, folder: str) -> str:
    """The file that a model's name stands for; nothing is looked up.

    A name that begins with `/`, `~`, `./` or `../` is a path, any other lies in the models folder. `.gguf` may be left
    out.
    """
    name = model if model.endswith(SUFFIX) else model + SUFFIX
    if not (os.path.isabs(name) or name.startswith(("~", "./", "../"))):
        name = os.path.join(folder, name)
    return os.path.abspath(os.path.expanduser(name))


def check_file(path: str, model: str, folder: str) -> int:
    """The size of a model's file, all parts of it.

    Raises ModelNotFoundError where there is none, InvalidRequestError where it is no GGUF.
    """
    try:
        with open(path, "rb") as file:
            magic = file.read(len(MAGIC))
    except OSError as error:
        raise ModelNotFoundError(_missing(path, model, folder), provider=NAME, model=model) from error
    if magic != MAGIC:
        raise InvalidRequestError(f"{path} is no GGUF file.", param="model", provider=NAME, model=model)
    return sum(each.stat().st_size for each in _parts(Path(path)))


def _parts(path: Path) -> list[Path]:
    if (split := PART.search(path.name)) is None:
        return [path]
    stem = path.name[: split.start()]
    return [each for each in path.parent.glob(f"{stem}-*-of-{split[2]}{SUFFIX}") if PART.search(each.name)]


def _missing(path: str, model: str, folder: str) -> str:
    here = [info.id for info in list_folder(folder)]
    there = f"it holds {', '.join(here[:SHOWN])}{', …' if len(here) > SHOWN else ''}" if here else "it holds no GGUF"
    root = os.path.abspath(os.path.expanduser(folder))
    return (
        f"There is no model {model!r}: looked for {path}. Name a file by its path ({NAME}//models/a.gguf, "
        f"{NAME}/./a.gguf) or by its name in the models folder, which is {root} ({there}); the "
        "setting models_dir or LLAMA_CPP_MODELS_DIR names another."
    )


def list_folder(folder: str) -> list[ModelInfo]:
    """The models of a folder, by their names there: all GGUF files but later parts of one and projectors of images."""
    root = Path(folder).expanduser()
    names: list[str] = []
    for path in sorted(root.rglob(f"*{SUFFIX}")):
        split = PART.search(path.name)
        if (split is None or int(split[1]) == 1) and not path.name.lower().startswith("mmproj"):
            names.append(path.relative_to(root).as_posix().removesuffix(SUFFIX))
    return [ModelInfo(name, NAME, source="the models folder") for name in names]
