"""Must hold 1: every operation of Venice has one method, which sends it, on both clients; its errors are read."""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from onellm_providers.venice import AsyncVenice, Venice, resources
from onellm_providers.venice.errors import VeniceAPIError
from onellm_providers.venice.operations import BEYOND_THE_FILE, OPERATIONS

from onellm import OneLLMError, UnknownOutcomeError
from onellm.options import RetryPolicy
from onellm.resource import endpoint, stream
from onellm.testing.simulator import simulator
from tests.providers.venice.calls import CALLS, WALLET
from tests.providers.venice.media import Asker, both
from tests.providers.venice_schema import document
from tests.support import KEY, serve, whole

ROOT = Path(__file__).parents[3]
METHODS = ("get", "post", "put", "patch", "delete")
SIGNED_IN = ("GET /x402/balance/{walletAddress}", "GET /x402/transactions/{walletAddress}")
REFUSED = {"retrieve": 404, "complete": 400, "usage": 410, "web3_create": 400}
"""Methods whose call here is for a job that is not there, a path that ended, a signature that is none."""
every = pytest.mark.parametrize("operation", OPERATIONS)


def of_the_file(shared: Path) -> set[str]:
    return {
        f"{method.upper()} {path}"
        for path, item in document(shared)["paths"].items()
        for method in METHODS
        if method in item
    }


def test_every_operation_of_the_file_and_the_seven_others_are_there(shared: Path) -> None:
    assert len(of_the_file(shared)) == 49
    assert set(OPERATIONS) == of_the_file(shared) | BEYOND_THE_FILE
    assert len(OPERATIONS) == 56
    assert list(CALLS) == list(OPERATIONS)


def method_of(client: Any, name: str) -> Any:
    """The method of a client by its dotted name."""
    for part in name.split("."):
        client = getattr(client, part)
    return client


@every
@pytest.mark.parametrize("client", [Venice, AsyncVenice])
def test_its_method_is_there_with_its_parameters(client: Any, operation: str) -> None:
    """Must hold 8: the parameters that are declared are shown; none is `**kwargs: Any`."""
    method = method_of(client(api_key=KEY), OPERATIONS[operation])
    parameters = inspect.signature(method).parameters.values()
    assert not [each for each in parameters if each.kind is each.VAR_KEYWORD and each.annotation in (Any, "Any")]
    assert method.__doc__


def test_no_two_operations_share_a_method() -> None:
    assert [name for name, count in Counter(OPERATIONS.values()).items() if count > 1] == []


# -- one place in the code ---------------------------------------------------------------------------------------------


def sent_from() -> Iterator[tuple[str, str]]:
    """`METHOD /path` as the resources' code has them, and where."""
    for file in sorted(Path(resources.__path__[0]).glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            said = inspect.cleandoc(ast.get_docstring(function) or "")
            decorated = {ast.unparse(each) for each in function.decorator_list}
            if decorated & {"endpoint", "stream"} or "spelled_out" in str(decorated):
                for found in re.finditer(r"\b(GET|POST|PATCH|DELETE) (/[\w/{}.-]*[\w}])", said.partition("\n")[0]):
                    yield f"{found[1]} {found[2]}", f"{file.stem}.{function.name}"


def test_each_is_performed_by_one_method() -> None:
    """The first line of a method's docstring names its operation; a convenience names none."""
    found: dict[str, list[str]] = {}
    for operation, where in sent_from():
        found.setdefault(operation, []).append(where)
    del found["POST /audio/speech"][1:]  # whole, and as a stream
    assert {operation: places for operation, places in found.items() if len(places) != 1} == {}
    assert set(OPERATIONS) - set(found) == set()
    for operation, (place,) in found.items():
        assert place.partition(".")[2] == OPERATIONS[operation].rpartition(".")[2]


def test_the_methods_are_endpoints_or_streams() -> None:
    client = Venice(api_key=KEY)
    for name in OPERATIONS.values():
        resource, _, method = name.rpartition(".")
        kind = type(method_of(client, resource))
        found = vars(kind)[method] if method in vars(kind) else getattr(kind, method)
        two = {"_whole", "_stream"} <= set(vars(kind))
        assert isinstance(found, (endpoint, stream)) or (method == "create" and two), name


# -- on the wire -------------------------------------------------------------------------------------------------------


def path_of(operation: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(operation.partition(" ")[2])))


