"""A process that runs scripts for another one, and can be killed: `python -m holdfast.adapters.scripts.worker`."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from holdfast.adapters.scripts.messages import Answer, Done, Failed, Question, out_of_memory
from holdfast.adapters.scripts.perform import perform
from holdfast.model.errors import Blocked
from holdfast.runtime import worker_loop


def main() -> None:
    worker_loop.serve(_ready)


def _ready(_: bytes) -> Callable[[bytes], bytes]:
    decoder: msgspec.json.Decoder[Question] = msgspec.json.Decoder(Question)
    return lambda message: msgspec.json.encode(_answer(decoder.decode(message)))


def _answer(question: Question) -> Answer:
    try:
        return Done(perform(question))
    except Blocked as error:
        return Failed(error.reason, error.message)
    except MemoryError:
        blocked = out_of_memory(question)
        return Failed(blocked.reason, blocked.message)


if __name__ == "__main__":
    main()
