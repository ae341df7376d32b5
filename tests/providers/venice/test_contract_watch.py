"""The contract watch: no drift against the file that the plugin was built for, and every change named."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from onellm_providers.venice.contract.compare import differences
from onellm_providers.venice.contract.document import read_document
from onellm_providers.venice.contract.facts import facts_of
from onellm_providers.venice.contract.known import known
from onellm_providers.venice.operations import BEYOND_THE_FILE, OPERATIONS

from onellm import InvalidRequestError
from tests.providers.venice_schema import document

SEARCH = "/augment/search"


def test_there_is_no_drift(shared: Path) -> None:
    assert differences(known(), facts_of(document(shared))) == []


def test_every_operation_of_the_file_has_a_method(shared: Path) -> None:
    facts = facts_of(document(shared))
    assert set(facts) == set(OPERATIONS) - BEYOND_THE_FILE
    assert len(OPERATIONS) == 56
    assert len(BEYOND_THE_FILE) == 7


def body_of(file: Any, path: str, method: str = "post") -> Any:
    schema = file["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    return file["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def answer_of(file: Any, path: str, method: str = "get") -> Any:
    return file["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]


def add_operation(file: Any) -> None:
    file["paths"]["/tomorrow"] = {"get": {"responses": {"200": {"description": "OK"}}}}


def drop_operation(file: Any) -> None:
    del file["paths"]["/billing/usage"]


def add_parameter(file: Any) -> None:
    body_of(file, SEARCH)["properties"]["country"] = {"type": "string"}


def drop_parameter(file: Any) -> None:
    del body_of(file, SEARCH)["properties"]["search_provider"]


def require_parameter(file: Any) -> None:
    body_of(file, SEARCH)["required"].append("limit")


def add_required(file: Any) -> None:
    body_of(file, SEARCH)["properties"]["safe"] = {"type": "boolean"}
    body_of(file, SEARCH)["required"].append("safe")


def add_choice(file: Any) -> None:
    body_of(file, SEARCH)["properties"]["search_provider"]["enum"].append("bing")


def drop_choice(file: Any) -> None:
    body_of(file, "/chat/completions")["properties"]["reasoning_effort"]["enum"].remove("minimal")


def widen_range(file: Any) -> None:
    body_of(file, "/chat/completions")["properties"]["temperature"]["maximum"] = 3


def change_type(file: Any) -> None:
    body_of(file, "/chat/completions")["properties"]["seed"]["type"] = "string"


def add_query(file: Any) -> None:
    file["paths"]["/characters"]["get"]["parameters"].append(
        {"in": "query", "name": "language", "schema": {"type": "string"}}
    )


def add_answer(file: Any) -> None:
    answer_of(file, "/billing/balance")["properties"]["expires"] = {"type": "string"}


def drop_answer(file: Any) -> None:
    del answer_of(file, "/billing/balance")["properties"]["canConsume"]


def close_body(file: Any) -> None:
    answer_of(file, "/characters")["properties"]["data"]["items"]["properties"]["slug"]["maxLength"] = 20


MUTATIONS: list[tuple[Callable[[Any], None], list[str]]] = [
    (add_operation, ["operation-added GET /tomorrow"]),
    (drop_operation, ["operation-gone GET /billing/usage"]),
    (add_parameter, ["parameter-added POST /augment/search body country"]),
    (drop_parameter, ["parameter-gone POST /augment/search body search_provider"]),
    (require_parameter, ["parameter-required POST /augment/search body limit"]),
    (add_required, ["parameter-added POST /augment/search body safe"]),
    (add_choice, ["parameter-enum POST /augment/search body search_provider"]),
    (drop_choice, ["parameter-enum POST /chat/completions body reasoning_effort"]),
    (widen_range, ["parameter-range POST /chat/completions body temperature"]),
    (change_type, ["parameter-type POST /chat/completions body seed"]),
    (add_query, ["parameter-added GET /characters query language"]),
    (add_answer, ["answer-added GET /billing/balance expires"]),
    (drop_answer, ["answer-gone GET /billing/balance canConsume"]),
    (close_body, ["answer-range GET /characters data[].slug"]),
]


@pytest.mark.parametrize(("change", "named"), MUTATIONS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_change_is_named(shared: Path, change: Callable[[Any], None], named: list[str]) -> None:
    """Must hold 5: a copy with one change each."""
    file = copy.deepcopy(document(shared))
    change(file)
    found = differences(known(), facts_of(file))
    assert [each.name for each in found] == named
    assert all(each.said for each in found)
    assert differences(known(), facts_of(file), [named[0]]) == []
    assert differences(known(), facts_of(file), [f"{named[0].partition(' ')[0]} *"]) == []


def test_what_a_change_says(shared: Path) -> None:
    file = copy.deepcopy(document(shared))
    for change in (add_choice, drop_choice, widen_range, change_type, add_required, add_operation):
        change(file)
    file["paths"]["/decisions"] = {"post": {"responses": {}}}
    said = {each.name: each.said for each in differences(known(), facts_of(file))}
    assert said["parameter-enum POST /augment/search body search_provider"] == "+bing"
    assert said["parameter-enum POST /chat/completions body reasoning_effort"] == "−minimal"
    assert said["parameter-range POST /chat/completions body temperature"] == "maximum: 2 → 3"
    assert said["parameter-type POST /chat/completions body seed"] == "integer → string"
    assert said["parameter-added POST /augment/search body safe"] == "new, and required"
    assert "client.request()" in said["operation-added GET /tomorrow"]
    assert "decisions.create" in said["operation-added POST /decisions"]


def test_yaml_is_read_as_version_1_2(shared: Path) -> None:
    """Detail 3: no aspect ratio becomes a number, and `on` and `off` stay words."""
    text = "paths: {/a: {post: {x: [16:9, 1:1, on, off, yes, true, 0o17, 12, 1.5, ~, '7']}}}"
    found = read_document(text)["paths"]["/a"]["post"]["x"]
    assert found == ["16:9", "1:1", "on", "off", "yes", True, 15, 12, 1.5, None, "7"]
    plain = copy.deepcopy(document(shared))
    assert facts_of(read_document(yaml.safe_dump(json.loads(json.dumps(plain))))) == facts_of(plain)


def test_every_aspect_ratio_is_a_text() -> None:
    """Detail 3."""
    ratios = [
        each
        for facts in known().values()
        for name, fact in facts["request"].items()
        if name.endswith("aspect_ratio")
        for each in fact.get("enum", ())
    ]
    assert {"16:9", "1:1", "21:9", "9:16"} <= set(ratios)
    assert not any(each.isdecimal() for each in ratios)


@pytest.mark.parametrize("text", ["[]", "{}", "hello", '{"paths": {}}', "a: [b", "\t{"])
def test_what_is_no_openapi_file_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        read_document(text)
