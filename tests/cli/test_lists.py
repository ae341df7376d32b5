"""`onellm models` and `onellm providers`."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

import onellm
from onellm import registry
from onellm.testing.simulator import SimReply, Simulator, faults
from tests.cli.conftest import Run, finish, on_terminal, start


def rows(text: str) -> dict[str, list[str]]:
    """The cells of a piped table by the first one."""
    return {line.split("\t")[0]: line.split("\t")[1:] for line in text.splitlines()}


def test_models_of_one_provider(run: Run, sim: Simulator) -> None:
    result = run("models", "venice")
    assert result.exit_code == 0
    table = rows(result.stdout)
    assert table["model"] == ["context", "capabilities", "USD per 1M, in / out"]
    window, does, prices = table["venice/zai-org-glm-5"]
    assert (window, prices) == ("198,000", "1 / 3.2")
    assert {"tools", "reasoning"} <= set(does.split())
    assert "vision" not in does
    assert [request.service for request in sim.requests] == ["venice"]


def test_what_is_not_known_is_called_unknown(run: Run, sim: Simulator) -> None:
    sim.inject(faults.answer(SimReply.json({"data": [{"id": "gpt-99"}, {"id": "gpt-5.4-mini"}]})), service="openai")
    table = rows(run("models", "openai").stdout)
    assert table["openai/gpt-99"] == ["unknown", "unknown", "unknown"]
    window, does, prices = table["openai/gpt-5.4-mini"]
    assert (window, prices) == ("400,000", "0.75 / 4.5"), "the list is silent, models.dev is not"
    assert {"tools", "vision"} <= set(does.split())


def test_models_of_all_with_a_key(run: Run, sim: Simulator) -> None:
    names = {name.partition("/")[0] for name in rows(run("models").stdout)}
    assert names == {"model", *sim.providers} - {"replicate"}, "which has no list"


def test_one_provider_that_fails_does_not_hide_the_others(run: Run, sim: Simulator) -> None:
    sim.inject(faults.status(401), service="openai")
    result = run("models")
    assert result.exit_code == 1
    assert "venice/zai-org-glm-5" in result.stdout
    assert result.stderr.startswith("openai: AuthenticationError: ")
    assert result.stderr.count("\n") == 1


def test_models_as_json(run: Run, sim: Simulator) -> None:
    listed = {row["model"]: row for row in json.loads(run("models", "venice", "--json").stdout)}
    glm = listed["venice/zai-org-glm-5"]
    assert (glm["id"], glm["provider"], glm["context_window"]) == ("zai-org-glm-5", "venice", 198_000)
    assert (glm["capabilities"]["tools"], glm["capabilities"]["vision"]) == (True, False)
    prices = {name: price for name, price in glm["prices"].items() if price}
    assert prices == {"input": 1.0, "output": 3.2, "cache_read": 0.2}
    assert glm["sources"]["tools"].startswith("Venice /models, 20")
    assert glm["sources"]["output_modalities"] == "models.dev, 2026-07-02"


def test_a_filter_asks_nobody(run: Run, sim: Simulator) -> None:
    result = run("models", "--vision", "--tools", "--max-price", "1")
    assert result.exit_code == 0
    table = rows(result.stdout)
    names = [name for name in table if name != "model"]
    assert names == [info.model for info in onellm.find_models(vision=True, tools=True, max_input_price=1.0)]
    for name in names:
        _, does, prices = table[name]
        assert {"vision", "tools"} <= set(does.split())
        assert float(prices.partition(" / ")[0]) <= 1
    assert sim.requests == []


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (["--offline"], {}),
        (["--reasoning", "--json-schema"], {"reasoning": True, "json_schema": True}),
        (["--max-output-price", "2", "--min-context", "200000"], {"max_output_price": 2, "min_context": 200_000}),
        (["--video-input"], {"video_input": True}),
    ],
)
def test_filters_of_one_provider_without_any_key(run: Run, options: list[str], wanted: Any) -> None:
    listed = json.loads(run("models", "venice", "--json", *options).stdout)
    found = onellm.find_models(provider="venice", **wanted)
    assert found
    assert [row["model"] for row in listed] == [info.model for info in found]
    assert listed[0]["sources"]["context_window"] == "models.dev, 2026-07-02"


def test_a_filter_that_is_wrong(run: Run) -> None:
    assert run("models", "--max-price", "-1").exit_code == 2
    assert run("models", "venise", "--vision").stderr.startswith("UnknownProviderError: ")


def test_models_without_a_key(run: Run) -> None:
    result = run("models")
    assert result.exit_code == 1
    assert result.stderr.startswith("ConfigurationError: No provider has a key.")


def test_a_table_on_a_terminal(sim: Simulator) -> None:
    status, screen = on_terminal("models", "venice")
    assert status == 0
    assert "venice/zai-org-glm-5" in screen
    assert "\t" not in screen


def test_providers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    key = secrets.token_hex(16)
    monkeypatch.setenv("VENICE_API_KEY", key)
    result = run("providers")
    table = rows(result.stdout)
    assert table["venice"] == ["yes", "VENICE_API_KEY", "https://api.venice.ai/api/v1", f"onellm {onellm.__version__}"]
    assert table["groq"][0] == "no"
    assert table["llama_server"][0] == "not needed"
    assert "OPENAI_COMPATIBLE_BASE_URL" in table["openai_compatible"][2]
    assert key not in result.output
    assert result.stderr == ""


def test_providers_without_any_key(run: Run) -> None:
    assert "No key is configured" in run("providers").stderr


def test_providers_as_json(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENICE_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://elsewhere.example/v1")
    found = {each["name"]: each for each in json.loads(run("providers", "--json").stdout)}
    assert set(found) == set(onellm.list_providers())
    assert found["venice"] == {
        "name": "venice",
        "distribution": "onellm",
        "version": onellm.__version__,
        "key_configured": True,
        "key_required": True,
        "key_variable": "VENICE_API_KEY",
        "base_url": "https://api.venice.ai/api/v1",
        "problem": None,
    }
    assert found["openai"]["key_configured"] is False
    assert found["openai"]["base_url"] == "https://elsewhere.example/v1"


def test_a_provider_that_cannot_be_used_says_why(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENICE_API_KEY", "not\x07a key")
    monkeypatch.setenv("OPENAI_COMPATIBLE_API_KEY", "k")
    found = {each["name"]: each for each in json.loads(run("providers", "--json").stdout)}
    assert "holds characters that no key has" in found["venice"]["problem"]
    assert found["venice"]["key_configured"] is False
    assert found["openai_compatible"]["key_configured"] is True
    assert found["openai_compatible"]["base_url"] is None


def test_a_provider_that_cannot_be_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    about = tmp_path / "somebodys-2.5.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: somebodys\nVersion: 2.5\n")
    (about / "entry_points.txt").write_text("[onellm.providers]\nbroken = somebodys.absent:X\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    status, out, _ = finish(start("providers", "--json"))
    assert status == 0
    broken = next(each for each in json.loads(out) if each["name"] == "broken")
    assert (broken["distribution"], broken["version"]) == ("somebodys", "2.5")
    assert "cannot be imported" in broken["problem"]


def test_a_provider_of_this_process(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._registered, "mine", onellm.Spec("mine", "https://mine.example/v1"))
    assert rows(run("providers").stdout)["mine"] == ["no", "MINE_API_KEY", "https://mine.example/v1", "this process"]
