"""What a small packed answer does to the memory of a process of its own, as the system counts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.test_bounds import MB, bomb
from tests.support import KEY, serve, whole

ASK = """
import asyncio, re, sys, onellm
way, url, stream = sys.argv[1], sys.argv[2], sys.argv[3] == "stream"
options = {"providers": {"openai": {"base_url": url, "api_key": "%s"}}, "max_retries": 0}
ask = {"model": "openai/m", "messages": [{"role": "user", "content": "Hi"}], "stream": stream}
async def main():
    async with onellm.AsyncOneLLM(transport=way, **options) as client:
        answer = await client.chat.completions.create(**ask)
        if stream: await answer.final()
try:
    if way == "blocking":
        with onellm.OneLLM(**options) as client:
            answer = client.chat.completions.create(**ask)
            if stream: answer.final()
    else:
        asyncio.run(main())
except onellm.BadResponseError as error:
    status = open("/proc/self/status").read()  # ru_maxrss would count the process that started this one, too
    print(int(re.search(r"VmHWM:\\s+([0-9]+) kB", status)[1]) // 1024, error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc/self/status")
@pytest.mark.security("S9")
@pytest.mark.parametrize("way", ["blocking", "httpx", "aiohttp"])
@pytest.mark.parametrize("kind", ["whole", "stream"])
def test_a_bomb_of_400_megabytes_takes_less_than_100(way: str, kind: str, tmp_path: Path) -> None:
    types = {"whole": "application/json", "stream": "text/event-stream"}
    with serve(whole(bomb(400 * MB), 200, {"Content-Encoding": "gzip"}, types[kind])) as server:
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        command = [sys.executable, "-c", ASK % KEY, way, server.url, kind]
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=60, env={**kept, "HOME": str(tmp_path)}
        )
    peak, _, reason = done.stdout.partition(" ")
    assert int(peak) < 100, "MB, of which an interpreter with httpx and pydantic has some 50"
    assert "times its size" in reason
