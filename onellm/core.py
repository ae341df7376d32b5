"""What both clients share: the hops before sending (route, require, encode) and what is known of models."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, Unpack, cast

from onellm.call import Op, Prepared, PreparedStream, StreamOp
from onellm.capabilities import Capability, CapabilityName, Catalogue, ModelInfo, require
from onellm.config import fingerprint, for_one_call, has_key_variable, hide_key, seal
from onellm.errors import CapabilityError, ConfigurationError, InvalidModelStringError, InvalidRequestError
from onellm.operations import OPERATIONS
from onellm.options import UNSET, Options
from onellm.registry import build, check_name, find, host_of, list_providers
from onellm.requirements import chat_needs
from onellm.routing import parse_model_name, split_profile
from onellm.types.chat_request import ChatRequest
from onellm.types.request import ModelRequest, Unsupported

if TYPE_CHECKING:
    from onellm.models.search import ModelFilter
    from onellm.provider import Provider
    from onellm.structured import Wanted
    from onellm.types.chat_params import MessageParam


Q = TypeVar("Q", bound=ModelRequest)
T = TypeVar("T")
E = TypeVar("E")
R = TypeVar("R")

PER_CALL = ("api_key", "base_url")
"""Settings of a provider that may be given with a call."""


def today() -> str:
    """The day, as dates of knowledge are written."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


class Route(NamedTuple):
    """Where a request goes, and with what."""

    provider: Provider
    model: str
    given: dict[str, Any]
    options: Options


