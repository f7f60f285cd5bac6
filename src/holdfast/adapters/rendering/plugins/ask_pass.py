"""The program that git asks for user and password within a plugin on this machine: it asks the render at its socket.

Nothing heavy is loaded here before it is needed, since git starts it twice for each question.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Final

NONCE: Final = "ARGOCD_GIT_ASKPASS_NONCE"
SOCKET: Final = "ARGOCD_ASK_PASS_SOCK"
ORIGIN: Final = "HOLDFAST_ASK_PASS_ORIGIN"
METHOD: Final = "/askpass.AskPassService/GetCredentials"
_QUESTION: Final = re.compile(r"(Username|Password) for '(?P<scheme>[a-z]+://)(?:[^@'/]*@)?(?P<host>[^'/]+)[^']*'")
_SECONDS: Final = 10.0


def main(arguments: list[str]) -> int:
    """Prints what git asks for, when it asks for the repository's own host: others are told nothing."""
    asked = _QUESTION.match(arguments[0]) if arguments else None
    if asked is None or asked["scheme"] + asked["host"] != os.environ.get(ORIGIN, ""):
        sys.stderr.write("these credentials are for the repository of the application alone\n")
        return 1
    import grpc

    from holdfast.engine.lang.protobuf_wire import fields, text, text_field

    with grpc.insecure_channel(f"unix:{os.environ[SOCKET]}", (("grpc.enable_http_proxy", 0),)) as channel:
        try:
            answer = channel.unary_unary(METHOD)(text_field(1, os.environ[NONCE]), timeout=_SECONDS)
        except grpc.RpcError as error:
            sys.stderr.write(f"no credentials: {error.code().name}\n")
            return 1
    said = dict(fields(answer))
    sys.stdout.write(text(said.get(1 if asked[1] == "Username" else 2, b"")) + "\n")
    return 0
