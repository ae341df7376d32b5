"""Which file a model's name stands for, and which models lie in the models folder."""

from __future__ import annotations

import os
import re
from difflib import SequenceMatcher
from pathlib import Path

from onellm.capabilities import ModelInfo
from onellm.errors import ConfigurationError, InvalidRequestError, ModelNotFoundError
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
    root = Path(folder).expanduser().absolute()
    near = sorted(_names(root, deep=False), key=lambda each: -SequenceMatcher(None, model, each).ratio())
    there = f"it holds {', '.join(near[:SHOWN])}{', …' if len(near) > SHOWN else ''}" if near else "it holds no GGUF"
    there = there if root.is_dir() else "it does not exist"
    return (
        f"There is no model {model!r}: looked for {path}. Name a file by its path ({NAME}//models/a.gguf, "
        f"{NAME}/./a.gguf) or by its name in the models folder, which is {root} ({there}); the "
        "setting models_dir or LLAMA_CPP_MODELS_DIR names another."
    )


def list_folder(folder: str) -> list[ModelInfo]:
    """The models of a folder, by their names there. Raises ConfigurationError where there is no such folder."""
    root = Path(folder).expanduser().absolute()
    if not root.is_dir():
        raise ConfigurationError(
            f"{NAME}: the models folder {root} does not exist; the setting models_dir or LLAMA_CPP_MODELS_DIR names it."
        )
    return [ModelInfo(name, NAME, source="the models folder") for name in _names(root)]


def _names(root: Path, *, deep: bool = True) -> list[str]:
    """All GGUF files, but later parts of one, projectors of images, and what is hidden; not `deep`: two levels."""
    names: list[str] = []
    for where, folders, files in os.walk(root):
        inside = Path(where).relative_to(root)
        folders[:] = [each for each in folders if not each.startswith(".") and (deep or not inside.parts)]
        for name in files:
            split = PART.search(name)
            first = split is None or int(split[1]) == 1
            if name.endswith(SUFFIX) and first and not name.startswith(".") and not name.lower().startswith("mmproj"):
                names.append((inside / name).as_posix().removesuffix(SUFFIX))
    return sorted(names)