class Core:
    """What both clients share: providers, what is known of their models, defaults, and the hops before sending."""

    def __init__(
        self,
        model: str | None,
        providers: Mapping[str, Mapping[str, Any]] | None,
        headers: Mapping[str, str] | None,
        options: Options,
        unsupported: Unsupported,
        catalogue: Catalogue | None = None,
    ) -> None:
        self.model = model
        self.headers = dict(headers or {})
        self.options = options
        self.unsupported: Unsupported = unsupported
        self.catalogue = Catalogue() if catalogue is None else catalogue
        self._given = {name: seal(settings) for name, settings in (providers or {}).items()}
        for label in self._given:
            check_name(split_profile(label)[0])
        self._providers: dict[str, tuple[tuple[object, int], Provider]] = {}

    def provider(self, label: str, override: Mapping[str, Any] | None = None) -> Provider:
        """The provider `name` or `name@profile` with these settings, and those of one call, if there are any.

        It is made anew when the environment or the registry changes, and as long as its key is missing.
        """
        name, profile = split_profile(label)
        entry = find(name)
        settings = self._given.get(label, {})
        if override:
            return build(label, for_one_call(host_of(entry), settings, override), self.catalogue)
        known = self._providers.get(label)
        now = entry, fingerprint(host_of(entry), profile, settings)
        if known is None or known[0] != now or known[1].lacks_key:
            known = self._providers[label] = (now, build(label, settings, self.catalogue))
        return known[1]

    def info(self, model: str) -> ModelInfo:
        """What is known of a model, without a call."""
        label, name = parse_model_name(model)
        return self.provider(label).info(name)

    def chat(
        self, model: str | None, messages: Sequence[MessageParam], stream: bool, params: Mapping[str, Any]
    ) -> tuple[Any, Options]:
        """Route, require, encode: the operation and its options. The key in `params` is hidden, in place."""
        route = self.route(model, params)
        provider, given = route.provider, route.given
        how, target = given.pop("structured", None), given.get("response_format")
        wanted: Wanted | None = None
        if target is not None and not isinstance(target, Mapping):
            from onellm.structured import Wanted

            wanted = Wanted(target, how or "native")
            messages = wanted.ask(given, list(messages))
        elif how is not None:
            raise InvalidRequestError("structured needs response_format to be a type.", param="structured")
        request = ChatRequest(model=route.model, messages=cast("list[dict[str, Any]]", messages), **given)
        try:
            self.check(route, chat_needs(request, stream=stream))
        except CapabilityError as error:
            raise wanted.advise(error) if wanted is not None else error from None
        if stream:
            opening = provider.chat_stream(request)
            return (opening if wanted is None else wanted.read_stream(opening)), route.options
        op = provider.chat(request)
        return (op if wanted is None else wanted.read(op)), route.options

    def prepare(
        self,
        operation: Callable[[Any, Q], Op[T]],
        request: type[Q],
        model: str | None,
        params: Mapping[str, Any],
        /,
        **fields: Any,
    ) -> Prepared[T]:
        """An operation of `Provider` (such as `Provider.embed`) on the provider that the model string names.

        `fields` are the request's own, `params` those of the caller with what steers the call; the key in `params` is
        hidden, in place.
        """
        route = self.route(model, params)
        asked = request(model=route.model, **fields, **route.given)
        name = operation.__name__
        self.check(route, (OPERATIONS[name],))
        return Prepared(getattr(route.provider, name)(asked), route.options)

    def prepare_stream(
        self,
        operation: Callable[[Any, Q], StreamOp[E, R]],
        request: type[Q],
        model: str | None,
        params: Mapping[str, Any],
        /,
        **fields: Any,
    ) -> PreparedStream[E, R]:
        """`prepare` for a streamed operation."""
        route = self.route(model, params)
        asked = request(model=route.model, **fields, **route.given)
        name = operation.__name__
        self.check(route, (OPERATIONS[name],))
        return PreparedStream(getattr(route.provider, name)(asked), route.options)

    def route(self, model: str | None, params: Mapping[str, Any]) -> Route:
        """The provider and bare model of a model string, the parameters, and the options of the call."""
        hide_key(params)
        target = model or self.model
        if target is None:
            raise InvalidModelStringError(
                "No model was given; pass model='provider/model', or give the client a default."
            )
        label, name = parse_model_name(target)
        return self.route_to(label, name, params)

    def route_to(self, label: str, name: str, params: Mapping[str, Any]) -> Route:
        """The same where the provider is known and there may be no model, as for files."""
        hide_key(params)
        given = dict(params)
        provider = self.provider(label, {name: value for name in PER_CALL if (value := given.pop(name, None))})
        options = self.options
        if "timeout" in given or "deadline" in given or "max_retries" in given:
            options = options.override(
                timeout=given.pop("timeout", UNSET),
                deadline=given.pop("deadline", UNSET),
                max_retries=given.pop("max_retries", UNSET),
            )
        if self.headers:
            given["extra_headers"] = {**self.headers, **(given.get("extra_headers") or {})}
        given.setdefault("unsupported", self.unsupported)
        return Route(provider, name, given, options)

    def check(self, route: Route, needs: Iterable[Capability]) -> None:
        """Refuse what the model is known not to do. Raises CapabilityError."""
        provider = route.provider
        known, asked = provider.capabilities(route.model), tuple(needs)
        for need in asked:
            if known[need] is False:
                from onellm.models.search import alternatives

                others = alternatives(self._near(provider.name), self.known, need, asked, today())
                require(provider.info(route.model), need, others)

    def known(self, label: str) -> Iterator[ModelInfo]:
        """The models of a provider of which something is known, without a call."""
        from onellm.models.search import bare_info, known_ids

        check_name(split_profile(label)[0])
        try:
            info = self.provider(label).info
        except ConfigurationError:  # it has no base URL here, for example
            info = functools.partial(bare_info, label, self.catalogue)
        return map(info, known_ids(label, self.catalogue))

    def find_models(self, wanted: ModelFilter) -> list[ModelInfo]:
        """The models that are known to be what is wanted, cheapest first."""
        from onellm.models.search import by_price, check_filter, matches

        check_filter(wanted)
        named = wanted.get("provider")
        labels = [named] if named else dict.fromkeys((*list_providers(), *self.catalogue.providers()))
        day = today()
        found = [info for label in labels for info in self.known(label) if matches(info, wanted, day)]
        return sorted(found, key=by_price)

    def _near(self, label: str) -> Iterator[str]:
        """A provider, and the others that can be called as far as that shows without loading them."""
        yield label
        for name in dict.fromkeys((*self._given, *filter(has_key_variable, list_providers()))):
            if name != label:
                yield name

    def configured(self) -> list[str]:
        """The providers that this client can call: their settings were given, or a key of theirs is known."""
        names = [*self._given, *(name for name in list_providers() if name not in self._given)]
        return [name for name in names if name in self._given or self._has_key(name)]

    def _has_key(self, name: str) -> bool:
        try:
            return self.provider(name).settings.api_key is not None
        except ConfigurationError:
            return False

    def learn(self, label: str, models: list[ModelInfo]) -> list[ModelInfo]:
        """Keep what `/models` said, with today's date; the answer has what was known before as well."""
        return [self.provider(label).info(info.id) for info in self.catalogue.learn(label, models, today())]


class Informed:
    """What can be asked of either client without a call."""

    _core: Core

    def provider(self, name: str) -> Provider:
        """The provider behind `name/…` with this client's settings."""
        return self._core.provider(name)

    def model_info(self, model: str) -> ModelInfo:
        """What is known of `provider/model` without a call."""
        return self._core.info(model)

    def supports(self, model: str, capability: Capability | CapabilityName) -> bool | None:
        """Whether `provider/model` does it: True, False, or None where it is not known."""
        return self._core.info(model).supports(capability)

    def find_models(self, **wanted: Unpack[ModelFilter]) -> list[ModelInfo]:
        """The models known to be what is wanted, without a call, cheapest first (see `onellm.find_models`)."""
        return self._core.find_models(wanted)
