"""The snapshot of models.dev: what it says, how little of what it denies is believed, and when it is read."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

import onellm
from onellm import Capability
from onellm.models import snapshot
from scripts import models_snapshot as script

FOLDER = Path(snapshot.__file__).parent
FILE = FOLDER / snapshot.FILE
PRICES = ("input", "output", "cache_read", "cache_write", "reasoning")


@pytest.fixture(scope="module")
def source(shared: Path) -> Any:
    """models.dev as it was on that day."""
    return json.loads((shared / "models" / "models_dev.json").read_text(encoding="utf-8"))


def entries(source: Any) -> list[tuple[str, str, Any]]:
    """Our provider, the model's id, and its entry, of all that the snapshot has."""
    return [
        (ours, model_id, model)
        for ours, theirs in script.PROVIDERS.items()
        for name in theirs
        for model_id, model in source["providers"][name]["models"].items()
    ]


# -- the file in the tree ----------------------------------------------------------------------------------------------


def test_the_file_is_what_the_script_makes(source: Any) -> None:
    assert script.unpack(FILE.read_bytes()) == (source["snapshot"], script.rows(source["providers"]))


def test_packing_is_deterministic_and_loses_nothing(source: Any) -> None:
    kept = script.rows(source["providers"])
    shuffled = {name: dict(reversed(models.items())) for name, models in kept.items()}
    assert script.pack("2026-07-02", kept) == script.pack("2026-07-02", shuffled)
    assert script.unpack(script.pack("2026-07-02", kept)) == ("2026-07-02", kept)


def test_the_file_is_small_and_its_licence_lies_beside_it() -> None:
    assert FILE.stat().st_size < 80_000
    notice = (FOLDER / "LICENSE.models_dev").read_text(encoding="utf-8")
    assert "MIT License" in notice
    assert "Copyright (c) 2025 models.dev" in notice
    assert "The above copyright notice and this permission notice shall be included" in notice


def test_the_page_says_how_much_it_holds() -> None:
    date, kept = script.unpack(FILE.read_bytes())
    models, size = sum(map(len, kept.values())), FILE.stat().st_size
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    assert f"{models:,} models of {len(kept)} providers as of {date}, {round(size / 1000)} kB" in page


def test_every_provider_of_the_snapshot_is_one_of_ours() -> None:
    """Or has a name that is kept for it: these speak formats of their own."""
    kept = {"anthropic", "azure", "bedrock", "cohere", "gemini", "vertex"}
    assert set(script.PROVIDERS) - kept <= set(onellm.list_providers())


# -- what it says ------------------------------------------------------------------------------------------------------


def test_what_is_kept_is_what_models_dev_says(source: Any) -> None:
    for ours, model_id, model in entries(source):
        info = snapshot.find(ours, model_id)
        assert info is not None, (ours, model_id)
        assert (info.id, info.provider, info.source, info.as_of) == (model_id, ours, "models.dev", "2026-07-02")
        assert info.context_window == (model["limit"]["context"] or None)
        assert info.max_output_tokens == (model["limit"]["output"] or None)
        assert set(info.input_modalities or ()) == set(model["modalities"]["input"])
        assert set(info.output_modalities or ()) == set(model["modalities"]["output"])
        assert info.temperature is model.get("temperature")
        assert info.released == model["release_date"]
        assert (info.deprecated is not None) is (model.get("status") == "deprecated")
        words = {"tool_call": "tools", "reasoning": "reasoning", "structured_output": "json_schema"}
        for name, word in words.items():
            assert (info.supports(word) is True) is (model.get(name) is True), (ours, model_id, word)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        assert (info.supports("vision") is True) is ("image" in model["modalities"]["input"])
        assert (info.supports("document_input") is True) is ("pdf" in model["modalities"]["input"])


def test_a_price_is_models_dev_s_or_not_known(source: Any) -> None:
    priced = 0
    for ours, model_id, model in entries(source):
        info, cost = snapshot.find(ours, model_id), model.get("cost") or {}
        assert info
        if info.prices is None:
            continue
        priced += 1
        for name in PRICES:
            price = getattr(info.prices, name)
            said = cost.get(name) or cost.get({"cache_read": "cached_input", "cache_write": "cached_write"}.get(name))
            said = said or (cost.get("cache_input") if name == "cache_read" else None)
            if price == 0:
                assert "free" in model["name"].lower(), (ours, model_id)
            else:
                assert price == (said or None), (ours, model_id, name)
        sizes = sorted(tier["tier"]["size"] for tier in cost.get("tiers", ()))
        assert [above for above, _ in info.prices.tiers] == sizes
        assert all(math.isfinite(prices.input or 0) for _, prices in info.prices.tiers)
    assert priced > 1500


