"""Build llama.cpp's `llama-server` once, from the source that the `llama-cpp-python` sdist carries.

Run `python tests/real/llama_server.py`: it prints the path of the binary, kept in `.cache/llama/` of the checkout.
`ONELLM_LLAMA_SERVER` names a binary of your own to use instead.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

VERSION = "0.3.36"
CACHE = Path(__file__).parents[2] / ".cache" / "llama"
BINARY = Path(os.environ.get("ONELLM_LLAMA_SERVER", CACHE / f"llama-server-{VERSION}"))

# Only the server, in one file, and compiled fast: a tiny model needs no optimisation.
FLAGS = [
    "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_APP=OFF",
    "-DLLAMA_OPENSSL=OFF",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DCMAKE_BUILD_TYPE=Release",
    "-DCMAKE_C_FLAGS_RELEASE=-O1 -DNDEBUG",
    "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG",
]


def build() -> Path:
    """Return the path of the server, compiled first if need be. An interrupted build goes on where it was."""
    if BINARY.exists():
        return BINARY
    started = time.monotonic()
    source, objects = CACHE / f"source-{VERSION}", CACHE / f"build-{VERSION}"
    if not source.exists():
        say(f"fetching the sdist of llama-cpp-python {VERSION}")
        fetch(source)
    say("configuring llama.cpp")
    cmake = find_cmake()
    run([cmake, "-S", str(source / "vendor/llama.cpp"), "-B", str(objects), "-G", "Unix Makefiles", *FLAGS])
    say("compiling llama-server (about five minutes on two cores, once)")
    run([cmake, "--build", str(objects), "--target", "llama-server", "-j", str(os.cpu_count() or 2)])
    shutil.copy2(objects / "bin/llama-server", BINARY.with_suffix(".part"))
    BINARY.with_suffix(".part").rename(BINARY)
    shutil.rmtree(objects)
    shutil.rmtree(source)
    say(f"built in {time.monotonic() - started:.0f} s")
    return BINARY


def fetch(target: Path) -> None:
    """Download the sdist with pip and unpack its llama.cpp into `target`."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        sdist = [f"llama-cpp-python=={VERSION}", "--no-deps", "--no-binary", "llama-cpp-python", "--dest", folder]
        run([sys.executable, "-m", "pip", "download", "--quiet", *sdist])
        (archive,) = Path(folder).glob("*.tar.gz")
        unpacked = Path(folder) / "source"
        unpacked.mkdir()
        top = archive.name.removesuffix(".tar.gz")
        run(["tar", "-xzf", str(archive), "-C", str(unpacked), "--strip-components=1", f"{top}/vendor/llama.cpp"])
        unpacked.rename(target)


def find_cmake() -> str:
    """The machine's cmake, or PyPI's, installed beside this Python."""
    here = str(Path(sys.executable).parent)
    path = os.pathsep.join([here, os.environ.get("PATH", "")])
    if not shutil.which("cmake", path=path):
        say("installing cmake from PyPI")
        run([sys.executable, "-m", "pip", "install", "--quiet", "cmake"])
    return shutil.which("cmake", path=path) or "cmake"


def run(command: list[str]) -> None:
    """Run a command, showing each further ten percent of a build, and its last lines if it fails."""
    tail: deque[str] = deque(maxlen=40)
    shown = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            tail.append(line)
            if (percent := re.match(r"\[ *(\d+)%\]", line)) and int(percent[1]) >= shown + 10:
                shown = int(percent[1]) // 10 * 10
                say(f"{shown} %")
    if process.returncode:
        sys.exit("".join(tail) + f"\nThis command failed: {' '.join(command)}")


def say(text: str) -> None:
    """Tell the person who waits; stdout is for the path alone."""
    print(f"llama-server: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    print(build())
