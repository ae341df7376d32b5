"""What OneLLM costs, against raw httpx doing the same work in the same run.

    python bench/overhead.py [--quick] [--json] [--strict] [--transport NAME]

Each figure is CPU time of the client process alone: the server is a process of its own, and so is every measurement.
Raw httpx and OneLLM take turns in many short rounds; a ratio is the median over the rounds. `A/A` is raw httpx against
raw httpx in those rounds (the quartiles): what lies within it is noise. Limits: `limit`, `ok` or `MISSED`.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import functools
import importlib.util
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from figure import Figure

HERE = Path(__file__).resolve().parent
KEY = "sk-0123456789abcdef0123456789abcdef"
BODY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "What is the capital of the UK?"}]}
HEAVY = ("httpx", "pydantic", "tenacity")

CHUNKS = 200
IMPORT_MS, COLD, SYNC, GROWTH_MB = 30.0, 1.8, 0.85, 1.0
EMBEDDINGS = 1.1
ASYNC = {"httpx": 0.5, "aiohttp": 0.12}
CHUNK = {"httpx": 1.2, "aiohttp": 0.8}
"""Limits by async transport; a new transport is a new key in both. One that is not installed is not measured."""


@dataclass(frozen=True)
class Effort:
    """How much is measured: processes, rounds, and in a round calls (one by one, 64 in flight) and streams."""

    starts: int
    rounds: int
    calls: int
    parallel: int
    streams: int
    growth: int


FULL = Effort(starts=25, rounds=21, calls=192, parallel=640, streams=4, growth=5000)
QUICK = Effort(starts=2, rounds=2, calls=64, parallel=64, streams=1, growth=200)


# -- processes -------------------------------------------------------------------------------------------------------


@functools.cache
def compiled() -> str:
    """Where the measured processes keep their bytecode, so that no figure holds the time of compiling."""
    folder = tempfile.mkdtemp(prefix="onellm-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def python(*arguments: str, **more: str) -> Any:
    """Run a Python process to its end; the JSON that it printed. No proxy stands before the loopback server."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    env = {**kept, "PYTHONPYCACHEPREFIX": compiled(), **more}
    done = subprocess.run([sys.executable, *arguments], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"A measured process failed:\n{done.stderr}")
    return json.loads(done.stdout)


