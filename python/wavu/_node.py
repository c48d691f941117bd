"""A node of one's own: `wavu up --attended` as a child, for as long as a block lasts. A connection is kept meanwhile: when
this process dies without a word, the node has no client any more and ends by itself.
"""
from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time
from types import TracebackType
from typing import List, Optional, Sequence, Type

from .client import Client, Path
from .errors import Again, Failed, NodeFailed, NodeGone, NoNode, WavuError

READY_S = 30.0  # until it has to answer
LOOK_S = 0.05
END_S = 10.0  # until one that was asked to end is killed
TOLD_MAX = 4096  # bytes of its last words that are kept


class StartedNode:
    """See start_node. `home` is its home, `addresses` where others can dial it, once it runs."""

    def __init__(self, home: Path, binary: Optional[Path], arguments: Sequence[str]) -> None:
        self.home = os.fspath(home)
        self.addresses: List[str] = []
        self._binary = binary
        self._arguments = list(arguments)
        self._process: Optional[asyncio.subprocess.Process] = None
        self._keeper = Client(self.home)
        self._told = b""
        self._drains: List["asyncio.Task[None]"] = []

    def connect(self) -> Client:
        return Client(self.home)

    async def __aenter__(self) -> "StartedNode":
        binary = self._binary or find_program()
        if not binary:
            raise NodeFailed("there is no program 'wavu' in PATH; install it, or name it with binary=")
        try:
            self._process = await asyncio.create_subprocess_exec(
                os.fspath(binary), "up", "--attended", "--home", self.home, *self._arguments, stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        except OSError as error:
            raise NodeFailed(f"'{os.fspath(binary)}' cannot be run: {error.strerror}; name the program with "
                             "binary=") from None
        assert self._process.stdout is not None and self._process.stderr is not None
        self._drains = [asyncio.ensure_future(self._drain(self._process.stdout, False)),
                        asyncio.ensure_future(self._drain(self._process.stderr, True))]
        try:
            await asyncio.wait_for(self._ready(), READY_S)
        except asyncio.TimeoutError:
            await self._end()
            raise NodeFailed(f"the node in '{self.home}' did not come up in {READY_S:.0f} s{self._last()}") from None
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        await self._end()

    async def _drain(self, stream: asyncio.StreamReader, is_kept: bool) -> None:
        """Its words must have somewhere to go, or it would wait."""
        block = await stream.read(TOLD_MAX)
        while block:
            if is_kept:
                self._told = (self._told + block)[-TOLD_MAX:]
            block = await stream.read(TOLD_MAX)

    def _last(self) -> str:
        lines = self._told.decode("utf-8", "replace").strip().splitlines()
        return f": {lines[-1]}" if lines else "; run 'wavu up' to see why"

    async def _ready(self) -> None:
        assert self._process is not None
        while True:
            if self._process.returncode is not None:
                await asyncio.wait(self._drains)
                raise NodeFailed(f"the node in '{self.home}' ended at once{self._last()}")
            try:
                self.addresses = list((await self._keeper.status()).addresses)
                if self._keeper._link.pid == self._process.pid:
                    return
                await self._keeper.close()
            except (NoNode, NodeGone, Failed, Again):  # not yet
                pass
            await asyncio.sleep(LOOK_S)  # another node may run there: then this one ends and says so

    async def _end(self) -> None:
        await self._keeper.close()
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            _signal(process, signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), END_S)
            except asyncio.TimeoutError:
                _signal(process, signal.SIGKILL)
        await process.wait()
        await asyncio.wait(self._drains)

    def kill(self) -> None:
        """End it without a word, as a power cut does."""
        if self._process is None:
            raise WavuError("that node does not run; start it in an 'async with' block")
        _signal(self._process, signal.SIGKILL)


def _signal(process: asyncio.subprocess.Process, number: int) -> None:
    """Not by the process's own methods: they look for its end first, and take it from asyncio, which waits for it."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def find_program() -> Optional[str]:
    """WAVU_BIN, else `wavu` in PATH."""
    return os.environ.get("WAVU_BIN") or shutil.which("wavu")


def start_in_background(home: str, binary: str) -> None:
    """Start a node that others find, too, and that ends some seconds after its last client has gone. Returns once it
    answers; NodeFailed with its own last sentence otherwise. Blocks."""
    node = subprocess.Popen([binary, "up", "--attended", "--home", home], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    end = time.monotonic() + READY_S
    assert node.stderr is not None
    os.set_blocking(node.stderr.fileno(), False)
    told = b""
    while True:
        told = (told + (node.stderr.read(TOLD_MAX) or b""))[-TOLD_MAX:]
        try:
            asyncio.run(_asks(home))
            break
        except (NoNode, NodeGone, Failed, Again):
            lines = told.decode("utf-8", "replace").strip().splitlines()
            if node.poll() is not None:
                raise NodeFailed(lines[-1].replace("wavu: ", "", 1) if lines else
                                 f"the node that was started in '{home}' has ended; 'wavu up' shows why") from None
            if time.monotonic() > end:
                raise NodeFailed(f"the node that was started in '{home}' does not answer; 'wavu up' shows what it is "
                                 "doing") from None
        time.sleep(LOOK_S)
    node.stderr.close()
    node.returncode = 0  # it is nobody's child from now on: whoever ends first does not wait for the other


async def _asks(home: str) -> None:
    async with Client(home) as node:
        await node.call("vault.state")


def start_node(home: Path, binary: Optional[Path] = None, arguments: Sequence[str] = ()) -> StartedNode:
    """Run `wavu up` in `home` for as long as the block lasts, with more `arguments` (`wavu help up`).

        async with wavu.start_node("bot-home") as started, started.connect() as node:
            await node.say("habari")

    `binary`: the program; else WAVU_BIN, else `wavu` in PATH. NodeFailed with its own last sentence when it does not
    come up."""
    return StartedNode(home, binary, arguments)
