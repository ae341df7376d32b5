"""What every provider must hold, whatever its wire format. A provider's suite inherits `ChatContract`.

    class TestAcme(ChatContract):
        name = "acme"

One that computes in this process inherits `WorkContract`. What holds for both stands in `AnyContract`.

What differs by service is an attribute; what a service does not take is None.
"""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
from typing import Any, ClassVar, cast

import hypothesis
import pytest
from hypothesis import strategies as st

from onellm import (
    APIError,
    ChatCompletionChunk,
    ChatCompletionResponse,
    ChatRequest,
    ConfigurationError,
    MissingAPIKeyError,
    OneLLMError,
    Provider,
    Reply,
    UnsupportedParameterError,
    get_provider,
)
from onellm.call import Call, StreamCall, StreamWork, Work
from onellm.signing import Signed
from tests.json_values import anything, spoilt
from tests.support import chunk, completion

KEY = "sk-contract-0123456789abcdef"
TEXT = {"type": "text", "text": "T"}
USER = {"role": "user", "content": "Hi"}

EXAMPLES = hypothesis.settings(max_examples=80, deadline=None, derandomize=True)
FEWER = hypothesis.settings(EXAMPLES, max_examples=12)


class AnyContract:
    """What holds of chat as a value, whether it is a call or work of this process."""

    name: ClassVar[str]
    settings: ClassVar[dict[str, Any]] = {}
    model: ClassVar[str] = "some/model:tag"
    refused: ClassVar[dict[str, Any]]
    """A parameter that the service does not take."""
    misspelt: ClassVar[tuple[str, str]] = ("temperatur", "temperature")
    least_temperature: ClassVar[float] = 0
    own: ClassVar[dict[str, Any]] = {"extra_headers": {"X-Trace": "1"}, "extra_body": {"own": {"a": 1}}}
    """What goes along beside the parameters."""

    def temperature(self, body: Any) -> Any:
        """The temperature of a body."""
        return body.get("temperature")

    def body(self, op: Any) -> Any:
        """What the provider made of the request."""
        return op.json

    def provider(self, **given: Any) -> Provider:
        return get_provider(self.name, **{"api_key": KEY, **self.settings, **given})

    def request(self, **params: Any) -> ChatRequest:
        return ChatRequest(model=self.model, messages=params.pop("messages", [USER]), **params)

    def op(self, **params: Any) -> Any:
        """A chat."""
        return self.provider().chat(self.request(**params))

    def stream_op(self, **params: Any) -> Any:
        """A streamed chat."""
        return self.provider().chat_stream(self.request(**params))

    def test_reprs_show_no_key(self) -> None:
        provider = self.provider()
        for value in (provider, provider.settings, provider.settings.api_key, provider.auth(), vars(provider)):
            assert KEY not in repr(value)
        with pytest.raises(TypeError, match="pickle"):
            pickle.dumps(provider.settings)

    def test_an_unknown_setting_is_told(self) -> None:
        with pytest.raises(ConfigurationError, match="api_kye"):
            get_provider(self.name, **self.settings, api_kye=KEY)

    def test_none_is_absent(self) -> None:
        nothing = dict.fromkeys(
            ("temperature", "top_p", "tools", "stop", "seed", "response_format", "user", "nonsense")
        )
        assert self.body(self.op(**nothing)) == self.body(self.op())
        assert self.body(self.stream_op(**nothing)) == self.body(self.stream_op())

    def test_zero_is_a_value(self) -> None:
        least = self.least_temperature
        assert self.temperature(self.body(self.op(temperature=least))) == least
        assert self.temperature(self.body(self.stream_op(temperature=float(least)))) == least
        assert self.temperature(self.body(self.op())) is None

    def test_the_caller_s_objects_are_not_changed(self) -> None:
        schema = {"type": "object", "properties": {"a": {"type": "string"}}}
        params: dict[str, Any] = {
            "messages": [
                {"role": "system", "content": "S"},
                {"role": "user", "content": [{"type": "text", "text": "T"}]},
            ],
            "tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}],
            "tool_choice": "auto",
            "stop": ["a"],
            **self.own,
        }
        before = copy.deepcopy(params)
        first, second, _ = self.op(**params), self.op(**params), self.stream_op(**params)
        assert params == before
        assert self.body(first) == self.body(second)

    def test_an_unsupported_parameter_raises_or_is_dropped_aloud(self) -> None:
        for make in (self.op, self.stream_op):
            with pytest.raises(UnsupportedParameterError) as caught:
                make(**self.refused)
            assert caught.value.param in self.refused
            made = make(**self.refused, unsupported="drop")
            assert made.dropped == tuple(self.refused)
            assert self.body(made) == self.body(make())

    def test_an_unknown_parameter_suggests_a_known_one(self) -> None:
        wrong, right = self.misspelt
        with pytest.raises(UnsupportedParameterError, match=f"Did you mean '{right}'") as caught:
            self.op(**{wrong: 1})
        assert caught.value.param == wrong


