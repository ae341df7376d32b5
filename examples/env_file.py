"""Keys from a .env file, read only because this program asks for it.

Write a file `.env` with a line `VENICE_API_KEY=…`, keep it out of version control, and run

    python examples/env_file.py [PATH]
"""

import sys

from onellm import ChatCompletion, OneLLMError, load_config

path = sys.argv[1] if len(sys.argv) > 1 else ".env"
try:
    names = load_config(env_file=path)  # the real environment wins over the file
    print(f"Read from {path}: {', '.join(names)}")
    answer = ChatCompletion.create(
        model="venice/zai-org-glm-5",
        messages=[{"role": "user", "content": "Say hello."}],
    )
except OneLLMError as error:
    sys.exit(str(error))
print(answer.choices[0].message.content)
