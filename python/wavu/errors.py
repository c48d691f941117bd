"""What can go wrong, each as one sentence for people with the next step.

Everything that this package raises is a WavuError. What a node answers is a RpcError, of a class by its code, so that
a bot catches what it can do something about: `except wavu.NotFound`, `except wavu.Again`.
"""
from __future__ import annotations

from typing import Dict, Optional, Type

# The names of the errors of include/wavu/err.h, by code: 1 is "again".
NAMES = (
    "ok", "again", "limit", "proto", "crypto", "peer_id", "unsupported", "closed", "reset", "timeout", "refused",
    "unreachable", "denied", "not_found", "exists", "in_use", "invalid", "corrupt", "io", "no_space", "memory",
    "exhausted", "no_node", "hardware", "shutdown", "downgrade",
)


class WavuError(Exception):
    """Something went wrong; `sentence` says what, why, and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


# ---- Without an answer ----


class NoNode(WavuError):
    """Nobody listens in that home."""


class NotTrusted(WavuError):
    """Another user's process listens in that home."""


class NoAnswer(WavuError):
    """Nothing came in time."""


class NodeGone(WavuError):
    """The node ended before it answered: whether it did what it was asked is not known."""


class BadAnswer(WavuError):
    """What came is not what docs/protocol/control.md describes."""


class NodeFailed(WavuError):
    """A node that was to be started ended instead."""


# ---- The node's answers ----


class RpcError(WavuError):
    """The node says no. `code` is JSON-RPC's; `name` that of the error ("not_found"), "" for others."""

    def __init__(self, sentence: str, code: int = 0, method: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.method = method

    @property
    def name(self) -> str:
        at = -32000 - self.code
        return NAMES[at] if 0 < at < len(NAMES) else ""


class UnknownMethod(RpcError):
    """This node is of an older wavu, or built without that part."""


class BadParams(RpcError):
    """The method does not take these parameters."""


class Failed(RpcError):
    """It did not work; the sentence says why."""


class Again(RpcError):
    """Not now: try again in a moment."""


class Limit(RpcError):
    """Too long, or too many."""


class Unsupported(RpcError):
    """Only another version can do that."""


class Timeout(RpcError):
    """The other side did not answer the node in time."""


class Unreachable(RpcError):
    """The node knows no way there."""


class Denied(RpcError):
    """It is not permitted, or the node is locked."""


class NotFound(RpcError):
    """There is no such thing."""


class Exists(RpcError):
    """It is there already."""


class Invalid(RpcError):
    """It cannot be understood, or can mean several things."""


class NoSpace(RpcError):
    """The disk is full."""


class Ambiguous(WavuError):
    """Several people can be meant by a name. Who is meant is for a person to say, never for a program to guess."""


class JoinFailed(WavuError):
    """The node was not let in. `name` is the error's ("crypto": the code is wrong or closed)."""

    def __init__(self, sentence: str, name: str) -> None:
        super().__init__(sentence)
        self.name = name


class NotDelivered(WavuError):
    """A text did not arrive, or nobody knows. `state` is what the node says: "timeout", "unreachable", ..."""

    def __init__(self, sentence: str, state: str) -> None:
        super().__init__(sentence)
        self.state = state


class TaskFailed(WavuError):
    """A connection, a ping or a trace came to nothing. `name` is the error's ("refused")."""

    def __init__(self, sentence: str, name: str) -> None:
        super().__init__(sentence)
        self.name = name


class FileFailed(WavuError):
    """A file was not offered, or did not come. `name` is the error's."""

    def __init__(self, sentence: str, name: str) -> None:
        super().__init__(sentence)
        self.name = name


_BY_CODE: Dict[int, Type[RpcError]] = {-32601: UnknownMethod, -32602: BadParams, -32603: Failed, -32000: Limit}
_BY_NAME: Dict[str, Type[RpcError]] = {
    "again": Again, "limit": Limit, "unsupported": Unsupported, "timeout": Timeout, "unreachable": Unreachable,
    "denied": Denied, "not_found": NotFound, "exists": Exists, "invalid": Invalid, "no_space": NoSpace,
}


def of_answer(code: int, message: Optional[str], method: str) -> RpcError:
    """The exception for an error that a node answers `method` with."""
    at = -32000 - code
    name = NAMES[at] if 0 < at < len(NAMES) else ""
    kind = _BY_CODE.get(code, _BY_NAME.get(name, RpcError))
    if code == -32601:
        message = f"this node does not know '{method}'; it is of an older wavu, or built without that part"
    return kind(message or f"the node failed '{method}' without saying why", code, method)
