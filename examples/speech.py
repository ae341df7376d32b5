"""A text spoken into a file as it is made, and written down again.

Run it with a key of your own:

    OPENAI_API_KEY=… python examples/speech.py
"""

from onellm import AudioTranscription, Speech

TEXT = "High tide is at four."

spoken = Speech.create("openai/gpt-4o-mini-tts", TEXT, voice="alloy", response_format="wav", stream=True)
path = spoken.save("tide.wav")
print(f"{path}: {path.stat().st_size} bytes, the first after {spoken.meta.time_to_first_token or 0:.2f} s")

with AudioTranscription.create("openai/gpt-4o-transcribe", path, stream=True) as events:
    for event in events:
        print(event.delta, end="", flush=True)
print()
