"""What an answer is held to: a JSON schema, or calls of functions, as a grammar that the sampler follows."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.losses import Losses
from onellm_providers.llama_cpp.converter import not_held, to_gbnf
from onellm_providers.llama_cpp.loading import Loaded
from onellm_providers.llama_cpp.row import NAME

ANYTHING: Table = {"type": "object"}


def forced(body: Table) -> bool:
    """Whether the answer must be a call."""
    return body.get("tool_choice") not in (None, "auto", "none")


def functions_of(body: Table) -> list[Table]:
    """The functions that may be called: those of `tools`, or the one that `tool_choice` names.

    Raises InvalidRequestError where it names none of them.
    """
    choice = body.get("tool_choice")
    if choice == "none":
        return []
    functions = [table(table(tool).get("function")) for tool in array(body.get("tools"))]
    if choice not in (None, "auto", "required"):
        named: Any = table(table(choice).get("function")).get("name")
        functions = [each for each in functions if each.get("name") == named]
        if not functions:
            raise InvalidRequestError(f"tool_choice names {named!r}, which is none of the tools.", param="tool_choice")
    return functions


def schema_of(body: Table) -> Table | None:
    """The schema that the whole answer must match, None where it may be any text.

    A call is `{"name": …, "arguments": …}`. With tools that need not be called, an answer is what `response_format`
    says or a call.
    """
    asked = table(body.get("response_format"))
    functions = functions_of(body)
    if forced(body):
        return _joined([_call(each) for each in functions])
    if asked.get("type") not in ("json_object", "json_schema"):
        return None
    wanted = table(asked.get("json_schema")).get("schema") or asked.get("schema") or ANYTHING
    return _joined([wanted, *(_call(each) for each in functions)]) if functions else wanted


def check_held(body: Table, losses: Losses) -> None:
    """Refuse what a schema asks for and no grammar holds an answer to."""
    param = "tools" if forced(body) else "response_format"
    for name in not_held(schema_of({**body, "tools": body.get("tools") if forced(body) else None})):
        losses.refuse(
            f"{param}.{name}",
            f"{NAME}: no grammar holds an answer to {name!r}, which a schema in {param} has. Leave it out, or pass "
            "unsupported='drop' and check the answer.",
        )


def _call(function: Table) -> Table:
    parameters: Any = function.get("parameters") or {"type": "object", "properties": {}}
    return {
        "type": "object",
        "properties": {"name": {"const": function.get("name")}, "arguments": parameters},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def _joined(schemas: list[Table]) -> Table:
    """One of several schemas; each becomes a definition, and its references to itself lead there."""
    places = [f"#/$defs/answer{index}" for index in range(len(schemas))]
    definitions = {
        f"answer{index}": _moved(schema, place)
        for index, (schema, place) in enumerate(zip(schemas, places, strict=True))
    }
    return {"anyOf": [{"$ref": place} for place in places], "$defs": definitions}


def _moved(schema: Table, place: str) -> Table:
    """A schema as it reads at another place of a document. A call's parameters were a document of their own."""
    if "name" in table(schema.get("properties")) and "arguments" in table(schema.get("properties")):
        properties = table(schema["properties"])
        inner = _redirected(properties["arguments"], f"{place}/properties/arguments")
        return {**schema, "properties": {**properties, "arguments": inner}}
    return table(_redirected(schema, place))


def _redirected(value: Any, place: str) -> Any:
    if items := array(value):
        return [_redirected(each, place) for each in items]
    if not (fields := table(value)):
        return value
    moved = {name: _redirected(each, place) for name, each in fields.items()}
    reference = moved.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        moved["$ref"] = place + reference[1:]
    return moved


def grammar_of(model: Loaded, body: Table) -> Any:
    """The grammar of an answer, None where it is free. Raises InvalidRequestError where llama.cpp cannot make one."""
    own, schema = body.get("grammar"), schema_of(body)
    if own and schema:
        raise InvalidRequestError(
            "grammar and response_format or a forced tool_choice do not go together.", param="grammar"
        )
    if not own and schema is None:
        return None
    grammars = import_module("llama_cpp.llama_grammar")
    param = "grammar" if own else "tools" if forced(body) else "response_format"
    try:
        text: str = own or to_gbnf(table(schema))
        written = text.encode()
    except (ValueError, AssertionError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _no_grammar(param, str(error) or type(error).__name__) from error
    its = model.library
    tried = its.llama_sampler_init_grammar(model.vocabulary, written, b"root")
    if not tried:  # a sampler of it would end the process
        raise _no_grammar(param, "llama.cpp does not parse it")
    its.llama_sampler_free(tried)
    return grammars.LlamaGrammar.from_string(text, verbose=False)


def _no_grammar(param: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"{param}: llama.cpp can make no grammar of this: {why}", param=param, provider=NAME)
