"""Keys, base URLs and profiles: from the caller, the environment, a .env file on request, the credentials file.

Order: what the caller gave, then the environment, then files given to `load_config`, then `onellm auth set`.
"""

from __future__ import annotations

import functools
import json
import os
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, NoReturn, cast
from urllib.parse import SplitResult, urlsplit

from onellm.errors import ConfigurationError
from onellm.record import record

SECRETS = ("api_key", "token", "access_token")
"""The settings that are credentials."""

_loaded: dict[str, str] = {}
_LINE = r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$"
_PART = r"[A-Za-z0-9._:-]+"
_QUOTED = r"""(?P<q>['"])(?P<value>.*?)(?P=q)\s*(?:#.*)?$"""


class Secret:
    """A credential that does not show itself: not in repr, str, pickle or JSON. `reveal()` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str, name: str = "API key") -> None:
        self._value = value
        del value  # no frame of an error holds it
        self.check(name)

    @classmethod
    def sealed(cls, value: str) -> Secret:
        """The secret as it was given; `check` looks at it later, where no frame holds the plain text."""
        secret = cls.__new__(cls)
        secret._value = value
        return secret

    def check(self, name: str) -> None:
        """Remove space around it, with a warning. Raises ConfigurationError where it cannot be sent."""
        given, self._value = len(self._value), self._value.strip()
        if len(self._value) != given:
            warnings.warn(f"The {name} has spaces or line ends around it; they were removed.", stacklevel=3)
        if not self._value:
            raise ConfigurationError(f"The {name} is empty.")
        if not self._value.isascii() or not self._value.isprintable():
            raise ConfigurationError(
                f"The {name} holds characters that no key has (control or non-ASCII): paste it again."
            )

    def reveal(self) -> str:
        """The credential itself."""
        return self._value

    @property
    def hint(self) -> str:
        """The last four characters, enough to tell keys apart; nothing of a short one."""
        return f"…{self._value[-4:]}" if len(self._value) >= 16 else "…"

    def __repr__(self) -> str:
        return "Secret('…')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied to another process; resolve it there")


@record(frozen=True)
class Host:
    """What a provider's settings are made of: its name, its own base URL, and where its key comes from.

    A setting in braces in `base_url`, such as `{account}`, is filled in; it may come from `<NAME>_ACCOUNT` too. A
    provider that computes in this process has the base URL "", and takes no other. `note` is told to those who give no
    base URL where there is none, or one where none is taken.
    """

    name: str
    base_url: str | None = None
    key_variables: tuple[str, ...] = ()
    key_required: bool = True
    settings: tuple[str, ...] = ()
    note: str = ""
    variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Settings that may come from `<NAME>_<SETTING>` too, and under which names beside it."""
    read_url: Callable[[str, Mapping[str, Any]], tuple[str, Mapping[str, Any]]] | None = None
    """Reads a URL as users of the service write it: the base URL, and settings that stand in it."""
    credentials: tuple[str, ...] = ()
    """Settings that sign in a key's place. One that was given, or a key, leaves out those of the environment."""

    def variable(self, suffix: str, profile: str = "") -> str:
        """`<NAME>_API_KEY` and the like; a profile `venice@work` has `VENICE_WORK_API_KEY`."""
        return _variable_name(self.name, suffix, profile)


@functools.cache
def _variable_name(name: str, suffix: str, profile: str) -> str:
    whole = f"{name}_{profile}" if profile else name
    if not (whole.isascii() and whole.isalnum()):
        whole = re.sub(r"[^A-Za-z0-9]", "_", whole)
    return f"{whole.upper()}_{suffix}"


@record(frozen=True)
class Settings:
    """A provider's settings, resolved. `label` is `provider` or `provider@profile`.

    `key_variable` is the variable for the key, `key_source` the one that it came from, if it came from one.
    """

    label: str
    base_url: str
    api_key: Secret | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    key_variable: str = ""
    key_source: str = ""


