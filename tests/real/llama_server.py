"""Compile llama.cpp once, from the source that the `llama-cpp-python` sdist carries: its server and its libraries.

Run `python tests/real/llama_server.py`: it prints the path of `llama-server`, which is kept beside the shared libraries
in `.cache/llama/` of the checkout, and gives the libraries to `llama_cpp` in this environment, whose Python part is
installed without a compile of its own. `ONELLM_LLAMA_SERVER` names a server of your own to use instead; a `llama_cpp`
that is installed already stays as it is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections import deque
from importlib.util import find_spec
from pathlib import Path

VERSION = "0.3.36"
CACHE = Path(__file__).parents[2] / ".cache" / "llama"
BUILT = CACHE / f"llama-{VERSION}"
BINARY = Path(os.environ.get("ONELLM_LLAMA_SERVER", BUILT / "llama-server"))

# Only the server and what it is linked to, compiled fast: a tiny model needs no optimisation. Whoever is moved with
# its libraries still finds them.
FLAGS = [
    "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_APP=OFF",
    "-DLLAMA_OPENSSL=OFF",
    "-DBUILD_SHARED_LIBS=ON",
    "-DCMAKE_BUILD_RPATH_USE_ORIGIN=ON",
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
    run([sys.executable, "-m", "pip", "wheel", "--quiet", *BINDINGS, "--wheel-dir", str(objects / "bin"), str(source)])
    (objects / "bin").rename(BUILT)
    shutil.rmtree(objects)
    shutil.rmtree(source)
    say(f"built in {time.monotonic() - started:.0f} s")
    return BINARY


BINDINGS = ["--no-deps", "--no-cache-dir", "--config-settings=cmake.define.LLAMA_BUILD=OFF"]
"""For pip: the Python part alone, and no wheel of it where another project would find it."""


def bind() -> None:
    """Give this environment a `llama_cpp` that uses the libraries, unless it has one or another server is used."""
    wheel = next(BUILT.glob("*.whl"), None)
    if find_spec("llama_cpp") is not None or wheel is None:
        return
    say("installing the Python part of llama-cpp-python")
    run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", str(wheel)])
    spec = find_spec("llama_cpp")
    if spec is None or spec.origin is None:
        sys.exit("llama_cpp was installed and is not found")
    libraries = Path(spec.origin).parent / "lib"
    libraries.mkdir(exist_ok=True)
    for library in BUILT.glob("lib*.*"):
        shutil.copy2(library, libraries, follow_symlinks=False)


def fetch(target: Path) -> None:
    """Download the sdist with pip and unpack it into `target`."""
    folder = target.with_suffix(".part")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sdist = [f"llama-cpp-python=={VERSION}", "--no-deps", "--no-binary", "llama-cpp-python", "--dest", str(folder)]
    run([sys.executable, "-m", "pip", "download", "--quiet", *sdist])
    (archive,) = folder.glob("*.tar.gz")
    run(["tar", "-xzf", str(archive), "-C", str(folder), "--strip-components=1"])
    archive.unlink()
    folder.rename(target)


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
    bind()
