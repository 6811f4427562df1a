_BY_KIND: Final[Mapping[str, type[ResilientCompletionError]]] = {
    # BY_KIND
}
_SUMMARIES: Final[Mapping[str, type[ResilientCompletionError]]] = {
    # SUMMARIES
}

KINDS: Final[tuple[str, ...]] = tuple(_BY_KIND)
"""Every value that `kind` can have."""


def from_envelope(envelope: Mapping[str, Any]) -> ResilientCompletionError:
    """Make the error that an envelope of the native part describes, causes included."""
    kind = str(envelope.get("kind") or "")
    made = _SUMMARIES.get(str(envelope.get("class") or "")) or _BY_KIND.get(kind, ResilientCompletionError)
    return made(envelope=envelope)


def _rebuild(made: type[ResilientCompletionError], envelope: Mapping[str, Any]) -> ResilientCompletionError:
    return made(envelope=envelope)