@both
@every
def test_it_is_sent_as_it_stands(ask: Asker, operation: str) -> None:
    """Through a socket: method and path; an answer that is none is an error of ours, not a crash."""
    options: dict[str, Any] = {"wallet": WALLET} if operation in SIGNED_IN else {}
    with serve(whole({"error": "No."}, 418)) as server, pytest.raises(OneLLMError):
        ask(f"{server.url}", CALLS[operation], **options)
    sent = server.requests[0]
    assert sent.method == operation.partition(" ")[0]
    assert path_of(operation).fullmatch(sent.path.removeprefix("/v1").partition("?")[0])
    assert len(server.requests) == 1


@both
@every
def test_the_simulator_answers_it(ask: Asker, operation: str) -> None:
    """Or refuses in its own words, where there is no such job, wallet or endpoint any more."""
    options: dict[str, Any] = {"wallet": WALLET} if operation in SIGNED_IN else {}
    with simulator() as sim:
        refusal = REFUSED.get(OPERATIONS[operation].rpartition(".")[2])
        if refusal is None:
            ask(sim.base_url("venice"), CALLS[operation], **options)
            return
        with pytest.raises(VeniceAPIError) as caught:
            ask(sim.base_url("venice"), CALLS[operation], **options)
        assert caught.value.status == refusal


# -- errors ------------------------------------------------------------------------------------------------------------

STANDARD = {"error": "Something is wrong"}
DETAILED = {"error": "Invalid request parameters", "details": {"_errors": [], "model": {"_errors": ["Required"]}}}
BODIES: dict[str, Any] = {"400": DETAILED}


def declared(shared: Path, operation: str) -> list[str]:
    """The statuses of errors that the file declares for an operation; those of chat where the file has it not."""
    method, path = operation.split()
    item = document(shared)["paths"].get(path) or document(shared)["paths"]["/chat/completions"]
    responses = item.get(method.lower(), item.get("post"))["responses"]
    return [status for status in responses if not status.startswith("2")] or ["400", "401", "500"]


@both
@every
def test_its_errors_are_read(ask: Asker, shared: Path, operation: str) -> None:
    """Every status that the file declares for it, with the body that the file describes."""
    options: dict[str, Any] = {"wallet": WALLET} if operation in SIGNED_IN else {}
    for status in declared(shared, operation):
        body = BODIES.get(status, STANDARD)
        with (
            serve(whole(body, int(status), {"CF-RAY": "8f2a-LHR"})) as server,
            pytest.raises(OneLLMError) as caught,
        ):
            ask(server.url, CALLS[operation], max_retries=RetryPolicy(max_retries=0), **options)
        error: Any = caught.value
        if operation == "POST /x402/top-up" and status == "402":
            continue  # its 402 says what to pay: test_wallet_payment.py
        if isinstance(error, UnknownOutcomeError):
            assert status in ("500", "502", "504"), "a purchase that failed may have been made"
            error = error.__cause__
        assert isinstance(error, VeniceAPIError), (operation, status)
        assert (error.status, error.request_id, error.body) == (int(status), "8f2a-LHR", body)
        assert body["error"].split()[0] in error.message or status == "402"


# -- docs --------------------------------------------------------------------------------------------------------------


@every
def test_it_stands_in_the_docs(operation: str) -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs" / "venice").glob("*.md")))
    assert f"`{OPERATIONS[operation]}`" in pages
    assert f"`{operation}`" in pages
