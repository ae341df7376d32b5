"""Signatures, compared with botocore's over random requests; hard cases AUTH-07 and AUTH-10, fixture F5."""

from __future__ import annotations

import pickle
import random
from datetime import UTC, datetime
from typing import Any
from unittest import mock
from urllib.parse import quote

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from onellm.call import Request
from onellm.config import Secret
from onellm.sigv4 import Credentials, SigV4, sign

NOW = datetime(2026, 11, 28, 9, 8, 7, tzinfo=UTC)
LETTERS = "abcXYZ019-_.~:/ +=%é日"
MODELS = (
    "anthropic.claude-3-5-sonnet-20241022-v2:0",
    "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123",
)


def ours(method: str, url: str, headers: list[tuple[str, str]], body: bytes, who: Credentials, service: str) -> Request:
    request = Request(method, url, list(headers), body)
    return next(SigV4(who, "eu-west-1", service, lambda: NOW).flow(request))


def theirs(
    method: str, url: str, headers: list[tuple[str, str]], body: bytes, who: Credentials, service: str
) -> dict[str, str]:
    token = who.session_token
    known = botocore.credentials.Credentials(who.access_key, who.secret_key.reveal(), token.reveal() if token else None)
    request: Any = botocore.awsrequest.AWSRequest(method, url, dict(headers), body)
    at = NOW.replace(tzinfo=None)
    with mock.patch("botocore.auth.get_current_datetime", return_value=at):
        botocore.auth.SigV4Auth(known, service, "eu-west-1").add_auth(request)
    return dict(request.headers.items())


def test_two_hundred_random_requests_are_signed_as_botocore_signs_them() -> None:
    dice = random.Random(11)

    def text(longest: int) -> str:
        return "".join(dice.choices(LETTERS, k=dice.randint(1, longest)))

    for _ in range(200):
        model = dice.choice((text(40), *MODELS))
        url = f"https://bedrock-runtime.eu-west-1.amazonaws.com/model/{quote(model, safe='')}/converse"
        if dice.random() < 0.3:
            url = "http://127.0.0.1:8080/v1/foundation-models"
        if dice.random() < 0.5:
            pairs = [(quote(text(6), safe=""), quote(text(12), safe="")) for _ in range(dice.randint(1, 4))]
            url += "?" + "&".join(f"{name}={value}" for name, value in pairs)
        headers = [("User-Agent", "x"), ("Accept", "application/json"), ("Content-Type", "application/json")]
        headers += [
            (f"X-Own-{number}", f"  a  {text(4).encode('ascii', 'ignore').decode()} ")
            for number in range(dice.randint(0, 3))
        ]
        token = Secret("token" + str(dice.random())) if dice.random() < 0.5 else None
        who = Credentials("AKIDEXAMPLE", f"secret/{dice.random()}", token)
        method, body = dice.choice(("GET", "POST")), dice.randbytes(dice.randint(0, 60))
        service = dice.choice(("bedrock", "bedrock-mantle"))
        made = dict(ours(method, url, headers, body, who, service).headers)
        expected = theirs(method, url, headers, body, who, service)
        assert made["Authorization"] == expected["Authorization"], url
        assert made["X-Amz-Date"] == expected["X-Amz-Date"]
        assert made.get("X-Amz-Security-Token") == expected.get("X-Amz-Security-Token")


@pytest.mark.parametrize(
    ("model", "path"),
    [
        pytest.param(MODELS[0], "/model/anthropic.claude-3-5-sonnet-20241022-v2%253A0/converse", id="AUTH-07 F5 model"),
        pytest.param(
            MODELS[1],
            "/model/arn%253Aaws%253Abedrock%253Aus-east-1%253A123456789012%253Aapplication-inference-profile%252Fabc123"
            "/converse",
            id="AUTH-07 F5 ARN",
        ),
    ],
)
def test_the_path_is_encoded_once_more_for_the_signature(model: str, path: str) -> None:
    url = f"https://bedrock-runtime.us-east-1.amazonaws.com/model/{quote(model, safe='')}/converse"
    with mock.patch("onellm.sigv4.hashlib.sha256", wraps=__import__("hashlib").sha256) as hashed:
        sign(Request("POST", url, [], b"{}"), Credentials("A", "B"), "us-east-1", "bedrock", NOW)
    assert any(call.args and f"POST\n{path}\n".encode() in call.args[0] for call in hashed.call_args_list)


def test_each_attempt_is_signed_at_its_own_time() -> None:
    """AUTH-10."""
    times = iter([NOW, NOW.replace(hour=10)])
    auth = SigV4(Credentials("A", "B", "T"), "us-east-1", "bedrock", lambda: next(times))
    made = [dict(next(auth.flow(Request("GET", "https://h.example/a", [], b""))).headers) for _ in range(2)]
    assert [each["X-Amz-Date"] for each in made] == ["20261128T090807Z", "20261128T100807Z"]
    assert made[0]["Authorization"] != made[1]["Authorization"]
    assert "x-amz-security-token" in made[0]["Authorization"]


def test_no_repr_and_no_pickle_shows_a_secret() -> None:
    """ERR-13."""
    auth = SigV4(Credentials("AKID", "hidden-secret", "hidden-token"), "us-east-1", "bedrock")
    assert "hidden" not in f"{auth!r} {auth.credentials!r} {vars(auth)!r}"
    with pytest.raises(TypeError):
        pickle.dumps(auth.credentials)
