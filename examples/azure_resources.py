"""Two Azure resources side by side, each with its own key: `python examples/azure_resources.py`.

Needs AZURE_EASTUS_API_KEY and AZURE_EASTUS_BASE_URL, and the same for AZURE_WEST.
"""

from __future__ import annotations

from onellm import ChatCompletion


def main() -> None:
    for profile in ("eastus", "west"):
        answer = ChatCompletion.create(
            f"azure@{profile}/gpt-5.4-mini", [{"role": "user", "content": "Name three uses of a paper clip."}]
        )
        print(f"{profile}: {answer.choices[0].message.content}")
        verdicts = (answer.choices[0].model_extra or {}).get("content_filter_results", {})
        print("filtered:", [name for name, verdict in verdicts.items() if verdict.get("filtered")])


if __name__ == "__main__":
    main()
