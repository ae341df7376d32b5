"""Record what a service really answered, and replay it in tests.

    with record("tests/recordings/chat.json") as tape:      # once, with a real key
        client = OneLLM(transport=tape.transport)

    with replay("tests/recordings/chat.json") as tape:      # from then on, without a network
        client = AsyncOneLLM(transport=tape.async_transport)

The file is JSON. Credentials, cookies and organization ids are not in it; what else is secret goes into `secrets=`.
"""

from onellm.testing.recording.errors import RecordingError, UnmatchedRequest
from onellm.testing.recording.player import Player, replay
from onellm.testing.recording.recorder import Recorder, record
from onellm.testing.recording.tape import Tape

__all__ = ["Player", "Recorder", "RecordingError", "Tape", "UnmatchedRequest", "record", "replay"]
