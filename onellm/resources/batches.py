"""`client.batches`"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Unpack, cast

from onellm.call import Flow, Prepared, ask, report, sleep
from onellm.errors import APIConnectionError, InvalidRequestError, OneLLMError, RateLimitError, ServerError
from onellm.file_input import FileInput, read_file
from onellm.operations import Operations
from onellm.provider import Provider
from onellm.resource import IO, endpoint
from onellm.resources.base import Routed, split_id
from onellm.routing import parse_model_name
from onellm.types.batch import (
    BatchEndpoint,
    BatchItem,
    BatchList,
    BatchListParams,
    BatchListRequest,
    BatchObject,
    BatchParams,
    BatchQuery,
    BatchRequest,
    BatchResults,
)
from onellm.types.call_params import CallParams

CHAT = "/v1/chat/completions"
PATIENCE = 5
"""Polls in a row that may fail while a batch is waited for."""


class Batches(Routed[IO]):
    """`client.batches`: many requests at once, answered within a day at a lower price."""

    @endpoint
    def create(
        self,
        requests: Sequence[Mapping[str, object]] | FileInput | None = None,
        endpoint: BatchEndpoint | None = None,
        *,
        input_file_id: str | None = None,
        completion_window: str = "24h",
        provider: str | None = None,
        **params: Unpack[BatchParams],
    ) -> Prepared[BatchObject]:
        """Start a batch.

        `requests` are tables `{"custom_id": …, "body": {"model": "provider/model", …}}` or a JSONL file of such lines
        (a path, bytes, a binary file); or give the `input_file_id` of an uploaded one. `url` and `method` of a request
        may be left out, and a missing `custom_id` becomes its number. All go to one `endpoint` (the first one's `url`,
        else chat completions) and one provider: that of their models, or `provider`, and then the models may be bare.
        Chat requests are checked and written as a single one would be.

        A batch is a purchase: raises UnknownOutcomeError where it may have been started; `list` tells. Raises
        InvalidRequestError for ids that are there twice.
        """
        if (requests is None) == (input_file_id is None):
            raise InvalidRequestError("Give either requests or input_file_id.", param="requests")
        if input_file_id is not None:
            label, bare = split_id(input_file_id, provider)
            fields: dict[str, Any] = {"input_file_id": bare, "endpoint": endpoint or CHAT}
        else:
            rows = _rows(requests)
            url: str = endpoint or (str(rows[0].get("url") or CHAT) if rows else CHAT)
            items, named = _items(rows, url, provider)
            label = named or self._label(None)
            fields = {"requests": items, "endpoint": url}
        fields["completion_window"] = completion_window
        return self._prepare_at(Operations.batch_create, BatchRequest, label, params, **fields)

    @endpoint
    def list(self, *, provider: str | None = None, **params: Unpack[BatchListParams]) -> Prepared[BatchList]:
        """The batches at a provider, the latest first, one page; the next begins `after` its last id."""
        label = self._label(provider)
        if (after := params.get("after")) is not None:
            params["after"] = split_id(after, label)[1]
        return self._prepare_at(Operations.batch_list, BatchListRequest, label, params)

    @endpoint
    def retrieve(
        self, batch_id: str, *, provider: str | None = None, **params: Unpack[CallParams]
    ) -> Prepared[BatchObject]:
        """How far a batch is: `status`, `request_counts`, `ended`. Raises NotFoundError."""
        label, bare = split_id(batch_id, provider)
        return self._prepare_at(Operations.batch_retrieve, BatchQuery, label, params, id=bare)

    @endpoint
    def cancel(
        self, batch_id: str, *, provider: str | None = None, **params: Unpack[CallParams]
    ) -> Prepared[BatchObject]:
        """Stop a batch; what is done stays, and is billed. It takes up to ten minutes."""
        label, bare = split_id(batch_id, provider)
        return self._prepare_at(Operations.batch_cancel, BatchQuery, label, params, id=bare)

    @endpoint
    def wait(
        self,
        batch_id: str,
        *,
        every: float = 30.0,
        on_progress: Callable[[BatchObject], None] | None = None,
        provider: str | None = None,
        **params: Unpack[CallParams],
    ) -> Prepared[BatchObject]:
        """Ask every so many seconds until the batch has ended: completed, failed, expired or cancelled.

        `on_progress` is called with each answer. There is no deadline unless one is given; then APITimeoutError is
        raised, and the batch goes on. Failures that may pass are borne, up to five in a row.
        """
        if every <= 0:
            raise InvalidRequestError("every must be more than 0 seconds.", param="every")
        params.setdefault("deadline", None)
        label, bare = split_id(batch_id, provider)
        route = self._core.route_to(label, "", params)
        query = BatchQuery(id=bare, **route.given)
        options = route.options
        if on_progress is not None:
            options = dataclasses.replace(options, on_progress=cast("Callable[[object], None]", on_progress))
        return Prepared(_wait(route.provider, query, every), options)

    @endpoint
    def results(
        self,
        batch_id: str,
        *,
        order: Sequence[str] | None = None,
        provider: str | None = None,
        **params: Unpack[CallParams],
    ) -> Prepared[BatchResults]:
        """What became of each request, in the order of the requests; services answer in any order.

        `order`: the ids in the wished order; without it the input file tells, which costs a download. A request without
        an answer has an `error`. Raises InvalidRequestError where the batch has not ended or failed as a whole.
        """
        label, bare = split_id(batch_id, provider)
        return self._prepare_at(Operations.batch_results, BatchQuery, label, params, id=bare, order=order)


def _wait(provider: Provider, query: BatchQuery, every: float) -> Flow[BatchObject]:
    failed = 0
    while True:
        try:
            batch = yield from ask(provider.batch_retrieve(query))
        except (APIConnectionError, ServerError, RateLimitError) as error:
            failed += 1
            if failed > PATIENCE or getattr(error, "phase", "") == "deadline":
                raise
        else:
            failed = 0
            yield from report(batch)
            if batch.ended:
                return batch
        yield from sleep(every)


def _rows(requests: Any) -> Sequence[Mapping[str, Any]]:
    """The requests as tables; a file is read line by line."""
    if isinstance(requests, Sequence) and all(isinstance(row, Mapping) for row in cast("Sequence[object]", requests)):
        return cast("Sequence[Mapping[str, Any]]", requests)
    rows: list[Mapping[str, Any]] = []
    lines = read_file(cast("FileInput", requests), "requests").content.split(b"\n")
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise InvalidRequestError(f"Line {number} of the requests is no JSON table.", param="requests")
            rows.append(cast("dict[str, Any]", row))
    return rows


def _items(rows: Sequence[Mapping[str, Any]], url: str, provider: str | None) -> tuple[list[BatchItem], str | None]:
    """The requests with bare model names, and the provider that these named."""
    items: list[BatchItem] = []
    label = provider
    for number, row in enumerate(rows):
        id = str(row.get("custom_id") or number)
        body = row.get("body")
        if not isinstance(body, Mapping):
            raise InvalidRequestError(f"The request {id!r} has no body.", param="requests")
        model = str(cast("Mapping[str, object]", body).get("model") or "")
        try:
            named, bare = (provider, model.removeprefix(f"{provider}/")) if provider else parse_model_name(model)
        except OneLLMError as error:
            error.add_note(f"It is the request with the custom_id {id!r}; or say provider=….")
            raise
        if label is not None and named != label:
            raise InvalidRequestError(f"A batch goes to one provider; {id!r} names {named}, others {label}.")
        label = named
        content = {**cast("Mapping[str, Any]", body), "model": bare}
        items.append(BatchItem(custom_id=id, body=content, url=str(row.get("url") or url)))
    return items, label
