"""`onellm venice …` against the simulator."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from onellm_providers.venice import Venice
from onellm_providers.venice.commands import video
from onellm_providers.venice.operations import OPERATIONS
from onellm_providers.venice.simulator.media import MP3, png, wav
from onellm_providers.venice.simulator.tee import trust_anchor
from onellm_providers.venice.types.jobs import JobProgress, JobStatus, MediaJob

from onellm.file_input import sniff
from onellm.testing.simulator import Simulator
from tests.cli.conftest import Run
from tests.providers.venice_schema import document
from tests.support import serve, whole

FOX = "a fox"


def rows(text: str) -> dict[str, list[str]]:
    """The cells of a piped table by the first one."""
    return {line.split("\t")[0]: line.split("\t")[1:] for line in text.splitlines()}


def test_help_names_every_command(run: Run) -> None:
    said = run("venice", "--help").stdout
    for name in (
        "image", "edit", "upscale", "speak", "transcribe", "video", "characters", "balance", "usage", "keys", "models",
        "search", "scrape", "attest", "contract", "operations",
    ):  # fmt: skip
        assert f"\n  {name} " in said
        assert run("venice", name, "--help").exit_code == 0
    assert run("venice", "nonsense").exit_code == 2


def test_balance(run: Run, sim: Simulator) -> None:
    assert rows(run("venice", "balance").stdout) == {
        "balance": [""], "USD": ["25"], "DIEM": ["90.5"], "DIEM of this epoch": ["100"], "spends": ["DIEM"],
    }  # fmt: skip
    assert json.loads(run("venice", "balance", "--json").stdout)["consumptionCurrency"] == "DIEM"


@pytest.mark.parametrize(
    ("by", "first"), [("model", "zai-org-glm-5"), ("day", "2026-08-20"), ("key", "Simulated key 0")]
)
def test_usage(run: Run, sim: Simulator, by: str, first: str) -> None:
    table = rows(run("venice", "usage", "--by", by, "--days", "30").stdout)
    assert table[first] == ["1.5", "0.4"]
    assert sim.requests[-1].query == {"lookback": "30d"}


def test_usage_as_json_and_as_csv(run: Run, sim: Simulator) -> None:
    assert json.loads(run("venice", "usage", "--json").stdout)["topModels"] == ["zai-org-glm-5"]
    lines = run("venice", "usage", "--csv").stdout.splitlines()
    assert lines[0] == "timestamp,sku,currency,amount,units"
    assert len(lines) == 26
    assert lines.count(lines[0]) == 1


def test_keys(run: Run, sim: Simulator) -> None:
    table = rows(run("venice", "keys").stdout)
    assert table["e28e82dc-9df2-4b47-b726-d0a222ef2ab5"][:3] == ["Simulated key 0", "ADMIN", "…SIM000"]
    assert json.loads(run("venice", "keys", "--json").stdout)["object"] == "list"
    assert rows(run("venice", "keys", "limits").stdout)["zai-org-glm-5"] == ["500 RPM, 1e+06 TPM"]
    assert "rateLimits" in json.loads(run("venice", "keys", "limits", "--json").stdout)


def test_a_key_is_made_where_its_secret_may_be_shown(run: Run, sim: Simulator) -> None:
    assert run("venice", "keys", "create", "ci").exit_code == 2
    assert not sim.requests
    made = run("venice", "keys", "create", "ci", "--usd", "5", "--expires", "2027-01-01", "--show")
    assert made.stdout.strip() == "VENICE_SIM_" + "0" * 32
    assert sim.requests[-1].json() == {
        "apiKeyType": "INFERENCE", "description": "ci", "consumptionLimit": {"usd": 5.0}, "expiresAt": "2027-01-01",
    }  # fmt: skip


def test_a_key_is_deleted_after_a_question(run: Run, sim: Simulator) -> None:
    name = "e28e82dc-9df2-4b47-b726-d0a222ef2ab5"
    assert run("venice", "keys", "delete", name, stdin="n\n").exit_code != 0
    assert not sim.requests
    assert run("venice", "keys", "delete", name, "--yes").stdout == "Deleted.\n"
    assert (sim.requests[-1].method, sim.requests[-1].query) == ("DELETE", {"id": name})


def test_characters(run: Run, sim: Simulator) -> None:
    table = rows(run("venice", "characters", "--limit", "3").stdout)
    assert table["alan-watts"] == ["Alan Watts", "venice-uncensored"]
    assert len(table) == 4
    found = json.loads(run("venice", "characters", "watts", "--json").stdout)
    assert [each["slug"] for each in found] == ["alan-watts"]


def test_models(run: Run, sim: Simulator) -> None:
    table = rows(run("venice", "models").stdout)
    kind, privacy, context, does, prices = table["zai-org-glm-5"]
    assert (kind, privacy, context) == ("text", "private", "198,000")
    assert "tools" in does.split()
    assert prices == "input 1, output 3.2"
    assert "sim-retiring (until 2027-03-01)" in table
    assert table["text-embedding-bge-m3"][0] == "embedding"
    listed = json.loads(run("venice", "models", "--type", "image", "--json").stdout)
    assert {each["type"] for each in listed["data"]} == {"image"}


def test_search_and_scrape(run: Run, sim: Simulator) -> None:
    said = run("venice", "search", "foxes", "--limit", "2", "--provider", "google").stdout
    assert "Result 0 for foxes\n  https://example.com/0\n  A simulated page about foxes." in said
    assert sim.requests[-1].json() == {"query": "foxes", "limit": 2, "search_provider": "google"}
    assert len(json.loads(run("venice", "search", "foxes", "--json").stdout)["results"]) == 10
    assert run("venice", "scrape", "https://example.com/x").stdout.startswith("# example.com")
    refused = run("venice", "scrape", "https://x.com/x")
    assert refused.exit_code == 1
    assert "cannot be scraped" in refused.stderr


def test_attest(run: Run, sim: Simulator) -> None:
    """Without the simulator's anchor its quotes are refused: there is no switch that skips a check."""
    assert trust_anchor().startswith("-----BEGIN CERTIFICATE")
    refused = run("venice", "attest", "e2ee-venice-uncensored-2")
    assert refused.exit_code == 1
    assert "AttestationError" in refused.stderr


