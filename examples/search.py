"""Which text fits a question best: embeddings, and the angle between them.

Run it with a key of your own:

    OPENAI_API_KEY=… python examples/search.py "When is the sea highest?"
"""

import sys

from onellm import Embedding

TEXTS = ["High tide is at four.", "The ferry leaves at ten.", "The fjord is 200 metres deep."]
question = sys.argv[1] if len(sys.argv) > 1 else "When is the sea highest?"

vectors = Embedding.create("openai/text-embedding-3-small", [question, *TEXTS], dimensions=256).vectors
scores = [sum(a * b for a, b in zip(vectors[0], vector, strict=True)) for vector in vectors[1:]]
for score, text in sorted(zip(scores, TEXTS, strict=True), reverse=True):
    print(f"{score:.3f}  {text}")
