"""OneLLM: one OpenAI-shaped API over every model provider.

    import onellm
    answer = onellm.ChatCompletion.create(model="venice/zai-org-glm-5", messages=[{"role": "user", "content": "Hi"}])

Names are imported when they are first used: `import onellm` does no I/O and loads neither httpx nor pydantic.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from onellm.api.audio import AudioTranscription as AudioTranscription
    from onellm.api.audio import AudioTranslation as AudioTranslation
    from onellm.api.audio import Speech as Speech
    from onellm.api.batch import Batch as Batch
    from onellm.api.chat import ChatCompletion as ChatCompletion
    from onellm.api.completion import Completion as Completion
    from onellm.api.embedding import Embedding as Embedding
    from onellm.api.file import File as File
    from onellm.api.image import Image as Image
    from onellm.api.model import Model as Model
    from onellm.api.models import alist_models as alist_models
    from onellm.api.models import arefresh_models as arefresh_models
    from onellm.api.models import find_models as find_models
    from onellm.api.models import list_models as list_models
    from onellm.api.models import model_info as model_info
    from onellm.api.models import refresh_models as refresh_models
    from onellm.api.models import supports as supports
    from onellm.api.moderation import Moderation as Moderation
    from onellm.api.rerank import Rerank as Rerank
    from onellm.api.response import Response as Response
    from onellm.async_client import AsyncOneLLM as AsyncOneLLM
    from onellm.async_stream import AsyncStream as AsyncStream
    from onellm.call import Call as Call
    from onellm.call import Effect as Effect
    from onellm.call import Reply as Reply
    from onellm.capabilities import Capability as Capability
    from onellm.capabilities import ModelInfo as ModelInfo
    from onellm.capabilities import Prices as Prices
    from onellm.client import OneLLM as OneLLM
    from onellm.config import Secret as Secret
    from onellm.config import load_config as load_config
    from onellm.content import audio_part as audio_part
    from onellm.content import file_part as file_part
    from onellm.content import image_part as image_part
    from onellm.content import text_part as text_part
    from onellm.content import video_part as video_part
    from onellm.errors import APIConnectionError as APIConnectionError
    from onellm.errors import APIError as APIError
    from onellm.errors import APITimeoutError as APITimeoutError
    from onellm.errors import AuthenticationError as AuthenticationError
    from onellm.errors import BadRequestError as BadRequestError
    from onellm.errors import BadResponseError as BadResponseError
    from onellm.errors import CapabilityError as CapabilityError
    from onellm.errors import ConfigurationError as ConfigurationError
    from onellm.errors import ConflictError as ConflictError
    from onellm.errors import ContentPolicyError as ContentPolicyError
    from onellm.errors import ContextLengthError as ContextLengthError
    from onellm.errors import IncompleteOutputError as IncompleteOutputError
    from onellm.errors import InsufficientBalanceError as InsufficientBalanceError
    from onellm.errors import InvalidModelStringError as InvalidModelStringError
    from onellm.errors import InvalidOutputError as InvalidOutputError
    from onellm.errors import InvalidRequestError as InvalidRequestError
    from onellm.errors import MissingAPIKeyError as MissingAPIKeyError
    from onellm.errors import ModelNotFoundError as ModelNotFoundError
    from onellm.errors import NotFoundError as NotFoundError
    from onellm.errors import OneLLMError as OneLLMError
    from onellm.errors import OverloadedError as OverloadedError
    from onellm.errors import PayloadTooLargeError as PayloadTooLargeError
    from onellm.errors import PermissionDeniedError as PermissionDeniedError
    from onellm.errors import QuotaExceededError as QuotaExceededError
    from onellm.errors import RateLimitError as RateLimitError
    from onellm.errors import RefusalError as RefusalError
    from onellm.errors import ServerError as ServerError
    from onellm.errors import StreamInterrupted as StreamInterrupted
    from onellm.errors import StructuredOutputError as StructuredOutputError
    from onellm.errors import ToolLoopError as ToolLoopError
    from onellm.errors import UnauthorizedError as UnauthorizedError
    from onellm.errors import UnexpectedRedirectError as UnexpectedRedirectError
    from onellm.errors import UnknownOutcomeError as UnknownOutcomeError
    from onellm.errors import UnknownProviderError as UnknownProviderError
    from onellm.errors import UnsupportedParameterError as UnsupportedParameterError
    from onellm.meta import Meta as Meta
    from onellm.models.known import register_model as register_model
    from onellm.openai_compatible import OpenAICompatible as OpenAICompatible
    from onellm.openai_compatible import Spec as Spec
    from onellm.options import RetryPolicy as RetryPolicy
    from onellm.options import Timeout as Timeout
    from onellm.provider import Provider as Provider
    from onellm.registry import get_provider as get_provider
    from onellm.registry import list_providers as list_providers
    from onellm.registry import register_provider as register_provider
    from onellm.resources.chat_streams import AsyncChatStream as AsyncChatStream
    from onellm.resources.chat_streams import AsyncParsedChatStream as AsyncParsedChatStream
    from onellm.resources.chat_streams import ChatStream as ChatStream
    from onellm.resources.chat_streams import ParsedChatStream as ParsedChatStream
    from onellm.routing import parse_model_name as parse_model_name
    from onellm.stream import Stream as Stream
    from onellm.tools import ToolRun as ToolRun
    from onellm.tools import arun_tools as arun_tools
    from onellm.tools import run_tools as run_tools
    from onellm.transport.base import Connections as Connections
    from onellm.types.audio import TranscriptionEvent as TranscriptionEvent
    from onellm.types.audio import TranscriptionRequest as TranscriptionRequest
    from onellm.types.audio import TranscriptionResponse as TranscriptionResponse
    from onellm.types.audio import TranslationRequest as TranslationRequest
    from onellm.types.audio import TranslationResponse as TranslationResponse
    from onellm.types.batch import BatchItem as BatchItem
    from onellm.types.batch import BatchList as BatchList
    from onellm.types.batch import BatchObject as BatchObject
    from onellm.types.batch import BatchRequest as BatchRequest
    from onellm.types.batch import BatchResult as BatchResult
    from onellm.types.batch import BatchResults as BatchResults
    from onellm.types.chat import ChatCompletionResponse as ChatCompletionResponse
    from onellm.types.chat import ChatRequest as ChatRequest
    from onellm.types.chat import Message as Message
    from onellm.types.chat import ToolCall as ToolCall
    from onellm.types.chat import Usage as Usage
    from onellm.types.chat_params import ChatParams as ChatParams
    from onellm.types.chat_params import MessageParam as MessageParam
    from onellm.types.chat_params import OutputOf as OutputOf
    from onellm.types.chunk import ChatCompletionChunk as ChatCompletionChunk
    from onellm.types.completion import CompletionChunk as CompletionChunk
    from onellm.types.completion import CompletionRequest as CompletionRequest
    from onellm.types.completion import CompletionResponse as CompletionResponse
    from onellm.types.embedding import EmbeddingRequest as EmbeddingRequest
    from onellm.types.embedding import EmbeddingResponse as EmbeddingResponse
    from onellm.types.file import FileContent as FileContent
    from onellm.types.file import FileDeleted as FileDeleted
    from onellm.types.file import FileList as FileList
    from onellm.types.file import FileObject as FileObject
    from onellm.types.file import FileRequest as FileRequest
    from onellm.types.image import ImageData as ImageData
    from onellm.types.image import ImageEditRequest as ImageEditRequest
    from onellm.types.image import ImageEvent as ImageEvent
    from onellm.types.image import ImageRequest as ImageRequest
    from onellm.types.image import ImageResponse as ImageResponse
    from onellm.types.image import ImageVariationRequest as ImageVariationRequest
    from onellm.types.media import Media as Media
    from onellm.types.moderation import ModerationRequest as ModerationRequest
    from onellm.types.moderation import ModerationResponse as ModerationResponse
    from onellm.types.parsed import ParsedChatCompletion as ParsedChatCompletion
    from onellm.types.rerank import RerankRequest as RerankRequest
    from onellm.types.rerank import RerankResponse as RerankResponse
    from onellm.types.response import ResponseEvent as ResponseEvent
    from onellm.types.response import ResponseItem as ResponseItem
    from onellm.types.response import ResponseObject as ResponseObject
    from onellm.types.response import ResponseRequest as ResponseRequest
    from onellm.types.speech import SpeechRequest as SpeechRequest
    from onellm.types.speech import SpeechResponse as SpeechResponse

_HOMES = {
    "onellm.api.audio": "AudioTranscription AudioTranslation Speech",
    "onellm.api.batch": "Batch",
    "onellm.api.completion": "Completion",
    "onellm.api.file": "File",
    "onellm.api.image": "Image",
    "onellm.api.model": "Model",
    "onellm.api.moderation": "Moderation",
    "onellm.api.rerank": "Rerank",
    "onellm.types.audio": (
        "TranscriptionEvent TranscriptionRequest TranscriptionResponse TranslationRequest TranslationResponse"
    ),
    "onellm.types.batch": "BatchItem BatchList BatchObject BatchRequest BatchResult BatchResults",
    "onellm.types.completion": "CompletionChunk CompletionRequest CompletionResponse",
    "onellm.types.file": "FileContent FileDeleted FileList FileObject FileRequest",
    "onellm.types.image": "ImageData ImageEditRequest ImageEvent ImageRequest ImageResponse ImageVariationRequest",
    "onellm.types.media": "Media",
    "onellm.types.moderation": "ModerationRequest ModerationResponse",
    "onellm.types.rerank": "RerankRequest RerankResponse",
    "onellm.types.speech": "SpeechRequest SpeechResponse",
    "onellm.api.chat": "ChatCompletion",
    "onellm.api.embedding": "Embedding",
    "onellm.api.models": "alist_models arefresh_models find_models list_models model_info refresh_models supports",
    "onellm.call": "Call Effect Reply",
    "onellm.capabilities": "Capability ModelInfo Prices",
    "onellm.api.response": "Response",
    "onellm.async_client": "AsyncOneLLM",
    "onellm.async_stream": "AsyncStream",
    "onellm.client": "OneLLM",
    "onellm.config": "Secret load_config",
    "onellm.content": "audio_part file_part image_part text_part video_part",
    "onellm.errors": (
        "APIConnectionError APIError APITimeoutError AuthenticationError BadRequestError BadResponseError "
        "CapabilityError "
        "ConfigurationError ConflictError ContentPolicyError ContextLengthError InsufficientBalanceError "
        "InvalidModelStringError InvalidRequestError MissingAPIKeyError ModelNotFoundError NotFoundError OneLLMError "
        "OverloadedError PayloadTooLargeError PermissionDeniedError QuotaExceededError RateLimitError ServerError "
        "StreamInterrupted UnauthorizedError UnexpectedRedirectError UnknownOutcomeError UnknownProviderError "
        "UnsupportedParameterError StructuredOutputError RefusalError IncompleteOutputError InvalidOutputError "
        "ToolLoopError"
    ),
    "onellm.meta": "Meta",
    "onellm.models.known": "register_model",
    "onellm.openai_compatible": "OpenAICompatible Spec",
    "onellm.options": "RetryPolicy Timeout",
    "onellm.provider": "Provider",
    "onellm.registry": "get_provider list_providers register_provider",
    "onellm.resources.chat_streams": "AsyncChatStream AsyncParsedChatStream ChatStream ParsedChatStream",
    "onellm.routing": "parse_model_name",
    "onellm.stream": "Stream",
    "onellm.tools": "ToolRun arun_tools run_tools",
    "onellm.transport.base": "Connections",
    "onellm.types.chat": "ChatCompletionResponse ChatRequest Message ToolCall Usage",
    "onellm.types.chunk": "ChatCompletionChunk",
    "onellm.types.chat_params": "ChatParams MessageParam OutputOf",
    "onellm.types.response": "ResponseEvent ResponseItem ResponseObject ResponseRequest",
    "onellm.types.parsed": "ParsedChatCompletion",
    "onellm.types.embedding": "EmbeddingRequest EmbeddingResponse",
}
_WHERE = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = ["__version__", *_WHERE]  # noqa: PLE0604  # pyright: ignore[reportUnsupportedDunderAll] - names of a table


def __getattr__(name: str) -> Any:
    home = _WHERE.get(name)
    if home is None:
        raise AttributeError(f"module 'onellm' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
