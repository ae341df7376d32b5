"""Anthropic's files in OpenAI's shape, and the SDK against the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import anthropic
import pytest
from anthropic.types import FileMetadata
from onellm_providers.anthropic.simulator import routes

import onellm
from onellm import OneLLM
from onellm.testing import Simulator
from tests.faces.asking import both, received
from tests.providers.anthropic.wire import ask, turns
from tests.support import serve, whole

FILE = {
    "id": "file_1", "type": "file", "filename": "tides.pdf", "mime_type": "application/pdf", "size_bytes": 3,
    "created_at": "2026-11-01T00:00:00Z", "downloadable": False, "expires_at": None,
}  # fmt: skip


@both
def test_an_upload(kind: str) -> None:
    FileMetadata.model_validate(FILE)
    lifetime = {"anchor": "created_at", "seconds": 7200}
    with serve(whole(FILE)) as server:
        got = ask(
            kind, server, "files.create", b"PDF", "user_data", provider="anthropic",
            expires_after=lifetime,
        )  # fmt: skip
        sent = server.requests[0]
    assert sent.path.endswith("/v1/files")
    assert sent.headers["anthropic-beta"] == "files-api-2025-04-14"
    assert received(sent)["expires_in_seconds"] == "7200"
    assert received(sent)["file"][1] == b"PDF"
    assert "purpose" not in received(sent)
    assert got.dropped_params == ("purpose",)
    assert (got.id, got.bytes, got.created_at) == ("anthropic/file_1", 3, 1793491200)
    assert got.model_extra == {"mime_type": "application/pdf", "downloadable": False}


@both
def test_another_anchor_is_refused(kind: str) -> None:
    late = {"anchor": "last_active_at", "seconds": 7200}
    with serve(whole(FILE)) as server, pytest.raises(onellm.UnsupportedParameterError, match="created_at"):
        ask(kind, server, "files.create", b"x", provider="anthropic", expires_after=late)
    assert not server.requests


@both
@pytest.mark.parametrize(
    ("page", "after", "query", "last", "more"),
    [
        ({"next_page": "page_2"}, None, "", "anthropic/page_2", True),
        ({"next_page": None}, "anthropic/page_2", "?page=page_2", "anthropic/file_1", False),
        ({"has_more": True, "last_id": "file_1"}, "anthropic/file_0", "?after_id=file_0", "anthropic/file_1", True),
    ],
    ids=["first page", "by cursor", "by id, as before"],
)
def test_pages(kind: str, page: Any, after: str | None, query: str, last: str, more: bool) -> None:
    with serve(whole({"data": [FILE], **page})) as server:
        got = ask(kind, server, "files.list", provider="anthropic", after=after)
        assert server.requests[0].path.endswith(f"/v1/files{query}")
    assert (got.last_id, got.has_more, got.data[0].filename) == (last, more, "tides.pdf")


@both
def test_files_by_their_ids(kind: str) -> None:
    """The SDK writes a list in brackets."""
    page = whole({"data": [FILE], "next_page": None})
    with serve(page, page) as server:
        ask(kind, server, "files.list", provider="anthropic", extra_body={"ids": ["file_1", "file_2"]})
        base_url = server.url.removesuffix("/v1")
        with anthropic.Anthropic(api_key="k", base_url=base_url, max_retries=0, timeout=5) as sdk:
            sdk.files.list(ids=["file_1", "file_2"])
        ours, theirs = (parse_qsl(each.path.partition("?")[2]) for each in server.requests)
    assert ours == theirs == [("ids[]", "file_1"), ("ids[]", "file_2")]


@both
def test_a_purpose_or_an_order_of_a_list_is_refused(kind: str) -> None:
    for given in ({"purpose": "batch"}, {"order": "asc"}):
        with serve(whole({"data": []})) as server, pytest.raises(onellm.UnsupportedParameterError, match="does not"):
            ask(kind, server, "files.list", provider="anthropic", **given)


@both
def test_content_and_deletion(kind: str) -> None:
    with serve(whole(b"PDF", content_type="application/pdf")) as server:
        got = ask(kind, server, "files.content", "anthropic/file_1")
        assert server.requests[0].path.endswith("/v1/files/file_1/content")
    assert (got.content, got.mime_type) == (b"PDF", "application/pdf")
    with serve(whole({"id": "file_1", "type": "file_deleted"})) as server:
        gone = ask(kind, server, "files.delete", "anthropic/file_1")
        assert server.requests[0].method == "DELETE"
    assert (gone.id, gone.deleted) == ("anthropic/file_1", True)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(services={"anthropic": routes}) as running:
        yield running


def test_the_sdk_and_the_simulator(sim: Simulator) -> None:
    base_url = sim.base_url("anthropic").removesuffix("/v1")
    with anthropic.Anthropic(api_key="k", base_url=base_url, max_retries=0) as sdk:
        made = sdk.files.upload(file=("a.txt", b"tides"), expires_in_seconds=3600)
        assert (made.filename, made.size_bytes, made.downloadable) == ("a.txt", 5, True)
        assert made.expires_at is not None
        assert sdk.files.retrieve_metadata(made.id) == made
        assert sdk.files.download(made.id).read() == b"tides"
        assert sdk.files.delete(made.id).type == "file_deleted"
        assert list(sdk.files.list()) == []
        with pytest.raises(anthropic.BadRequestError):
            sdk.files.upload(file=("a.txt", b"tides"), expires_in_seconds=5)
        with pytest.raises(anthropic.NotFoundError):
            sdk.files.retrieve_metadata("file_gone")


def test_ours_and_the_simulator(sim: Simulator) -> None:
    with OneLLM(providers=sim.providers) as client:
        made = client.files.create(b"tides", provider="anthropic")
        assert client.files.retrieve(made.id).bytes == 5
        assert client.files.content(made.id).text == "tides"
        assert client.files.delete(made.id).deleted
        with pytest.raises(onellm.NotFoundError):
            client.files.retrieve("anthropic/file_gone")


@pytest.mark.parametrize("id", ["file_1", "anthropic/file_1", "anthropic@work/file_1"])
def test_a_file_in_a_message_goes_under_the_service_s_own_id(id: str) -> None:
    (turn,) = turns({"role": "user", "content": [{"type": "file", "file": {"file_id": id}}]})
    assert turn["content"][0]["source"] == {"type": "file", "file_id": "file_1"}