def test_a_denial_is_explicit_and_nobody_contradicts_it(source: Any) -> None:
    """Read apart from the script: no provider of models.dev affirms it of a model of that bare id."""
    affirmed: dict[str, set[str]] = defaultdict(set)
    for provider in source["providers"].values():
        for model_id, model in provider["models"].items():
            bare = re.sub("[^a-z0-9]+", "-", model_id.lower().rpartition("/")[2].partition(":")[0])
            affirmed[bare] |= {"tools"} if model["tool_call"] else set()
            kinds = {"image": "vision", "audio": "audio_input", "video": "video_input"}
            affirmed[bare] |= {kinds[kind] for kind in model["modalities"]["input"] if kind in kinds}
    denials = 0
    for ours, model_id, model in entries(source):
        info = snapshot.find(ours, model_id)
        assert info
        bare = re.sub("[^a-z0-9]+", "-", model_id.lower().rpartition("/")[2].partition(":")[0])
        for word, answer in info.capabilities.items():
            if answer is False:
                denials += 1
                assert word in {Capability.TOOLS, Capability.VISION, Capability.AUDIO_INPUT, Capability.VIDEO_INPUT}
                assert model["tool_call"] is False if word is Capability.TOOLS else model["attachment"] is False
                assert word.value not in affirmed[bare], (ours, model_id, word)
    assert denials > 1000


@pytest.mark.parametrize(("provider", "model"), [("openai", "gpt-3.5-turbo"), ("azure", "deepseek-v4-pro")])
def test_a_wrong_denial_of_models_dev_is_not_believed(provider: str, model: str, source: Any) -> None:
    """Both take tools, as entries of other providers say."""
    assert source["providers"][provider]["models"][model]["tool_call"] is False
    info = snapshot.find(provider, model)
    assert info
    assert info.supports("tools") is None


def test_what_is_not_there_is_not_known() -> None:
    for provider, model in [("openai", "gpt-99"), ("openai", ""), ("nobody", "gpt-4o"), ("vllm", "m"), ("zai", "zzz")]:
        assert snapshot.find(provider, model) is None
    assert snapshot.ids("nobody") == []


def test_every_model_is_found_wherever_it_lies_in_its_block() -> None:
    for provider in script.PROVIDERS:
        ids = snapshot.ids(provider)
        assert ids == sorted(ids)
        assert [snapshot.find(provider, model).id for model in ids] == ids  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]


# -- the script on an entry --------------------------------------------------------------------------------------------

