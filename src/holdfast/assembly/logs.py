"""Where log lines go."""

from __future__ import annotations

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
MOST_BYTES = 5 * 1024**2


def to_file(path: Path) -> None:
    """Into a file of bounded size with one predecessor: a terminal that shows applications stays readable."""
    handler = RotatingFileHandler(path, maxBytes=MOST_BYTES, backupCount=1, encoding="utf-8", delay=True)
    logging.basicConfig(level=logging.INFO, format=FORMAT, handlers=[handler], force=True)
    logging.getLogger("aiohttp").setLevel(logging.WARNING)


def to_stdout() -> None:
    """For a process whose output somebody collects."""
    logging.basicConfig(level=logging.INFO, format=FORMAT, stream=sys.stdout, force=True)
