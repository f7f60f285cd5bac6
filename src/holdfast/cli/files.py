"""Reads the documents of a file that is named on the command line."""

from __future__ import annotations

import sys
from pathlib import Path

from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject

MOST_BYTES = 64 * 1024 * 1024


def read_text(file: str) -> str:
    """The text of a file, or of standard input for "-". Raises Blocked that names the file."""
    try:
        if file == "-":
            return sys.stdin.read(MOST_BYTES)
        path = Path(file)
        if path.stat().st_size > MOST_BYTES:
            raise Blocked("FileTooLarge", f"{file}: is larger than {MOST_BYTES // 1024**2} MiB")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Blocked("FileUnreadable", f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Blocked("FileUnreadable", f"{file}: is not UTF-8 text (byte {error.start})") from error


def read_documents(file: str) -> list[KubeObject]:
    """The YAML or JSON objects of a file, empty documents left out."""
    from holdfast.engine.lang.yaml_documents import YamlInvalid, load_all

    try:
        documents = [document for document in load_all(read_text(file)) if document is not None]
    except YamlInvalid as error:
        raise Blocked("YamlInvalid", f"{file}: invalid YAML: {error}") from error
    for number, document in enumerate(documents, start=1):
        if not isinstance(document, dict):
            raise Blocked("NotAnObject", f"{file}: document {number} is no object")
    return [document for document in documents if isinstance(document, dict)]
