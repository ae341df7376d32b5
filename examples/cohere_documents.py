"""Answer from documents, and say where each part of the answer comes from: rerank, then chat with citations.

Run it with a key of your own:

    COHERE_API_KEY=… python examples/cohere_documents.py "When is high tide?"
"""

import sys

from onellm import ChatCompletion, Rerank

TEXTS = ["High tide is at four.", "The ferry leaves at ten.", "The fjord is 200 metres deep."]
question = sys.argv[1] if len(sys.argv) > 1 else "When is high tide?"

best = Rerank.create("cohere/rerank-v3.5", question, TEXTS, top_n=2)
documents = [{"id": str(row.index), "data": {"text": TEXTS[row.index]}} for row in best.results]
answer = ChatCompletion.create(
    "cohere/command-a-03-2025", [{"role": "user", "content": question}], extra_body={"documents": documents}
)
message = answer.choices[0].message
print(message.content)
for note in (message.model_extra or {}).get("annotations", []):
    cited = note["citation"]
    sources = ", ".join(source["document"]["text"] for source in cited["sources"])
    print(f"  “{cited['text']}” comes from: {sources}")
