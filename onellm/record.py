"""`record`: a dataclass whose methods are shared rather than generated.

`dataclasses.dataclass` writes and compiles three to seven methods for each class, half a millisecond in all: with some
twenty classes on the way to a first call, a tenth of what that call may cost. A record has the same parameters, fields
and behaviour. Making one takes two or three times as long, so what is made for every call writes its own `__init__` or
stays a dataclass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:
    import dataclasses
    from reprlib import recursive_repr

    def record(*, frozen=False, eq=True, repr=True):
        """`dataclass(frozen=…, eq=…, repr=…)`; to type checkers it is that."""

        def make(cls):
            made = dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
            if "__init__" not in vars(cls):
                made.__init__ = _init(made)
                made.__signature__ = _Signature()
            if repr:
                made.__repr__ = _repr
            if eq:
                made.__eq__ = _eq
                made.__hash__ = _hash if frozen else None
            if frozen:
                made.__setattr__, made.__delattr__ = _setattr, _delattr
            return made

        return make

    def _init(cls):
        fields = cls.__dataclass_fields__
        missing = dataclasses.MISSING
        names = tuple(fields)
        needed = [name for name, each in fields.items() if each.default is missing and each.default_factory is missing]
        factories = [
            (name, each.default_factory) for name, each in fields.items() if each.default_factory is not missing
        ]
        defaults = {name: each.default for name, each in fields.items() if each.default is not missing}
        checks = hasattr(cls, "__post_init__")

        def __init__(self, /, *args, **given):  # noqa: N807 - the class's own
            if args:
                positional = dict(zip(names, args, strict=False))
                if len(args) > len(names) or not positional.keys().isdisjoint(given):
                    raise TypeError(f"{cls.__name__}() takes {len(names)} arguments, each once: {', '.join(names)}")
                given = {**positional, **given}
            for name in given:
                if name not in fields:
                    raise TypeError(f"{cls.__name__}() got an unexpected keyword argument {name!r}")
            for name in needed:
                if name not in given:
                    raise TypeError(f"{cls.__name__}() missing 1 required argument: {name!r}")
            values = vars(self)
            values.update(defaults)
            for name, factory in factories:
                if name not in given:
                    values[name] = factory()
            values.update(given)
            if checks:
                self.__post_init__()

        return __init__

    class _Signature:
        """The signature of a record's constructor, made when somebody asks for it."""

        def __get__(self, instance, owner):
            import inspect

            missing = dataclasses.MISSING
            fields = owner.__dataclass_fields__.values()
            return inspect.Signature(
                [
                    inspect.Parameter(
                        each.name,
                        inspect.Parameter.POSITIONAL_OR_KEYWORD,
                        default=inspect.Parameter.empty
                        if each.default is missing and each.default_factory is missing
                        else (dataclasses._HAS_DEFAULT_FACTORY if each.default is missing else each.default),
                        annotation=each.type,
                    )
                    for each in fields
                ]
            )

    def _values(self):
        return tuple([getattr(self, name) for name, each in self.__dataclass_fields__.items() if each.compare])

    def _eq(self, other):
        return _values(self) == _values(other) if other.__class__ is self.__class__ else NotImplemented

    def _hash(self):
        return hash(_values(self))

    @recursive_repr()
    def _repr(self):
        shown = [f"{name}={getattr(self, name)!r}" for name, each in self.__dataclass_fields__.items() if each.repr]
        return f"{self.__class__.__qualname__}({', '.join(shown)})"

    def _setattr(self, name, value):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def _delattr(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