MODEL: dict[str, Any] = {
    "name": "Acme One", "attachment": False, "reasoning": False, "tool_call": False, "release_date": "2026-01-01",
    "limit": {"context": 0, "output": 0}, "modalities": {"input": ["text"], "output": ["text"]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("cost", "kept"),
    [
        ({}, None),
        ({"input": 0, "output": 0}, None),
        ({"input": 1, "output": 0, "cache_read": 0, "cache_write": 0, "reasoning": 0}, {"input": 1}),
        ({"input": 1, "output": 2, "cached_input": 3, "cached_write": 4},
         {"input": 1, "output": 2, "cache_read": 3, "cache_write": 4}),
        ({"input": 1, "output": 2, "cache_input": 3}, {"input": 1, "output": 2, "cache_read": 3}),
        ({"input": 1, "output": 2, "input_audio": 3, "output_audio": 4},
         {"input": 1, "output": 2, "audio_input": 3, "audio_output": 4}),
        ({"input": 1, "output": 2, "request": 5}, None),
        ({"input": 1, "output": 2, "citation": 5}, None),
        ({"input": 1, "output": 2, "tiers": [{"tier": {"size": 9}, "input": 3, "output": 0},
                                            {"tier": {"type": "context", "size": 5}, "input": 2, "output": 4}]},
         {"input": 1, "output": 2, "tiers": [[5, {"input": 2, "output": 4}], [9, {"input": 3}]]}),
    ],
)  # fmt: skip
def test_prices_of_an_entry(cost: dict[str, Any], kept: Any) -> None:
    assert script.prices({**MODEL, "cost": cost}) == kept


def test_zero_is_a_price_of_what_is_called_free() -> None:
    free = {**MODEL, "name": "Acme One (free)", "cost": {"input": 0, "output": 0, "cache_read": 0}}
    assert script.prices(free) == {"input": 0, "output": 0, "cache_read": 0}
    assert script.prices({**free, "cost": {"input": 1, "output": 0}}) == {"input": 1}


def test_an_entry_denies_and_another_contradicts() -> None:
    row = script.row_of(MODEL, set())
    assert row == {"in": ["text"], "out": ["text"], "released": "2026-01-01",
                   "no": ["audio_input", "tools", "video_input", "vision"]}  # fmt: skip
    assert script.row_of(MODEL, {"tools", "vision"})["no"] == ["audio_input", "video_input"]
    assert script.row_of({**MODEL, "attachment": True}, set())["no"] == ["tools"], "files, but it is not said which"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("qwen/qwen3-32b", "Qwen/Qwen3-32B"), ("qwen3-32b:free", "qwen.qwen3-32b"), ("zai-org/glm-4.7", "glm-4-7"),
        ("@cf/meta/llama-4-scout", "llama-4-scout"),
    ],
)  # fmt: skip
def test_the_same_model_under_two_names(one: str, other: str) -> None:
    assert script.names_of(one, MODEL) & script.names_of(other, {"name": "Otherwise"})


def run_script(*arguments: str, folder: Path) -> Any:
    command = [sys.executable, str(Path(script.__file__)), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_script_writes_and_checks(tmp_path: Path, shared: Path, source: Any) -> None:
    path, output = str(shared / "models" / "models_dev.json"), ("--output", "out.bin")
    assert run_script(path, "--check", *output, folder=tmp_path).returncode == 1, "there is no file"
    assert run_script(path, *output, folder=tmp_path).stdout.startswith("out.bin: 1914 models of 40 providers, ")
    assert run_script(path, "--check", *output, folder=tmp_path).returncode == 0
    assert script.unpack((tmp_path / "out.bin").read_bytes()) == script.unpack(FILE.read_bytes())

    providers = json.loads(json.dumps(source["providers"]))
    providers["openai"]["models"]["gpt-4o"]["limit"]["context"] = 1
    (tmp_path / "api.json").write_text(json.dumps(providers))
    assert run_script("api.json", "--check", *output, folder=tmp_path).returncode == 2, "its date is not known"
    done = run_script("api.json", "--check", "--date", "2026-07-02", *output, folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "out.bin is not what api.json gives\n")


# -- when it is read ---------------------------------------------------------------------------------------------------

WATCH = """
import sys
read = []
sys.addaudithook(lambda name, args: read.append(args[0]) if name == "open" and "models_dev" in str(args[0]) else None)
"""


def fresh(code: str, *path: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\nsys.path[:0] = {list(path)}\n{code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_it_is_read_once_when_a_model_is_asked_for() -> None:
    code = """
import onellm
provider = onellm.get_provider("openai", api_key="k")
onellm.list_providers(); onellm.OneLLM()
before = len(read)
for model in ("gpt-4o", "gpt-4o-mini", "gpt-4o-none"):
    provider.info(model)
from onellm.models import snapshot
print(before, len(read), snapshot._block.cache_info().misses)
"""
    assert fresh(WATCH + code) == "0 1 1"


def test_it_is_read_from_a_zip(tmp_path: Path) -> None:
    package = Path(onellm.__file__).parent
    with zipfile.ZipFile(tmp_path / "onellm.zip", "w") as archive:
        for file in (file for file in package.rglob("*") if file.is_file() and "__pycache__" not in file.parts):
            archive.write(file, f"onellm/{file.relative_to(package)}")
    code = (
        "from onellm.models import snapshot\nprint(snapshot.__file__, snapshot.find('openai', 'gpt-4o').context_window)"
    )
    where, window = fresh(code, str(tmp_path / "onellm.zip")).split()
    assert where.startswith(str(tmp_path))
    assert window == "128000"
