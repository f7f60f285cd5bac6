"""`holdfast --help` answers at once: nothing heavy is imported before a command needs it."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("aiohttp", "pygit2", "helm_python", "jsonschema_rs", "rich.console", "yaml", "holdfast.sandbox.api")


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, holdfast.cli.main; print([name for name in sys.argv[1:] if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code, *HEAVY], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