@contextlib.contextmanager
def server(certificate: Path | None) -> Generator[list[str]]:
    """The server's base URLs: http, and https where there is a certificate."""
    command = [sys.executable, str(HERE / "server.py"), *(["--certificate", str(certificate)] if certificate else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ports: list[int] = json.loads(process.stdout.readline())
        schemes = ("http://127.0.0.1", "https://localhost")
        try:
            yield [f"{scheme}:{port}" for scheme, port in zip(schemes, ports, strict=False)]
        finally:
            process.stdin.close()


def certificates(folder: Path) -> tuple[Path, Path] | None:
    """A certificate for localhost, and the usual authorities with the one that signed it; None without trustme."""
    try:
        import certifi
        import trustme
    except ImportError:
        return None
    authority = trustme.CA()
    own, trusted = folder / "server.pem", folder / "trusted.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(own))
    trusted.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
    return own, trusted


def plain_installation(folder: Path) -> Path:
    """A folder with what a plain installation brings, and nothing else.

    Both sides pay for what else is there: httpx imports click, rich and pygments where it finds them, some 40 ms, and
    pydantic looks for plugins in every distribution.
    """
    asked, seen = ["onellm"], set[str]()
    while asked:
        name = re.sub(r"[-_.]+", "-", asked.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # not needed by this Python
            continue
        wanted = [text for text in found.requires or () if "extra ==" not in text]
        asked += [re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0] for text in wanted]
        for top in {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}:
            if not top.endswith(".pth"):
                (folder / top).symlink_to(str(found.locate_file(top)))
    for name in ("onellm", "onellm_providers"):  # elsewhere where the checkout itself is installed
        spec = importlib.util.find_spec(name)
        if not (folder / name).exists() and spec is not None and spec.submodule_search_locations:
            (folder / name).symlink_to(spec.submodule_search_locations[0])
    return folder


# -- figures ---------------------------------------------------------------------------------------------------------


def started(code: str, installed: Path, **more: str) -> tuple[float, list[str]]:
    """CPU seconds of the code in a fresh interpreter, that one's own start left out; the heavy modules it imported."""
    script = "import sys, time\n"
    script += f"began = time.process_time()\n{code}\nspent = time.process_time() - began\n"
    script += f"import json\nprint(json.dumps([spent, [name for name in {HEAVY} if name in sys.modules]]))"
    spent, loaded = python("-S", "-c", script, PYTHONPATH=str(installed), **more)
    return spent, loaded


def importing(effort: Effort, installed: Path) -> Iterator[Figure]:
    """What `import onellm` adds to a bare interpreter."""
    runs = [started("import onellm", installed) for _ in range(effort.starts + 1)][1:]
    empty = [started("pass", installed)[0] for _ in range(effort.starts)]
    spent = 1000 * (statistics.median(spent for spent, _ in runs) - statistics.median(empty))
    yield Figure("import onellm", spent, IMPORT_MS, "ms", f"{effort.starts} processes")
    loaded = sorted({name for _, names in runs for name in names})
    yield Figure(f"  of {', '.join(HEAVY)} imported", len(loaded), 0, "", ", ".join(loaded) or "none")


def first_call(effort: Effort, installed: Path, url: str, trusted: Path | None) -> Figure:
    """Import and one call, in a fresh process."""
    raw = (
        "import httpx\n"
        f"with httpx.Client(headers={{'Authorization': 'Bearer {KEY}'}}) as client:\n"
        f"    response = client.post('{url}/v1/chat/completions', json={BODY})\n"
        "    assert response.json()['choices'][0]['message']['content']"
    )
    typed = (
        "import onellm\n"
        f"answer = onellm.ChatCompletion.create('openai/gpt-4o-mini', {BODY['messages']})\n"
        "assert answer.choices[0].message.content"
    )
    more = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{url}/v1"}
    if trusted:
        more["SSL_CERT_FILE"] = str(trusted)
    codes = {"httpx": raw, "onellm": typed, "again": raw}
    spent: dict[str, list[float]] = {name: [] for name in codes}
    for number in range(effort.starts + 1):
        for name, code in codes.items():
            seconds, _ = started(code, installed, **more)
            if number:  # the first start compiles and warms the disk's cache
                spent[name].append(seconds)
    return compared(f"first call, cold process, {url.partition(':')[0]}", COLD, spent, 1e3, "ms")


def compared(name: str, limit: float, spent: dict[str, list[float]], scale: float, unit: str) -> Figure:
    """OneLLM's CPU time over raw httpx's, as the median over rounds that stand side by side."""
    raw, typed, again = spent["httpx"], spent["onellm"], spent["again"]
    ratio = statistics.median(ours / theirs for ours, theirs in zip(typed, raw, strict=True))
    low, middle, high = statistics.quantiles((one / other for one, other in zip(again, raw, strict=True)), n=4)
    costs = [scale * statistics.median(seconds) for seconds in (typed, raw)]
    note = f"onellm {costs[0]:.1f} {unit}, httpx {costs[1]:.1f} {unit}; A/A {middle:.2f} ({low:.2f}–{high:.2f})"
    return Figure(name, ratio, limit, "x", note)


def in_rounds(effort: Effort, name: str, limit: float, work: str, url: str, transport: str) -> Figure:
    """One kind of work, in turns in one process."""
    sizes = {"sync": effort.calls, "async": effort.parallel, "embeddings": effort.calls // 8}
    size, events = sizes.get(work, effort.streams), CHUNKS if "stream" in work else 1
    measured = rounds(work, url, transport, "--rounds", str(effort.rounds), "--size", str(size))
    return compared(name, limit, measured, 1e6 / size / events, "µs")


def rounds(work: str, url: str, transport: str, *arguments: str) -> Any:
    """Run `rounds.py`, and see that it used the transport."""
    found = python(str(HERE / "rounds.py"), work, "--url", url, *arguments, ONELLM_TRANSPORT=transport)
    if transport not in found["transports"]:
        raise SystemExit(f"ONELLM_TRANSPORT={transport} was not heeded.")
    return found


def growing(effort: Effort, name: str, work: str, url: str, transport: str) -> Figure:
    """What the resident memory grows by, in a process that does nothing else."""
    sides = ("onellm", "httpx")
    arguments = ("--size", str(effort.growth), "--growth")
    ours, theirs = (rounds(work, url, transport, *arguments, side)["growth"] / 1e6 for side in sides)
    return Figure(f"growth over {effort.growth} calls, {name}", ours, GROWTH_MB, "MB", f"RSS; httpx {theirs:.2f} MB")


def figures(effort: Effort, transports: list[str]) -> Iterator[Figure]:
    """All of them, each as soon as it is known."""
    with contextlib.ExitStack() as stack:
        installed = plain_installation(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        yield from importing(effort, installed)
        pems = certificates(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        own, trusted = pems or (None, None)
        urls = stack.enter_context(server(own))
        for url in urls:
            yield first_call(effort, installed, url, trusted if url.startswith("https") else None)
        url = urls[0]
        single, packed = f"{url}/{CHUNKS}/1/300", f"{url}/{CHUNKS}/8/300"
        yield in_rounds(effort, "call, sync", SYNC, "sync", url, "httpx")
        yield in_rounds(effort, "chunk, sync, 1 a write", CHUNK["httpx"], "stream", single, "httpx")
        yield in_rounds(effort, "chunk, sync, 8 a write", CHUNK["httpx"], "stream", packed, "httpx")
        yield in_rounds(effort, "256 embeddings of 1,536 floats, sync", EMBEDDINGS, "embeddings", url, "httpx")
        yield growing(effort, "sync", "sync", url, "httpx")
        for name in transports:
            yield in_rounds(effort, f"call, {name}, 64 in flight", ASYNC[name], "async", url, name)
            yield in_rounds(effort, f"chunk, {name}, 1 a write", CHUNK[name], "async-stream", single, name)
            yield in_rounds(effort, f"chunk, {name}, 8 a write", CHUNK[name], "async-stream", packed, name)
            yield growing(effort, f"{name}, 64 in flight", "async", url, name)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="some fifteen seconds; the figures are rough")
    parser.add_argument("--json", action="store_true", help="print one array instead of lines")
    parser.add_argument("--strict", action="store_true", help="exit with 1 where a limit is missed")
    parser.add_argument(
        "--transport", choices=ASYNC, action="append", help="of the async figures; default: all that are here"
    )
    options = parser.parse_args()
    found: list[Figure] = []
    transports = options.transport or [name for name in ASYNC if importlib.util.find_spec(name)]
    for figure in figures(QUICK if options.quick else FULL, transports):
        found.append(figure)
        if not options.json:
            print(figure, flush=True)
    if options.json:
        print(json.dumps([{**asdict(figure), "ok": figure.ok} for figure in found], indent=1))
    return 1 if options.strict and not all(figure.ok for figure in found) else 0


if __name__ == "__main__":
    sys.exit(main())
