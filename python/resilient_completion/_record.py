"""JSON objects as Python objects: members are attributes, known or not."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar


class Record:
    """A read-only view of one JSON object.

    Every member is an attribute, whether this package knows it or not. Members that the class declares are
    None where the object lacks them; any other missing name is an AttributeError.
    """

    _nested: ClassVar[dict[str, Any]] = {}
    """Which class a member's objects get; `dict` leaves them as they are."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.__dict__["_raw"] = raw

    def __getattr__(self, name: str) -> Any:
        if name == "_raw":
            # Not built yet (copy, unpickling): asking for it must not ask for it again.
            raise AttributeError(name)
        try:
            value = self._raw[name]
        except KeyError:
            if any(name in vars(kind).get("__annotations__", ()) for kind in type(self).__mro__):
                return None
            raise AttributeError(f"{type(self).__name__} has no field {name!r}") from None
        if isinstance(value, (dict, list)):
            value = _view(value, self._nested.get(name, Record))
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is read-only; change a copy made by to_dict()")

    def to_dict(self) -> dict[str, Any]:
        """The object as it came, as a dict of your own."""
        return _copy(self._raw)  # type: ignore[no-any-return]

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._raw})

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and bool(self._raw == other._raw)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._raw,)

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={_brief(value)}" for name, value in self._raw.items() if value is not None)
        return f"{type(self).__name__}({members})"


class Lazy:
    """An attribute that is made when somebody first looks at it."""

    def __init__(self, name: str, make: Callable[[Any], Any]) -> None:
        self._name = name
        self._make = make

    def __get__(self, owner: Any, kind: type) -> Any:
        if owner is None:
            return self
        made = owner.__dict__[self._name] = self._make(owner)
        return made


def _view(value: Any, kind: Any) -> Any:
    if isinstance(value, dict):
        return value if kind is dict else kind(value)
    if isinstance(value, list):
        return [_view(item, kind) for item in value]
    return value


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
