"""What arrives at a server from us and from botocore's own client: one path, one body, a signature that holds."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from unittest import mock

import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.session
import pytest

from onellm.sigv4 import Credentials
from tests.providers.bedrock.wire import CLAUDE, message
from tests.support import Caller, Received, serve, whole
from tests.wire import both

ACCOUNT = "arn:aws:bedrock:us-east-1:123456789012"
MODELS = (
    CLAUDE,
    f"{ACCOUNT}:application-inference-profile/abc123",
    f"{ACCOUNT}:inference-profile/{CLAUDE}",
    f"{ACCOUNT}:provisioned-model/abcdefghijkl",
    "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0",
    "arn:aws:sagemaker:us-east-1:123456789012:endpoint/my-endpoint",
)
KEYS = ("AKID", "secret", "session+/=")


def theirs(url: str, model: str) -> None:
    """The same question, asked by botocore."""
    client: Any = botocore.session.Session().create_client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id=KEYS[0],
        aws_secret_access_key=KEYS[1],
        aws_session_token=KEYS[2],
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )
    client.converse(modelId=model, messages=[{"role": "user", "content": [{"text": "Hi"}]}])


def signed_again(url: str, came: Received) -> str:
    """The `Authorization` that botocore gives to a request like the one that came, at the same time."""
    names = came.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    own = ("host", "x-amz-date", "x-amz-security-token")
    headers = {name: came.headers[name] for name in names if name not in own}
    request: Any = botocore.awsrequest.AWSRequest("POST", url.removesuffix("/v1") + came.path, headers, came.body)
    at = datetime.strptime(came.headers["x-amz-date"], "%Y%m%dT%H%M%SZ")  # noqa: DTZ007 - as botocore's own clock
    with mock.patch("botocore.auth.get_current_datetime", return_value=at):
        botocore.auth.SigV4Auth(botocore.credentials.Credentials(*KEYS), "bedrock", "us-east-1").add_auth(request)
    return str(request.headers["Authorization"])


@both
@pytest.mark.parametrize("model", MODELS)
def test_the_same_arrives_as_from_botocore(model: str, caller: Caller) -> None:
    """AUTH-07: the path on the wire is encoded once, the signed one twice."""
    with serve(whole(message("Hello")), whole(message("Hello"))) as server:
        theirs(server.url, model)
        settings = {"base_url": server.url, "region": "us-east-1", "credentials": Credentials(*KEYS)}
        client = {"transport": "aiohttp"} if caller.kind == "async" else {}
        asked = [{"role": "user", "content": "Hi"}]
        caller.chat({"bedrock": settings}, f"bedrock/{model}", asked, client=client)
        other, own = server.requests
    assert own.path == other.path
    assert json.loads(own.body) == json.loads(other.body)
    assert own.headers["x-amz-security-token"] == KEYS[2]
    assert own.headers["authorization"] == signed_again(server.url, own)