class WorkContract(AnyContract):
    """A suite: chat as work of this process."""

    own: ClassVar[dict[str, Any]] = {}

    def test_a_chat_is_work_that_can_be_stopped(self) -> None:
        for op, kind in ((self.op(), Work), (self.stream_op(), StreamWork)):
            assert type(op) is kind
            assert op.origin == (self.name, self.model)
            assert op.stop is not None

    def test_a_model_has_one_lane(self) -> None:
        """For all clients, and whole answers and streams alike, since it is in memory once."""
        lanes = {id(op.lane) for op in (self.op(), self.op(), self.stream_op())}
        assert len(lanes) == 1

    def test_a_key_is_not_asked_for_and_goes_nowhere(self) -> None:
        """AUTH-11"""
        assert self.provider(api_key=None).auth() is None
        for op in (self.op(), self.stream_op()):
            assert KEY not in repr(self.body(op))


class ChatContract(AnyContract):
    """A suite: chat and streamed chat as calls."""

    url: ClassVar[str]
    """Where a chat goes."""
    key_header: ClassVar[tuple[str, str]] = ("Authorization", "Bearer ")
    needs_key: ClassVar[bool] = True

    examples: ClassVar[hypothesis.settings] = EXAMPLES
    """How much is tried in the tests of any bytes."""

    # -- what a suite of another wire format overrides -------------------------------------------------------------

    def answer(self, usage: dict[str, Any]) -> bytes:
        """A whole answer of the service that says Hello, with OpenAI's usage in the service's words."""
        return json.dumps(completion("Hello", usage=usage)).encode()

    def event(self) -> Any:
        """The data of one event of a stream of the service, as full as they come."""
        call = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        delta = {"role": "assistant", "content": "H", "reasoning_details": [{"index": 0}], "tool_calls": [call]}
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}}
        return chunk(
            choices=[{"index": 0, "delta": delta, "finish_reason": "stop"}], usage=usage, x_groq={"usage": usage}
        )

    def streams(self, call: StreamCall[Any, Any]) -> bool:
        """Whether a call asks for a stream."""
        return call.json["stream"] is True

    # -- helpers ---------------------------------------------------------------------------------------------------

    def call(self, **params: Any) -> Call[ChatCompletionResponse]:
        return cast("Call[ChatCompletionResponse]", self.op(**params))

    def stream_call(self, **params: Any) -> StreamCall[ChatCompletionChunk, ChatCompletionResponse]:
        return cast("StreamCall[ChatCompletionChunk, ChatCompletionResponse]", self.stream_op(**params))

    # -- the call --------------------------------------------------------------------------------------------------

    def test_a_chat_is_a_post_to_its_url(self) -> None:
        for call in (self.call(), self.stream_call()):
            assert (call.method, call.url, call.origin) == ("POST", self.url, (self.name, self.model))

    def test_a_streamed_chat_asks_for_a_stream_and_a_whole_one_does_not(self) -> None:
        assert self.streams(self.stream_call())
        assert "stream" not in self.call().json

    def test_the_credential_is_in_its_header_and_nowhere_else(self) -> None:
        for call in (self.call(), self.stream_call()):
            seen = (call.url, dict(call.headers), call.json, repr(call), repr(call.auth), repr(call.body))
            assert KEY not in repr(seen)
            request = Signed(call).request
            header, prefix = self.key_header
            assert [value for name, value in request.headers if KEY in value] == [prefix + KEY]
            assert [name for name, value in request.headers if KEY in value] == [header]
            assert KEY not in request.url
            assert KEY.encode() not in request.content
            assert KEY not in repr(request)

    def test_a_missing_key_is_told_before_sending(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
        monkeypatch.setenv("ONELLM_CONFIG_DIR", str(tmp_path))
        for variable in (f"{self.name.upper()}_API_KEY", *self.provider()._host().key_variables):
            monkeypatch.delenv(variable, raising=False)
        bare = self.provider(api_key=None)
        for operation in (bare.chat, bare.chat_stream):
            if not self.needs_key:
                assert cast("Any", operation(self.request())).auth is None
                continue
            with pytest.raises(MissingAPIKeyError, match=f"{self.name.upper()}_API_KEY") as caught:
                operation(self.request())
            assert f"onellm auth set {self.name}" in str(caught.value)

    # -- parameters ------------------------------------------------------------------------------------------------

    def test_nothing_absent_is_null(self) -> None:
        nothing = dict.fromkeys(("temperature", "tools", "stop", "nonsense"))
        assert b"null" not in Signed(self.call(**nothing)).request.content

    def test_headers_are_the_same_each_time(self) -> None:
        first, second, stream = self.call(**self.own), self.call(**self.own), self.stream_call(**self.own)
        assert first.headers == second.headers == stream.headers

    def test_extra_body_and_headers_go_along(self) -> None:
        call = self.call(extra_body={"own": {"a": 1}}, extra_headers={"X-Trace": "1"})
        assert call.json["own"] == {"a": 1}
        assert call.headers["X-Trace"] == "1"

    # -- answers ---------------------------------------------------------------------------------------------------

    def test_usage_is_inclusive(self) -> None:
        usage = {
            "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
            "prompt_tokens_details": {"cached_tokens": 64}, "completion_tokens_details": {"reasoning_tokens": 12},
        }  # fmt: skip
        answer = self.call().parse(Reply(200, {}, self.answer(usage)))
        found = answer.usage
        assert found is not None
        assert (found.prompt_tokens, found.completion_tokens, found.total_tokens) == (100, 20, 120)
        assert found.prompt_tokens_details is not None
        assert found.completion_tokens_details is not None
        assert found.prompt_tokens_details.cached_tokens == 64
        assert found.completion_tokens_details.reasoning_tokens == 12
        assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Hello", "stop")

    # -- errors ----------------------------------------------------------------------------------------------------

    def test_any_bytes_give_a_typed_error(self) -> None:
        @self.examples
        @hypothesis.given(st.integers(200, 599), anything)
        def check(status: int, body: bytes) -> None:
            error = self.call().error(Reply(status, {"x-request-id": "r"}, body))
            assert isinstance(error, APIError)
            assert (error.provider, error.model, error.request_id) == (self.name, self.model, "r")
            assert isinstance(str(error), str)
            assert isinstance(pickle.loads(pickle.dumps(error)), type(error))

        check()

    def test_any_bytes_are_an_answer_or_are_told(self) -> None:
        """What `parse` may raise is what the engine turns into a BadResponseError."""

        @self.examples
        @hypothesis.given(anything | spoilt(json.loads(self.answer({"prompt_tokens": 3, "completion_tokens": 2}))))
        def check(body: bytes) -> None:
            with contextlib.suppress(OneLLMError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
                assert isinstance(self.call().parse(Reply(200, {}, body)), ChatCompletionResponse)

        check()

    def test_any_bytes_of_a_stream_are_chunks_or_a_failure(self) -> None:
        """A decoder never raises; what went wrong is its `failure`."""

        @self.examples
        @hypothesis.given(st.lists(anything | spoilt(self.event()), max_size=3))
        def check(payloads: list[bytes]) -> None:
            call = self.stream_call()
            decoder, assembler = call.decoder(), call.assembler()
            for payload in payloads:
                for piece in decoder.feed(b"data: " + payload + b"\n\n"):
                    assembler.add(piece)
            for piece in decoder.close():
                assembler.add(piece)
            assert isinstance(assembler.result(), ChatCompletionResponse)
            assert decoder.done or decoder.complete or decoder.failure is not None

        check()

    @pytest.mark.parametrize("where", ["body", "text", "header"])
    def test_an_echoed_key_is_masked(self, where: str) -> None:
        bodies = {"body": json.dumps({"error": {"message": f"Bad key {KEY}", "key": [KEY]}}), "text": f"Bad key {KEY}"}
        reply = Reply(401, {"x-echo": KEY if where == "header" else ""}, bodies.get(where, "{}").encode())
        error = self.call().error(reply)
        assert KEY not in f"{error} {error!r} {error.__dict__} {pickle.dumps(error)!r}"