def seal(settings: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of settings whose credentials are hidden, so that neither a value nor a frame shows them."""
    if not isinstance(settings, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
        raise ConfigurationError("A provider's settings are a mapping like {'api_key': …}.")
    sealed = dict(settings)
    for name in SECRETS:
        if isinstance(value := sealed.get(name), str) and value:
            sealed[name] = Secret.sealed(value)
        del value
    if (text := _key_file(sealed.get("credentials"))) is not None:
        sealed["credentials"] = Secret.sealed(text)
    del text
    return sealed


def _key_file(value: Any) -> str | None:
    """What a key file holds, as JSON in one line, where it was given in place of the file's path."""
    if isinstance(value, Mapping):
        return json.dumps(dict(cast("Mapping[str, Any]", value)), default=str)
    return " ".join(value.split()) if isinstance(value, str) and value.lstrip().startswith("{") else None


def hide_key(params: Any) -> None:
    """Put the key among the parameters of one call into a Secret, in place: the caller's frame holds them."""
    if key := params.get("api_key"):
        params["api_key"] = Secret.sealed(key) if isinstance(key, str) else key


def resolve(host: Host, given: Mapping[str, Any], profile: str = "") -> Settings:
    """The settings of a provider from what was given and the environment.

    Raises ConfigurationError for a setting that the provider does not know and for a base URL that cannot be one.
    """
    label = f"{host.name}@{profile}" if profile else host.name
    known = ("api_key", "base_url", "headers", *host.settings)
    for name in given:
        if name not in known:
            raise ConfigurationError(f"{label} has no setting {name!r}; it takes {', '.join(known)}.")
    names = (host.variable("API_KEY", profile),) if profile else (host.variable("API_KEY"), *host.key_variables)
    key: Secret | None = seal(given).get("api_key") or seal({"api_key": _first(names) or _stored(label)})["api_key"]
    if isinstance(key, Secret):
        key.check(f"{label} key")
    elif key is not None:  # pyright: ignore[reportUnnecessaryComparison] - untyped callers
        raise ConfigurationError(f"{label}: api_key must be a string, not {type(key).__name__}.")
    base_url = given.get("base_url") or _first(_names(host, "base_url", profile)) or _own_url(host, given, profile)
    if host.base_url == "" and (base_url or given.get("headers")):
        raise ConfigurationError(f"{label} computes in this process and has no base URL and no headers. {host.note}")
    if not base_url and host.base_url != "":
        raise ConfigurationError(
            f"{label} needs a base URL: set {host.variable('BASE_URL', profile)} or pass base_url."
            + (f" {host.note}" if host.note else "")
        )
    extra: Mapping[str, Any] = {}
    if host.read_url:
        base_url, extra = host.read_url(str(base_url), given)
    return Settings(
        label=label,
        base_url=check_base_url(str(base_url), host) if base_url else "",
        api_key=key,
        headers=dict(given.get("headers") or {}),
        extra={**_from_variables(host, profile, given), **extra, **_given(host, given)},
        key_variable=names[0],
        key_source="" if given.get("api_key") else _source(names),
    )


def _names(host: Host, name: str, profile: str) -> tuple[str, ...]:
    """The variables of a setting; a profile has its own alone."""
    return host.variable(name.upper(), profile), *(() if profile else host.variables.get(name, ()))


def _from_variables(host: Host, profile: str, given: Mapping[str, Any]) -> dict[str, Any]:
    signed = any(given.get(name) is not None for name in ("api_key", *host.credentials))
    names = [name for name in host.variables if name in host.settings and not (signed and name in host.credentials)]
    found = {name: _first(_names(host, name, profile)) for name in names}
    return seal({name: value for name, value in found.items() if value})


def for_one_call(host: Host, given: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with those of one call, whose key also replaces what signs in a key's place."""
    left_out = host.credentials if override.get("api_key") is not None else ()
    return {**{name: value for name, value in given.items() if name not in left_out}, **seal(override)}


def _given(host: Host, given: Mapping[str, Any]) -> dict[str, Any]:
    """The provider's own settings among those that were given, secrets checked."""
    own = seal({name: given[name] for name in host.settings if name in given})
    for name, value in own.items():
        if isinstance(value, Secret):
            value.check(f"{host.name} {name}")
    return own


def _own_url(host: Host, given: Mapping[str, Any], profile: str) -> str | None:
    """The host's own base URL with its parts filled in. Raises ConfigurationError where one is not known."""
    url = host.base_url
    for name in _parts_of(url):
        own = host.variable(name.upper(), profile)
        value = str(given.get(name) or _first(_names(host, name, profile)) or "").strip()
        value = value.removeprefix("https://").removeprefix("http://").rstrip("/")
        if not value:
            raise ConfigurationError(f"{host.name} needs {name}: set {own}, or pass {name} or a base_url.")
        if not re.fullmatch(_PART, value):
            raise ConfigurationError(f"{host.name}: {own} holds what cannot be a part of a URL.")
        url = (url or "").replace(f"{{{name}}}", value)
    return url


def _parts_of(url: str | None) -> list[str]:
    """The names in braces of a base URL."""
    return re.findall(r"{(\w+)}", url) if url and "{" in url else []


def fingerprint(host: Host, profile: str = "", given: Mapping[str, Any] | None = None) -> int:
    """A hash of what the environment says of a provider now; a client resolves again when it changes.

    What was given is not asked for.
    """
    names: list[str] = []
    if not given or not given.get("api_key"):
        names += (host.variable("API_KEY", profile), *(() if profile else host.key_variables))
    if not given or not given.get("base_url"):
        names.append(host.variable("BASE_URL", profile))
        names += [host.variable(name.upper(), profile) for name in _parts_of(host.base_url)]
    names += [variable for name in host.variables for variable in _names(host, name, profile)]
    return hash(tuple([variable(name) for name in names]))


def has_key_variable(name: str) -> bool:
    """Whether the environment holds `<NAME>_API_KEY`."""
    return bool(variable(_variable_name(name, "API_KEY", "")))


def check_base_url(url: str, host: Host) -> str:
    """A base URL without trailing slash or operation path.

    A bare `https://host` gets the path of the provider's own base URL (`/v1` where the provider has none of its own).
    """
    parts = _split_url(url)
    if parts is None:
        shown = url.rpartition("@")[2]  # without a user name and password
        raise ConfigurationError(f"{host.name}: {shown!r} is no base URL; write it like https://host/v1.")
    if parts.username or parts.password:
        raise ConfigurationError(
            f"{host.name}: the base URL holds a user name or password; pass a key as api_key instead."
        )
    if parts.query or parts.fragment:
        raise ConfigurationError(f"{host.name}: the base URL must end with its path, without ? or #.")
    path = parts.path.rstrip("/")
    for operation in ("/chat/completions", "/completions", "/embeddings", "/models"):
        path = path.removesuffix(operation)
    if not path:
        own = urlsplit(host.base_url).path.rstrip("/") if host.base_url else "/v1"
        path = "/v1" if _parts_of(own) else own
    return f"{parts.scheme}://{parts.netloc}{path}"


def _split_url(url: str) -> SplitResult | None:
    """The parts of an http or https URL with a host; None where it is none."""
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port or an IPv6 address that cannot be one
        return None
    return parts if usable and not any(character.isspace() for character in parts.netloc) else None


def load_config(env_file: str | Path = ".env") -> list[str]:
    """Read KEY=VALUE lines from a file for later calls of this process; the real environment wins.

    Returns the names that were read, never the values. Raises ConfigurationError where the file is missing or a line
    is not KEY=VALUE. Nothing else in OneLLM reads a .env file.
    """
    found, problem = _read_env(Path(env_file))
    if problem:
        raise ConfigurationError(problem)
    _loaded.update(found)
    return list(found)


def _read_env(path: Path) -> tuple[dict[str, str], str]:
    """What a .env file says, or what is wrong with it: an error raised here would hold keys in its frame."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return {}, f"Cannot read {path}: {type(error).__name__}."
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not (match := re.match(_LINE, line)):
            return {}, f"{path}, line {number}: expected KEY=VALUE."
        name, value = match.groups()
        quoted = re.match(_QUOTED, value)
        found[name] = quoted["value"] if quoted else value.split(" #", 1)[0].rstrip()
    return found, ""


def credentials_path() -> Path:
    """Where `onellm auth set` keeps keys: `$ONELLM_CONFIG_DIR`, else the user's configuration folder."""
    own = os.environ.get("ONELLM_CONFIG_DIR")
    base = Path(own) if own else Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "onellm"
    return base / "credentials.json"


def read_credentials() -> dict[str, str]:
    """The stored keys by provider; empty where there is no file. Raises ConfigurationError for a damaged one."""
    path, value, problem = credentials_path(), cast("Any", None), "is not a table of keys"
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        problem = "cannot be read"
    if not isinstance(value, dict):
        value = None  # neither a frame nor a context of the error holds a key
        raise ConfigurationError(f"{path} {problem}; remove it and set the keys again.")
    return {str(name): key for name, key in cast("dict[Any, Any]", value).items() if isinstance(key, str)}


def write_credentials(keys: Mapping[str, str]) -> Path:
    """Store the keys in a file that only the user can read (0600), replacing the old one in one step."""
    path = credentials_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(dict(keys), file, indent=1)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return path


def _stored(label: str) -> str | None:
    return read_credentials().get(label)


def variable(name: str) -> str | None:
    """A variable of the environment, or of a file that `load_config` read."""
    return os.environ.get(name) or _loaded.get(name)


def _first(names: tuple[str, ...]) -> str | None:
    """The first variable that is set: under any name in the real environment, else in a loaded file."""
    return next((value for source in (os.environ, _loaded) for name in names if (value := source.get(name))), None)


def _source(names: tuple[str, ...]) -> str:
    """The name of that variable; empty where none is set."""
    return next((name for source in (os.environ, _loaded) for name in names if source.get(name)), "")
