"""The contract of chat, of a provider whose chats are flows: a `Call` stands for the one that creates a prediction."""

from __future__ import annotations

import json
from typing import Any, ClassVar, cast

from onellm import ChatCompletionResponse, Reply
from onellm.call import StreamCall
from tests.providers.contract import ChatContract
from tests.providers.replicate.wire import LLAMA, Played, model, prediction

URLS = {"stream": "https://stream.replicate.com/v1/streams/s1"}


class TestReplicate(ChatContract):
    name = "replicate"
    model = LLAMA
    url = f"https://api.replicate.com/v1/models/{LLAMA}/predictions"
    refused: ClassVar[dict[str, Any]] = {"frequency_penalty": 1.0, "min_p": 0.1}
    least_temperature = 0.01

    # -- a flow's creation, as the call that the contract looks at -----------------------------------------------------

    def op(self, **params: Any) -> Any:
        made = self._created(self.provider().chat(self.request(**params)), prediction())

        def parse(reply: Reply) -> ChatCompletionResponse:
            flow = self.provider().chat(self.request(**params))
            return cast("ChatCompletionResponse", Played(cast("Any", flow), model(), reply.body).result)

        made.parse = parse
        return made

    def stream_op(self, **params: Any) -> Any:
        flow = self.provider().chat_stream(self.request(**params))
        played = Played(cast("Any", flow), model(), prediction("starting", urls=URLS))
        created, opened = cast("Any", played.calls[1]), played.result
        assert (opened.method, opened.url, opened.dropped) == ("GET", URLS["stream"], created.dropped)
        fields = {name: getattr(created, name) for name in ("method", "url", "headers", "body", "auth", "origin")}
        return StreamCall(
            decoder=opened.decoder, assembler=opened.assembler, error=created.error, dropped=created.dropped, **fields
        )

    def _created(self, flow: Any, *answers: Any) -> Any:
        return Played(flow, model(), *answers).calls[1]

    # -- what differs ------------------------------------------------------------------------------------------------

    def answer(self, usage: dict[str, Any]) -> bytes:
        counts = {"input_token_count": usage["prompt_tokens"], "output_token_count": usage["completion_tokens"]}
        return json.dumps(prediction(metrics=counts)).encode()

    def event(self) -> Any:
        return {"reason": "canceled", "detail": "x"}

    def temperature(self, body: Any) -> Any:
        return body["input"].get("temperature")

    def test_the_caller_s_objects_are_not_changed(self) -> None:
        """Case MSG-20, without the tools that no model takes."""
        import copy

        params: dict[str, Any] = {
            "messages": [
                {"role": "system", "content": "S"},
                {"role": "user", "content": [{"type": "text", "text": "T"}]},
            ],
            "stop": ["a"],
            "extra_headers": {"X-Trace": "1"},
            "extra_body": {"own": {"a": 1}, "input": {"debug": True}},
        }
        before = copy.deepcopy(params)
        first, second, stream = self.call(**params), self.call(**params), self.stream_call(**params)
        assert params == before
        assert first.json == second.json
        assert first.json["input"]["debug"] is True
        assert first.headers == second.headers == stream.headers

    def test_usage_is_inclusive(self) -> None:
        """A model counts tokens in and out, and tells no parts of them."""
        usage = {"prompt_tokens": 100, "completion_tokens": 20}
        answer = self.call().parse(Reply(200, {}, self.answer(usage)))
        found = answer.usage
        assert found is not None
        assert (found.prompt_tokens, found.completion_tokens, found.total_tokens) == (100, 20, 120)
        assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Hello", "stop")
