"""LLM chat completions that do not fail.

Fallback chains, time limits, retries, budgets, and a record of who served what::

    from resilient_completion import resilient_completion

    answer = resilient_completion("Explain recursion", models=["anthropic/claude-sonnet-4.5", "openai/gpt-4o"])
    print(answer.text, answer.model, answer.fell_back)

Importing this package computes nothing, opens nothing and starts nothing.
"""

from . import errors
from ._default import acapability_fallback, aresilient_completion, capability_fallback, resilient_completion
from ._native import Delta, ToolCallDelta, __version__
from .classify import classify
from .client import AsyncClient, Client
from .completion import Choice, Completion, Function, Message, ToolCall, Usage
from .errors import *  # noqa: F403
from .plan import Plan
from .stream import AsyncStream, Stream
from .trace import Attempt, Trace

errors.set_trace_type(Trace)

__all__ = [
    "AsyncClient",
    "AsyncStream",
    "Attempt",
    "Choice",
    "Client",
    "Completion",
    "Delta",
    "Function",
    "Message",
    "Plan",
    "Stream",
    "ToolCall",
    "ToolCallDelta",
    "Trace",
    "Usage",
    "__version__",
    "acapability_fallback",
    "aresilient_completion",
    "capability_fallback",
    "classify",
    "resilient_completion",
]
__all__ += errors.__all__
__all__.remove("from_envelope")
__all__.remove("set_trace_type")
