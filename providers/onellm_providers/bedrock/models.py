"""What the lists of a region say of models (botocore 1.44, service `bedrock`). They have neither sizes nor prices."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from onellm.call import Call, Effect, Flow, Reply, ask
from onellm.capabilities import Capability, ModelInfo
from onellm.decode.json import Table, array, table

if TYPE_CHECKING:
    from onellm_providers.bedrock.credentials import Access
    from onellm_providers.bedrock.provider import BedrockProvider

PAGE = 1000


def listed(provider: BedrockProvider, access: Access) -> Flow[list[ModelInfo]]:
    """The foundation models, and the inference profiles page by page; a profile can do what its model can."""
    raw = yield from ask(_get(provider, access, "foundation-models", {}))
    found = [_model(provider.name, row) for row in map(table, array(raw.get("modelSummaries")))]
    known = {info.id: info for info in found}
    token: str | None = ""
    while token is not None:
        page = yield from ask(
            _get(
                provider,
                access,
                "inference-profiles",
                {"maxResults": str(PAGE)} | ({"nextToken": token} if token else {}),
            )
        )
        rows = map(table, array(page.get("inferenceProfileSummaries")))
        found += [_profile(provider, row, known) for row in rows]
        token = page.get("nextToken") or None
    return found


def _get(provider: BedrockProvider, access: Access, path: str, query: dict[str, str]) -> Call[Table]:
    url = f"{provider.base(access, 'bedrock')}/{path}"
    return Call(
        method="GET",
        url=f"{url}?{urlencode(query)}" if query else url,
        auth=access.auth,
        effect=Effect.READ,
        origin=(provider.name, ""),
        parse=_read,
        error=functools.partial(provider.error, auth=access.auth),
    )


def _read(reply: Reply) -> Table:
    value = table(json.loads(reply.body))
    if not ({"modelSummaries", "inferenceProfileSummaries"} & value.keys()):
        raise ValueError("the answer lists no models")
    return value


def _model(provider: str, row: Table) -> ModelInfo:
    """One model; what the row does not say is not known."""
    takes, gives = (
        [str(each).lower() for each in array(row.get(name))] for name in ("inputModalities", "outputModalities")
    )
    known: dict[Capability, bool | None] = {}
    if gives:
        known = {
            Capability.CHAT: "text" in gives,
            Capability.EMBEDDINGS: "embedding" in gives,
            Capability.VISION: "image" in takes,
        }
    if isinstance(streams := row.get("responseStreamingSupported"), bool):
        known[Capability.STREAM] = streams
    legacy = table(row.get("modelLifecycle")).get("status") == "LEGACY"
    return ModelInfo(
        id=str(row["modelId"]),
        provider=provider,
        capabilities=known,
        input_modalities=tuple(takes) or None,
        output_modalities=tuple(gives) or None,
        deprecated=str(table(row["modelLifecycle"]).get("endOfLifeTime") or "legacy")[:10] if legacy else None,
        source="models endpoint",
    )


def _profile(provider: BedrockProvider, row: Table, known: dict[str, ModelInfo]) -> ModelInfo:
    name = str(row["inferenceProfileId"])
    if row.get("type") == "APPLICATION" and row.get("inferenceProfileArn"):
        name = str(row["inferenceProfileArn"])
    model = next((str(table(each).get("modelArn")).rpartition("/")[2] for each in array(row.get("models"))), "")
    info = known.get(model)
    return ModelInfo(
        id=name,
        provider=provider.name,
        capabilities=info.capabilities if info else {},
        input_modalities=info.input_modalities if info else None,
        output_modalities=info.output_modalities if info else None,
        source="models endpoint",
    )
