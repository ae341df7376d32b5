"""The content of a stream's choices, read as it comes: what is not certain yet waits for the next chunk."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from onellm.openai_compatible.content import ContentReader
from onellm.types.chunk import ChunkChoice, Delta, FunctionCallDelta, ToolCallDelta


class ContentReaders:
    """A reader for each choice whose content may hold thoughts in tags or a call of one of `tools`."""

    def __init__(self, *, tags: bool | str, tools: AbstractSet[str]) -> None:
        self._tags = tags
        self._tools = tools
        self._wanted = tags or bool(tools)
        self._readers: dict[int, ContentReader] = {}

    def __contains__(self, index: int) -> bool:
        return index in self._readers

    def begin(self, index: int) -> None:
        """A choice begins."""
        if self._wanted:
            self._readers[index] = ContentReader(tags=self._tags, tools=self._tools)

    def read(self, choice: ChunkChoice) -> None:
        """Thoughts out of the delta's content; at the end of the choice, what was held back too."""
        if (reader := self._readers.get(choice.index)) is None:
            return
        delta = choice.delta
        if delta.reasoning_content or delta.tool_calls:
            delta.content = reader.leave_tags() + (delta.content or "") or delta.content
        if delta.content is not None:
            thought, delta.content = reader.feed(delta.content)
            if thought:
                delta.reasoning_content = thought
        if delta.tool_calls or choice.finish_reason is not None:
            self.end(choice.index, delta)
        elif reader.passes:
            del self._readers[choice.index]

    def end(self, index: int, delta: Delta) -> None:
        """Give the delta what was held back of its choice: thoughts, text, or the call that the text is."""
        if (reader := self._readers.pop(index, None)) is None:
            return
        thought, said, call = reader.close()
        if thought:
            delta.reasoning_content = (delta.reasoning_content or "") + thought
        if said:
            delta.content = (delta.content or "") + said
        if call and not delta.tool_calls:
            function = FunctionCallDelta(**call)
            delta.tool_calls = [ToolCallDelta(index=0, id="call_0", type="function", function=function)]

    def cut(self) -> list[ChunkChoice]:
        """What was held back of choices that never ended."""
        choices: list[ChunkChoice] = []
        for index in list(self._readers):
            thought, said, _ = self._readers.pop(index).close()
            if thought or said:
                delta = Delta(content=said or None, reasoning_content=thought or None)
                choices.append(ChunkChoice(index=index, delta=delta))
        return choices
