"""A primary that fails, and the fallback that answers.

The first model is limited (429), the second is silent until its own timeout, the third streams the answer. A scripted
provider on this machine plays all three. With LIVE=1 and OPENROUTER_API_KEY the same program asks OpenRouter: a model
that does not exist, one that is given no time, and one that answers.
"""

import os

from resilient_completion import Client
from resilient_completion.testing import Simulator

STORY = {
    "models": {
        "demo/limited": {"error": {"code": 429, "message": "Rate limit exceeded"}},
        "demo/silent": {"fault": "silence"},
        "demo/steady": {"text": "A function that calls itself, on something smaller each time.", "every": 0.05},
    }
}
REHEARSED = ["demo/limited", "demo/silent", "demo/steady"]
LIVE = ["openai/no-such-model", "openai/gpt-4o-mini", "google/gemini-2.5-flash"]


def ask(client: Client, models: list[str], patience: float) -> None:
    chain = [
        {"model": models[0], "label": "primary"},
        {"model": models[1], "label": "second", "timeout": patience},
        {"model": models[2], "label": "third"},
    ]
    with client.stream("What is recursion, in one sentence?", chain=chain, max_tokens=100) as stream:
        for piece in stream:
            print(piece.text, end="", flush=True)
    answer = stream.completion
    print(f"\n\nserved by {answer.label} ({answer.model}), fell back: {answer.fell_back}\n")
    print(answer.trace)


print("Python")
if os.environ.get("LIVE") == "1":
    with Client() as client:
        ask(client, LIVE, patience=0.05)
else:
    with Simulator(STORY) as provider, Client(api_key="demo", base_url=provider.url) as client:
        ask(client, REHEARSED, patience=0.8)
