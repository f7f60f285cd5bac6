"""A process that fills texts for another one, and can be killed: `python -m holdfast.adapters.texts.worker`."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from holdfast.adapters.texts.messages import Question
from holdfast.runtime import worker_loop


def main() -> None:
    worker_loop.serve(_ready)


def _ready(_: bytes) -> Callable[[bytes], bytes]:
    # Loaded before the first question, so that its time limit is spent on filling.
    from holdfast.adapters.texts.perform import perform

    decoder: msgspec.json.Decoder[Question] = msgspec.json.Decoder(Question)
    return lambda message: msgspec.json.encode(perform(decoder.decode(message)))


if __name__ == "__main__":
    main()
