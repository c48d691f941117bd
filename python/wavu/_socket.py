"""Where the node's socket is, who is behind it, and one connection to it: JSON lines, docs/protocol/control.md.

A Link carries one question at a time; its answer is the next line. A question that waits has a link of its own, since
a node answers it at once when anything comes behind it.
"""
from __future__ import annotations

import asyncio
import json
import os
import select
import socket
import struct
from typing import Any, Dict, Mapping, Optional, Tuple

from .errors import BadAnswer, NoAnswer, NodeGone, NoNode, NotTrusted, Limit, WavuError, of_answer

LINE_MAX = 64 * 1024  # bytes of a request, with its newline: JSONRPC_LINE_MAX
ANSWER_MAX = 16 * 1024 * 1024 + 65536  # bytes of an answer
PATH_MAX = 107  # bytes of a socket's path
CONTROL = "control.sock"


def find_home(home: Optional[str] = None) -> str:
    """The folder with the node's state: `home`, WAVU_HOME, systemd's STATE_DIRECTORY where it is called wavu,
    XDG_DATA_HOME/wavu, or ~/.local/share/wavu."""
    named = home if home is not None else os.environ.get("WAVU_HOME") or None
    data = os.environ.get("XDG_DATA_HOME", "")
    user = os.environ.get("HOME", "")
    if named is not None:
        if not named:
            raise WavuError("home needs the name of a folder")
        return os.fspath(named)
    for folder in os.environ.get("STATE_DIRECTORY", "").split(":"):
        if folder.startswith("/") and folder.endswith("/wavu"):
            return folder
    if data.startswith("/"):
        return data + "/wavu"
    if user:
        return user + "/.local/share/wavu"
    raise WavuError("HOME is not set, so there is no place for the state; name one with home")


def _other_end(sock: socket.socket) -> Tuple[int, int]:
    """The process and the user there. The kernel says so, not the other end."""
    size = struct.calcsize("3i")
    pid, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return pid, uid


async def _connect(home: str) -> socket.socket:
    path = os.path.join(home, CONTROL)
    if len(os.fsencode(path)) > PATH_MAX:
        raise WavuError(f"the path '{path}' is too long for a socket, which takes {PATH_MAX} bytes; name a shorter "
                        "home")
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, path)
        if _other_end(sock)[1] not in (os.geteuid(), 0):
            raise NotTrusted(f"the node in '{home}' belongs to another user; ask as that user")
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        sock.close()
        raise NoNode(f"no node runs in '{home}'; start one with 'wavu up'") from None
    except PermissionError:
        sock.close()
        raise NotTrusted(f"the node in '{home}' belongs to another user; ask as that user") from None
    except OSError as error:
        sock.close()
        raise NoNode(f"the node in '{home}' cannot be asked: {error.strerror or error}; is it running?") from None
    except BaseException:
        sock.close()
        raise
    return sock


def request(method: str, params: Mapping[str, Any], number: int) -> bytes:
    """One line. What is None is left out."""
    asked: Dict[str, Any] = {"jsonrpc": "2.0", "method": method, "id": number}
    given = {key: value for key, value in params.items() if value is not None}
    if given:
        asked["params"] = given
    try:
        line = json.dumps(asked, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"
    except UnicodeEncodeError:
        raise WavuError("a text has half a character, which no UTF-8 holds; decode it with errors='replace'") from None
    if len(line) > LINE_MAX:
        raise Limit(f"'{method}' with {len(line)} bytes is longer than the {LINE_MAX} that a node takes; "
                    "send long texts as a file", -32000, method)
    return line


def result_of(line: bytes, method: str, number: int, home: str) -> Any:
    """What the answer says, or its error as an exception."""
    useless = BadAnswer(f"the node in '{home}' gave no usable answer to '{method}'; is it of another version?")
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        raise useless from None
    if not isinstance(answer, dict) or answer.get("jsonrpc") != "2.0" or ("result" in answer) == ("error" in answer):
        raise useless
    error = answer.get("error")
    if error is None and answer.get("id") == number and "result" in answer:
        return answer["result"]
    if not isinstance(error, dict) or not isinstance(error.get("code"), int) or answer.get("id") not in (number, None):
        raise useless
    message = error.get("message")
    raise of_answer(error["code"], message if isinstance(message, str) else None, method)


class Link:
    """One connection, made when it is needed and again when the node has closed it."""

    def __init__(self, home: str) -> None:
        self.home = home
        self._reader: Optional[asyncio.StreamReader] = None
        self._writer: Optional[asyncio.StreamWriter] = None
        self._lock: Optional[asyncio.Lock] = None  # made inside a loop: Python 3.9 binds it to that
        self._number = 0

    @property
    def pid(self) -> Optional[int]:
        """The process at the other end; None while there is no connection."""
        return None if self._writer is None else _other_end(self._writer.get_extra_info("socket"))[0]

    def _is_good(self) -> bool:
        """Nothing comes unasked on a connection: what can be read there is its end."""
        if self._reader is None or self._writer is None or self._reader.at_eof() or self._writer.is_closing():
            return False
        poll = select.poll()
        poll.register(self._writer.get_extra_info("socket").fileno(), select.POLLIN)
        return not poll.poll(0)

    async def open(self) -> None:
        """Connect, unless that is so."""
        if self._is_good():
            return
        self.drop()
        sock = await _connect(self.home)
        try:
            self._reader, self._writer = await asyncio.open_unix_connection(sock=sock, limit=ANSWER_MAX)
        except BaseException:
            sock.close()
            raise

    def drop(self) -> None:
        """Close it at once: what was asked last is answered to nobody."""
        writer, self._reader, self._writer = self._writer, None, None
        if writer is not None:
            writer.close()

    async def close(self) -> None:
        writer = self._writer
        self.drop()
        if writer is not None:
            try:
                await writer.wait_closed()
            except OSError:
                pass

    async def _exchange(self, line: bytes, method: str) -> bytes:
        await self.open()
        assert self._reader is not None and self._writer is not None
        try:
            self._writer.write(line)
            await self._writer.drain()
            return await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise BadAnswer(f"the answer of the node in '{self.home}' to '{method}' is longer than any; "
                            "is it of another version?") from None
        except (asyncio.IncompleteReadError, OSError):
            raise NodeGone(f"the node in '{self.home}' ended before it answered '{method}', so whether it did that "
                           "is not known; start it again with 'wavu up', and look") from None

    async def ask(self, method: str, params: Mapping[str, Any], timeout: Optional[float]) -> Any:
        """Ask, and give the result. `timeout` in seconds; None: as long as it takes. A question that is given up takes
        its connection along, so that no other gets its answer."""
        self._lock = self._lock or asyncio.Lock()
        async with self._lock:
            self._number += 1
            line = request(method, params, self._number)
            try:
                answer = await asyncio.wait_for(self._exchange(line, method), timeout)
                return result_of(answer, method, self._number, self.home)
            except asyncio.TimeoutError:
                self.drop()
                raise NoAnswer(f"the node in '{self.home}' does not answer '{method}'; it is overloaded or "
                               "stopped") from None
            except (BadAnswer, NodeGone, asyncio.CancelledError):
                self.drop()
                raise
