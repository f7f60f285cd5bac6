"""How answers are printed: tables for people, JSON, YAML or names for scripts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import typer


class Format(StrEnum):
    """The values of `-o`."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"


OutputOption = typer.Option(Format.TABLE, "--output", "-o", help="How to print.", show_default="table")


def print_document(document: Any, how: Format) -> None:
    """Prints JSON for Format.JSON, YAML otherwise."""
    if how is Format.JSON:
        import orjson

        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        sys.stdout.write(orjson.dumps(document, option=options).decode())
        return
    from holdfast.engine.lang.yaml_documents import dump

    sys.stdout.write(dump(document))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their widest cell, the way kubectl and argocd print them; nothing is cut."""
    widths = [max(len(row[column]) for row in (headings, *rows)) for column in range(len(headings))]
    for row in (headings, *rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def print_fields(fields: Sequence[tuple[str, str]]) -> None:
    """`Name:   value` lines, the values under one another."""
    width = max(len(name) for name, _ in fields) + 1
    for name, value in fields:
        sys.stdout.write(f"{name + ':':<{width}}  {value}".rstrip() + "\n")
