"""`holdfast validate FILE…`: judges documents by the schemas of our kinds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from holdfast.model.kube import group_of, kind_of, name_of
from holdfast.model.names import GROUP

if TYPE_CHECKING:
    from holdfast.model.crd.validation import Verdict

STANDARD_INPUT = "-"


def command(
    files: list[str] = typer.Argument(help="Files of YAML or JSON, several documents each; - reads the input."),
) -> None:
    """Judge documents by the schemas of our kinds."""
    raise typer.Exit(validate(files))


def validate(files: list[str]) -> int:
    """Writes a line a document and the findings under it; 1 when a document is invalid or a file cannot be read."""
    verdicts = [_validate_file(file) for file in files]
    return 0 if all(verdicts) else 1


def _validate_file(file: str) -> bool:
    # The schemas of all kinds cost time to load, which the other commands need not pay.
    from holdfast.engine.lang.yaml_documents import YamlInvalid, load_all
    from holdfast.model.crd.validation import validate_document

    try:
        documents = load_all(_read(file))
    except OSError as error:
        _write(f"{file}: cannot be read: {error.strerror}")
        return False
    except YamlInvalid as error:
        _write(f"{file}: invalid YAML: {error}")
        return False
    sound = True
    for number, document in enumerate(documents, start=1):
        if document is None:
            continue
        if _is_of_others(document):
            _write(f"{file}#{number}: {kind_of(document)} {name_of(document)}: not judged, it is none of our kinds")
            continue
        verdict = validate_document(document)
        _report(f"{file}#{number}", document, verdict)
        sound = sound and verdict.valid
    return sound


def _is_of_others(document: Any) -> bool:
    """A misspelt kind of our group, or a document without a group, is still ours to refuse."""
    return isinstance(document, dict) and bool(document.get("apiVersion")) and group_of(document) != GROUP


def _read(file: str) -> bytes:
    return sys.stdin.buffer.read() if file == STANDARD_INPUT else Path(file).read_bytes()


def _report(place: str, document: Any, verdict: Verdict) -> None:
    subject = f"{kind_of(document)} {name_of(document)}".strip() if isinstance(document, dict) else "document"
    _write(f"{place}: {subject or 'document'}: {'valid' if verdict.valid else 'invalid'}")
    for error in verdict.errors:
        _write(f"  {error.removeprefix(': ')}")
    for field in verdict.unknown_fields:
        _write(f"  unknown field {field} (kept, but nothing reads it)")


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
