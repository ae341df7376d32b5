"""What each row makes of messages, written out. No test reads the row; each says its source."""

from __future__ import annotations

from typing import Any

import pytest

from onellm import InvalidRequestError, UnsupportedParameterError
from tests.support import completion
from tests.wire import USER, call, calling, received, result, sent_messages, tool_call

NAMED = {"role": "user", "content": "Hi", "name": "bob"}
TEXTS = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
IMAGE = {"type": "image_url", "image_url": {"url": "https://h.example/a.png"}}
SAID = {"role": "assistant", "content": "```python\n"}


@pytest.mark.parametrize("host", ["mistral", "xai", "databricks", "groq"])
def test_a_name_on_a_message_is_refused(host: str) -> None:
    """litellm 1.109.1: mistral (422 extra_forbidden), xai, databricks, groq."""
    with pytest.raises(UnsupportedParameterError) as caught:
        call(host, [NAMED])
    assert caught.value.param == "messages[0].name"
    assert call(host, [NAMED], unsupported="drop").json["messages"] == [USER]


@pytest.mark.parametrize("host", ["sambanova", "heroku", "moonshot"])
def test_texts_go_as_one_text(host: str) -> None:
    """litellm 1.109.1: sambanova and heroku take no lists, moonshot only where there is an image."""
    turns = [
        {"role": "system", "content": TEXTS},
        {"role": "user", "content": TEXTS},
        {"role": "assistant", "content": TEXTS},
        {"role": "user", "content": [*TEXTS, IMAGE]},
    ]
    made = sent_messages(host, *turns)
    assert [turn["content"] for turn in made] == ["a\nb", "a\nb", "a\nb", [*TEXTS, IMAGE]]


def test_a_tool_s_result_is_one_text_for_deepinfra() -> None:
    """litellm 1.109.1."""
    made = sent_messages("deepinfra", USER, calling(tool_call()), result(content=TEXTS))
    assert made[2] == result(content="a\nb")


def test_inception_takes_text_alone() -> None:
    """any-llm 1.40.2: no images, no PDF."""
    with pytest.raises(UnsupportedParameterError) as caught:
        call("inception", [{"role": "user", "content": [IMAGE]}])
    assert caught.value.param == "messages[0].content[0]"


def test_fireworks_takes_no_file_parts() -> None:
    """Field report of litellm."""
    with pytest.raises(UnsupportedParameterError):
        call("fireworks", [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}])


def test_mistral_takes_documents_by_url() -> None:
    """mistralai SDK 3.7.0: DocumentURLChunk."""
    part = {"type": "document_url", "document_url": "https://h.example/a.pdf"}
    turn = {"role": "user", "content": [part]}
    assert sent_messages("mistral", turn) == [turn]


@pytest.mark.parametrize("host", ["dashscope", "minimax", "zai", "openrouter", "vercel"])
def test_cache_control_stays_where_it_is_known(host: str) -> None:
    """litellm 1.109.1 keeps it for dashscope, minimax and zai."""
    turn = {"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}]}
    assert sent_messages(host, turn) == [turn]


@pytest.mark.parametrize("host", ["mistral", "deepseek", "cerebras"])
def test_cache_control_is_refused_elsewhere(host: str) -> None:
    turn = {"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}]}
    with pytest.raises(UnsupportedParameterError):
        call(host, [turn])


def test_dashscope_takes_audio_as_a_data_uri() -> None:
    """Field report; pydantic-ai 2.68.0: audio input as URI."""
    part: dict[str, Any] = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}
    made = sent_messages("dashscope", {"role": "user", "content": [part]})
    assert made[0]["content"][0]["input_audio"] == {"data": "data:audio/mpeg;base64,AAAA", "format": "mp3"}
    assert sent_messages("dashscope", made[0]) == made
    assert part["input_audio"]["data"] == "AAAA"


@pytest.mark.parametrize(("host", "flag"), [("mistral", "prefix"), ("moonshot", "partial")])
def test_a_last_assistant_message_is_marked_as_a_beginning(host: str, flag: str) -> None:
    """litellm 1.109.1 (mistral); Moonshot documentation (partial)."""
    assert sent_messages(host, USER, SAID, USER, SAID) == [USER, SAID, USER, {**SAID, flag: True}]


def test_deepseek_s_prefix_is_sent_where_it_is_given() -> None:
    """DeepSeek API documentation: `prefix` on /beta."""
    assert sent_messages("deepseek", USER, {**SAID, "prefix": True}) == [USER, {**SAID, "prefix": True}]
    assert sent_messages("deepseek", USER, SAID) == [USER, SAID]


def test_databricks_has_one_call_a_turn() -> None:
    """litellm 1.109.1: a result must come right after the turn with its call."""
    a, b, c = (tool_call(f"call_{name}", "f", "{}") for name in "abc")
    history = [
        USER,
        calling(a, b, content="Look."),
        result("call_b", "B"),
        result("call_a", "A"),
        calling(c),
        result("call_c", "C"),
    ]
    assert sent_messages("databricks", *history, USER) == [
        USER,
        calling(a, content="Look."),
        result("call_a", "A"),
        calling(b),
        result("call_b", "B"),
        calling(c),
        result("call_c", "C"),
        USER,
    ]  # fmt: skip


def test_databricks_takes_no_empty_text() -> None:
    """Field report of litellm."""
    parts = [{"type": "text", "text": ""}, {"type": "text", "text": "x"}]
    assert sent_messages("databricks", {"role": "user", "content": parts})[0]["content"] == parts[1:]


def test_zai_wants_its_thoughts_back_on_every_turn() -> None:
    """Z.AI documentation: preserved thinking; pydantic-ai 2.68.0."""
    answer = {"role": "assistant", "content": "Hello", "reasoning_content": "They want x."}
    said = received("zai", whole_answer(answer)).choices[0].message
    assert sent_messages("zai", USER, said, USER)[1] == answer


def test_vercel_wants_its_details_back() -> None:
    """Vercel AI Gateway documentation."""
    details = [{"type": "reasoning.text", "text": "They want x.", "signature": "c2ln"}]
    answer = {"role": "assistant", "content": "Hello", "reasoning_details": details}
    said = received("vercel", whole_answer({**answer, "reasoning": "They want x."})).choices[0].message
    assert said.reasoning_content == "They want x."
    assert sent_messages("vercel", USER, said, USER)[1] == answer


@pytest.mark.parametrize("host", ["vllm", "sglang", "lmstudio", "llamafile", "llama_server", "openai_compatible"])
def test_servers_of_one_s_own_take_any_history(host: str) -> None:
    """Their chat templates decide, not the server."""
    assert sent_messages(host, USER, result("call_1")) == [USER, result("call_1")]


@pytest.mark.parametrize("host", ["deepseek", "mistral", "together"])
def test_services_do_not(host: str) -> None:
    with pytest.raises(InvalidRequestError):
        call(host, [USER, result("call_1")])


def whole_answer(message: dict[str, Any]) -> dict[str, Any]:
    return completion(choices=[{"index": 0, "message": message, "finish_reason": "stop"}])


def test_google_wants_its_signatures_back() -> None:
    """Google's compatible endpoint: tool_calls[].extra_content.google.thought_signature."""
    own = {"google": {"thought_signature": "c2ln"}}
    message = calling({**tool_call(), "extra_content": own})
    said = received("google", whole_answer(message)).choices[0].message
    assert sent_messages("google", USER, said, result())[1] == message
    assert sent_messages("openai", USER, said, result())[1] == calling(tool_call())