def test_attest_by_an_anchor(run: Run, sim: Simulator, tmp_path: Path) -> None:
    anchor = tmp_path / "anchor.pem"
    anchor.write_text(trust_anchor(), encoding="utf-8")
    done = run("venice", "attest", "e2ee-venice-uncensored-2", "--anchor", str(anchor))
    assert done.exit_code == 0, done.output
    assert rows(done.stdout)["model"] == ["e2ee-venice-uncensored-2"]
    told = json.loads(run("venice", "attest", "e2ee-venice-uncensored-2", "--anchor", str(anchor), "--json").stdout)
    assert told["address"].startswith("0x")


def test_operations(run: Run) -> None:
    lines = run("venice", "operations").stdout.splitlines()
    assert len(lines) == 56
    assert [line.split()[:3] for line in lines] == [[*name.split(), method] for name, method in OPERATIONS.items()]
    assert json.loads(run("venice", "operations", "--json").stdout) == dict(OPERATIONS)


@pytest.fixture
def files(shared: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The file as it is, and one with a change."""
    changed: Any = copy.deepcopy(document(shared))
    changed["paths"]["/tomorrow"] = {"get": {"responses": {}}}
    paths = tmp_path / "same.json", tmp_path / "changed.json"
    for path, value in zip(paths, (document(shared), changed), strict=True):
        path.write_text(json.dumps(value), encoding="utf-8")
    return paths


def test_contract(run: Run, files: tuple[Path, Path]) -> None:
    same, changed = map(str, files)
    assert (run("venice", "contract", same).exit_code, run("venice", "contract", same).stdout) == (0, "")
    drift = run("venice", "contract", changed)
    assert drift.exit_code == 1
    assert drift.stdout.startswith("operation-added GET /tomorrow: new")
    assert "1 difference from version 20260821.193530" in drift.stderr
    listed = json.loads(run("venice", "contract", changed, "--json").stdout)
    assert [each["name"] for each in listed] == ["operation-added GET /tomorrow"]
    assert run("venice", "contract", changed, "--ignore", "operation-added *").exit_code == 0


def test_contract_of_a_url(run: Run, sim: Simulator, files: tuple[Path, Path]) -> None:
    with serve(whole(files[1].read_bytes())) as server:
        assert run("venice", "contract", f"http://127.0.0.1:{server.port}/swagger.json").exit_code == 1
    assert "authorization" not in server.requests[0].headers
    missing = run("venice", "contract", "missing.yaml")
    assert (missing.exit_code, "missing.yaml cannot be read" in missing.stderr) == (1, True)


# -- media -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"), [("fox.webp", "webp"), ("fox.png", "png"), ("fox.jpg", "jpeg"), ("fox", None)]
)
def test_image(run: Run, sim: Simulator, tmp_path: Path, name: str, kind: str | None) -> None:
    target = tmp_path / name
    done = run("venice", "image", FOX, "-o", str(target), "-m", "sim-image", "--size", "512x768", "--seed", "7")
    assert done.exit_code == 0, done.output
    assert sniff(target.read_bytes()) == f"image/{kind or 'webp'}"
    body = sim.requests[-1].json()
    assert body.pop("format", None) == kind
    assert body == {
        "prompt": FOX, "model": "sim-image", "width": 512, "height": 768, "seed": 7, "return_binary": True,
    }  # fmt: skip
    assert done.stdout.strip() == str(target)


@pytest.mark.parametrize("size", ["512", "512xa", "x"])
def test_a_size_that_is_none(run: Run, sim: Simulator, tmp_path: Path, size: str) -> None:
    assert run("venice", "image", FOX, "-o", str(tmp_path / "a.png"), "--size", size).exit_code == 2


def test_edit_and_upscale(run: Run, sim: Simulator, tmp_path: Path) -> None:
    picture, target = tmp_path / "in.png", tmp_path / "out.png"
    picture.write_bytes(png())
    assert run("venice", "edit", str(picture), "blue sky", "-o", str(target)).exit_code == 0
    assert target.read_bytes().startswith(b"\x89PNG")
    target.unlink()
    assert run("venice", "upscale", str(picture), "-o", str(target), "--scale", "4").exit_code == 0
    assert target.read_bytes().startswith(b"\x89PNG")


def test_speak_and_transcribe(run: Run, sim: Simulator, tmp_path: Path) -> None:
    target, recording = tmp_path / "said.mp3", tmp_path / "said.wav"
    assert run("venice", "speak", "Hello", "-o", str(target), "--speed", "1.5").exit_code == 0
    assert target.read_bytes() == MP3
    assert sim.requests[-1].json() == {"input": "Hello", "speed": 1.5, "response_format": "mp3"}
    recording.write_bytes(wav())
    assert run("venice", "transcribe", str(recording)).stdout.strip()
    assert "text" in json.loads(run("venice", "transcribe", str(recording), "--json").stdout)


def test_video(run: Run, sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onellm_providers.venice.jobs.sleep", _no_pause)
    target, job = tmp_path / "fox.mp4", tmp_path / "job.json"
    options = ["-o", str(target), "--job", str(job)]
    done = run("venice", "video", FOX, "-m", "sim-video", "--max-price", "100", *options)
    assert done.exit_code == 0, done.output
    assert target.read_bytes()[4:8] == b"ftyp"
    assert MediaJob.load(job).kind == "video"
    assert "quoted ($" in done.stderr
    assert "queued" in done.stderr


def test_a_video_goes_on_in_another_process(
    run: Run, sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onellm_providers.venice.jobs.sleep", _no_pause)
    target, job = tmp_path / "fox.mp4", tmp_path / "job.json"
    with Venice() as client:
        client.video.queue(FOX, model="sim-video", duration="5s").save(job)
    resumed = run("venice", "video", "--resume", "--job", str(job), "-o", str(target))
    assert (resumed.exit_code, target.read_bytes()[4:8]) == (0, b"ftyp"), resumed.output
    assert sum(request.path.endswith("/video/queue") for request in sim.requests) == 1


def _no_pause(seconds: float) -> Any:
    """Instead of the pause between two questions."""
    yield from ()


def test_a_video_has_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any) -> None:
    monkeypatch.setattr(video, "sys", SimpleNamespace(stderr=SimpleNamespace(isatty=lambda: True)))
    job = MediaJob(kind="video", model="m", queue_id="q")
    status = JobStatus(status="PROCESSING", average_execution_time=10_000, execution_duration=5_000)
    with video._bar(tmp_path / "job.json") as told:
        told(JobProgress(stage="queued", job=job))
        told(JobProgress(stage="processing", job=job, status=status))
    assert MediaJob.load(tmp_path / "job.json").queue_id == "q"
    assert "processing" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["-o", "x.mp4"], ["a", "-o", "x.mp4"], ["--resume", "-o", "x.mp4"]])
def test_a_video_of_nothing(run: Run, arguments: list[str]) -> None:
    assert run("venice", "video", *arguments).exit_code == 2


def test_another_account_and_a_file_of_keys(run: Run, sim: Simulator, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("VENICE_WORK_BASE_URL", sim.base_url("venice"))
    keys = tmp_path / "keys.env"
    keys.write_text("VENICE_WORK_API_KEY=work-key\n", encoding="utf-8")
    assert run("venice", "--profile", "work", "--env-file", str(keys), "balance").exit_code == 0
    assert sim.requests[-1].bearer == "work-key"
