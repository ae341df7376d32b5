"""Files: up, listed, read, deleted; ids with their provider."""

from __future__ import annotations

import json
from typing import Any

import openai.types as sdk
import pytest

import onellm
from tests.faces.asking import ask, both, received, tell
from tests.support import KEY, End, serve, whole
from tests.wire import sent_messages

FILE = {
    "id": "file-1", "object": "file", "bytes": 2, "created_at": 1790000000, "filename": "a.jsonl", "purpose": "batch",
    "status": "processed",
}  # fmt: skip


@both
def test_upload_as_the_sdk_reads_it(kind: str) -> None:
    with serve(whole(FILE)) as server:
        got = ask(kind, server, "files.create", ("a.jsonl", b"{}", "application/jsonl"), "batch")
        (asked,) = server.requests
    assert (asked.method, asked.path) == ("POST", "/v1/files")
    assert received(asked) == {"purpose": "batch", "file": ("a.jsonl", b"{}", "application/jsonl")}
    judge = sdk.FileObject.model_validate(FILE).model_dump(exclude_none=True)
    assert got.model_dump(exclude_none=True) == {**judge, "id": "openai/file-1"}
    assert got.meta.provider == "openai"


@both
def test_an_id_goes_where_it_came_from(kind: str) -> None:
    with serve(
        whole(FILE),
        whole(b"line\n", content_type="application/octet-stream"),
        whole({"id": "file-1", "object": "file", "deleted": True}),
    ) as server:
        got = ask(kind, server, "files.retrieve", "openai/file-1")
        content = ask(kind, server, "files.content", got.id)
        gone = ask(kind, server, "files.delete", got.id)
        asked = [(each.method, each.path, each.headers.get("content-type")) for each in server.requests]
    assert asked == [
        ("GET", "/v1/files/file-1", None),
        ("GET", "/v1/files/file-1/content", None),
        ("DELETE", "/v1/files/file-1", None),
    ]  # fmt: skip
    assert (content.bytes, content.text, content.mime_type) == (b"line\n", "line\n", "application/octet-stream")
    assert (gone.id, gone.deleted) == ("openai/file-1", True)


@both
def test_list(kind: str) -> None:
    body = {"object": "list", "data": [FILE], "first_id": "file-1", "last_id": "file-1", "has_more": True}
    with serve(whole(body)) as server:
        page = ask(kind, server, "files.list", purpose="batch", limit=1, after="openai/file-0", order="asc")
        assert server.requests[0].path == "/v1/files?after=file-0&limit=1&order=asc&purpose=batch"
    assert [each.id for each in page.data] == ["openai/file-1"]
    assert (page.last_id, page.has_more) == ("openai/file-1", True)


@both
def test_a_second_account(kind: str) -> None:
    with serve(whole(FILE)) as server:
        settings = {"openai@work": {"base_url": server.url, "api_key": KEY}}
        got = tell(
            kind, lambda client: client.files.create(b"{}", "batch", provider="openai@work"), server, providers=settings
        )
        assert got.id == "openai@work/file-1"
        again = tell(kind, lambda client: client.files.retrieve(got.id), server, providers=settings)
        assert server.requests[1].path == "/v1/files/file-1"
    assert again.id == "openai@work/file-1"


@both
@pytest.mark.parametrize(
    ("operation", "args", "params", "error", "message"),
    [
        ("files.retrieve", ["file-1"], {}, onellm.InvalidRequestError, "names no provider"),
        ("files.content", ["nobody/file-1"], {}, onellm.UnknownProviderError, "nobody"),
        ("files.create", [b""], {"purpose": "batch"}, onellm.InvalidRequestError, "file is empty"),
        ("files.create", [b"{}"], {}, onellm.InvalidRequestError, "needs purpose"),
        ("files.list", [], {"provider": "venice"}, onellm.CapabilityError, "files"),
    ],
    ids=str,
)  # fmt: skip
def test_refused_here(
    kind: str, operation: str, args: list[Any], params: Any, error: type[Exception], message: str
) -> None:
    with serve(whole(FILE)) as server, pytest.raises(error, match=message):
        ask(kind, server, operation, *args, **params)
    assert not server.requests


@both
def test_a_bare_id_with_its_provider(kind: str) -> None:
    with serve(whole(FILE)) as server:
        ask(kind, server, "files.retrieve", "file-1", provider="openai")
        ask(kind, server, "files.retrieve", "openai/file-1", provider="openai")
        assert {each.path for each in server.requests} == {"/v1/files/file-1"}


@both
def test_an_id_cannot_leave_its_place(kind: str) -> None:
    with serve(whole(FILE)) as server:
        ask(kind, server, "files.retrieve", "openai/../models?x=1")
        assert server.requests[0].path == "/v1/files/..%2Fmodels%3Fx%3D1"


@both
def test_a_file_that_is_not_there(kind: str) -> None:
    failure = {"error": {"message": "No such File object: file-1", "type": "invalid_request_error", "param": "id"}}
    with serve(whole(failure, 404)) as server, pytest.raises(onellm.NotFoundError, match="No such File"):
        ask(kind, server, "files.retrieve", "openai/file-1")


@both
def test_reading_is_tried_again(kind: str) -> None:
    with serve([End(reset=True)], whole(FILE)) as server:
        assert ask(kind, server, "files.retrieve", "openai/file-1").id == "openai/file-1"


@both
def test_the_provider_of_the_default_model(kind: str) -> None:
    with serve(whole(FILE)) as server:
        got = tell(kind, lambda client: client.files.create(b"{}", "batch"), server, model="groq/m")
    assert got.id == "groq/file-1"


@both
def test_a_json_file_is_content(kind: str) -> None:
    """What looks like an error in a file is not one."""
    with serve(whole({"error": {"message": "in the file"}})) as server:
        got = ask(kind, server, "files.content", "openai/file-1")
    assert json.loads(got.bytes) == {"error": {"message": "in the file"}}


@pytest.mark.parametrize("id", ["openai/file-1", "openai@work/file-1", "file-1"])
def test_a_file_in_a_message_goes_by_its_own_id(id: str) -> None:
    """What `File.upload` gave can stand in a message as it is."""
    message = {"role": "user", "content": [{"type": "file", "file": {"file_id": id, "filename": "a.pdf"}}]}
    (sent,) = sent_messages("openai", message)
    assert sent["content"] == [{"type": "file", "file": {"file_id": "file-1", "filename": "a.pdf"}}]
    assert message["content"][0]["file"]["file_id"] == id, "the caller's message stays as it was"  # type: ignore[index]
