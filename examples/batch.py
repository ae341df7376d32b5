"""Many questions at once, answered within a day for less, and read in the order in which they were asked.

Run it with a key of your own:

    OPENAI_API_KEY=… python examples/batch.py
"""

from onellm import Batch

PORTS = ("Oban", "Wick", "Stornoway")
requests = [
    {
        "custom_id": port,
        "body": {
            "model": "openai/gpt-4o-mini",
            "messages": [{"role": "user", "content": f"In one sentence: what is {port} known for?"}],
        },
    }
    for port in PORTS
]

batch = Batch.create(requests)
print(f"Started {batch.id[:20]}…")
ended = Batch.wait(batch.id, every=10, on_progress=lambda each: print(each.status))
for result in Batch.results(ended.id, order=PORTS):
    if result.error is not None:
        print(f"{result.custom_id}: {result.error.message}")
    else:
        print(f"{result.custom_id}: {result.response.choices[0].message.content}")
