"""What a step plugin is asked, and what it answers."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct


class Operation(StrEnum):
    """As status writes it; a program is told it in small letters."""

    RUN = "Run"
    TERMINATE = "Terminate"
    ABORT = "Abort"


class PluginPhase(StrEnum):
    RUNNING = "Running"
    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    ERROR = "Error"


class Execution(Struct, frozen=True):
    """One call among all of a Rollout: an answer that was given to another one is of no use.

    `number` counts from 1; `began` is when the operation began.
    """

    index: int
    name: str
    operation: Operation
    began: str
    number: int


class Question(Struct, frozen=True):
    """`config` is that of the step, `status` what the plugin answered last under this name; None for none."""

    execution: Execution
    namespace: str
    rollout: str
    config: Any = None
    status: Any = None


class Answer(Struct, frozen=True):
    """`requeue_after` is when to ask again while it is Running or in Error; None leaves it to us."""

    phase: PluginPhase
    message: str = ""
    requeue_after: timedelta | None = None
    status: Any = None
