"""Make a video with Venice. Run it again after an interruption: it goes on with the job that was paid for.

export VENICE_API_KEY=…
python examples/venice_video.py "a fox runs through the snow"
"""

from __future__ import annotations

import sys
from pathlib import Path

from onellm_providers.venice import MediaJob, Venice
from onellm_providers.venice.types.jobs import JobProgress

from onellm import OneLLMError

JOB = Path("fox-job.json")


def show(told: JobProgress) -> None:
    if told.progress is not None:
        print(f"{told.stage}: {told.progress:.0%}")


def main() -> None:
    prompt = sys.argv[1] if len(sys.argv) > 1 else "a fox runs through the snow"
    with Venice() as venice:
        if JOB.exists():
            job = MediaJob.load(JOB)
            print(f"going on with {job.queue_id}")
        else:
            price = venice.video.quote(model="wan-2-7-text-to-video", duration="5s")
            print(f"it costs ${price.quote:g}")
            job = venice.video.queue(prompt, model="wan-2-7-text-to-video", duration="5s")
            job.save(JOB)
        try:
            video = venice.video.resume(job, on_progress=show, poll_interval=2)
        except OneLLMError as error:
            raise SystemExit(f"{error} Run it again to go on.") from None
        print(f"saved {video.save('fox.mp4').name}")
        JOB.unlink()


if __name__ == "__main__":
    main()
