"""What every result value shares: unknown fields are kept, and `meta` says how the result came about."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from onellm.meta import Meta


class Model(BaseModel):
    """A value of the wire. Fields that this version does not know are kept in `model_extra`."""

    model_config = ConfigDict(extra="allow", protected_namespaces=(), defer_build=True)


def put(model: Model, **values: object) -> None:
    """Set fields to values that are of their types: what assigning does, without looking up how for each."""
    vars(model).update(values)
    model.__pydantic_fields_set__.update(values)


class Priced(Model):
    """What was used, and what it costs.

    `cost` is in USD: what the host reports, else prices times tokens, else None. `cost_parts` are what it is made of,
    by bucket (`Prices` has their names, and `other` is what the host charges for something else); empty where only the
    whole is known. `cost_unknown` says why the cost is None. The last two are not dumped.
    """

    cost: float | None = None
    cost_parts: dict[str, float] = Field(default_factory=dict[str, float], exclude=True)
    cost_unknown: str = Field(default="", exclude=True)

    def account(self, meta: Meta) -> None:
        """Tell the meta the cost."""
        meta.cost, meta.cost_parts, meta.cost_unknown = self.cost, self.cost_parts, self.cost_unknown


class Result(Model):
    """A whole answer or an event of a stream, with its `meta`.

    `meta` is no field: it is neither dumped nor compared, and costs nothing where nobody asks for it.
    """

    __slots__ = ("_meta",)

    @property
    def meta(self) -> Meta:
        """Provider, request id, attempts, latency, rate limits and cost of the call that gave this."""
        try:
            return self._meta  # type: ignore[attr-defined,no-any-return]
        except AttributeError:
            return Meta()

    @property
    def dropped_params(self) -> tuple[str, ...]:
        """Parameters that were left out because the target does not take them (`unsupported="drop"`)."""
        return self.meta.dropped_params

    def attach(self, meta: Meta) -> None:
        """Give the result its meta; engines call this."""
        object.__setattr__(self, "_meta", meta)


def first_given(extra: dict[str, Any] | None, names: tuple[str, ...]) -> Any:
    """The first value that is not None among unknown fields."""
    return next((extra[name] for name in names if extra.get(name) is not None), None) if extra else None
