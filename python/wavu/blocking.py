"""The same without asyncio: every method of Client waits, and iterators are plain ones.

    with wavu.BlockingClient() as node:
        node.say("habari")
        for message in node.messages():
            ...

For scripts. It keeps an event loop of its own, which runs only while a call lasts; one thread at a time.
"""
from __future__ import annotations

import asyncio
import functools
from types import TracebackType
from typing import TYPE_CHECKING, Any, AsyncIterator, Awaitable, Callable, Iterator, Optional, Type, TypeVar

from .client import TIMEOUT_S, Client, Path

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    P = ParamSpec("P")
T = TypeVar("T")


def _waits(method: "Callable[Concatenate[Client, P], Awaitable[T]]") -> "Callable[Concatenate[BlockingClient, P], T]":
    @functools.wraps(method)
    def wrapper(self: "BlockingClient", /, *args: "P.args", **kwargs: "P.kwargs") -> T:
        return self._run(method(self._client, *args, **kwargs))
    return wrapper


def _gives(
    method: "Callable[Concatenate[Client, P], AsyncIterator[T]]",
) -> "Callable[Concatenate[BlockingClient, P], Iterator[T]]":
    @functools.wraps(method)
    def wrapper(self: "BlockingClient", /, *args: "P.args", **kwargs: "P.kwargs") -> Iterator[T]:
        source: Any = method(self._client, *args, **kwargs)
        try:
            while True:
                try:
                    one: T = self._run(source.__anext__())
                except StopAsyncIteration:
                    return
                yield one
        finally:
            self._run(source.aclose())
    return wrapper


class BlockingClient:
    """See Client, which says what each method does."""

    def __init__(self, home: Optional[Path] = None, timeout: float = TIMEOUT_S) -> None:
        self._client = Client(home, timeout)
        self._loop = asyncio.new_event_loop()
        self.home = self._client.home
        self.version = ""

    def _run(self, wait: Awaitable[T]) -> T:
        """Ctrl+C ends what is waited for, in order, and nothing else."""
        task = asyncio.ensure_future(wait, loop=self._loop)
        try:
            return self._loop.run_until_complete(task)
        except KeyboardInterrupt:
            task.cancel()
            self._loop.run_until_complete(asyncio.wait([task]))
            raise

    def __enter__(self) -> "BlockingClient":
        try:
            self._run(self._client.__aenter__())
            self.version = self._client.version
        except BaseException:
            self._loop.close()
            raise
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def close(self) -> None:
        if not self._loop.is_closed():
            self._run(self._client.close())
            self._run(self._loop.shutdown_asyncgens())
            self._loop.close()

    call = _waits(Client.call)
    call_waiting = _waits(Client.call_waiting)
    status = _waits(Client.status)
    peers = _waits(Client.peers)
    nodes = _waits(Client.nodes)
    topology = _waits(Client.topology)
    metrics = _waits(Client.metrics)
    broadcast = _waits(Client.broadcast)
    send = _waits(Client.send)
    stop = _waits(Client.stop)
    dial = _waits(Client.dial)
    disconnect = _waits(Client.disconnect)
    ping = _gives(Client.ping)
    trace = _gives(Client.trace)
    routes = _waits(Client.routes)
    key = _waits(Client.key)
    nick = _waits(Client.nick)
    networks = _waits(Client.networks)
    make_network = _waits(Client.make_network)
    members = _waits(Client.members)
    find = _waits(Client.find)
    join = _waits(Client.join)
    join_key = _waits(Client.join_key)
    join_open = _waits(Client.join_open)
    leave = _waits(Client.leave)
    revoke = _waits(Client.revoke)
    rooms = _waits(Client.rooms)
    make_room = _waits(Client.make_room)
    say = _waits(Client.say)
    chats = _waits(Client.chats)
    dm = _waits(Client.dm)
    delivered = _waits(Client.delivered)
    reply = _waits(Client.reply)
    edit = _waits(Client.edit)
    delete = _waits(Client.delete)
    react = _waits(Client.react)
    read = _waits(Client.read)
    history = _gives(Client.history)
    messages = _gives(Client.messages)
    events = _gives(Client.events)
    files = _waits(Client.files)
    send_file = _waits(Client.send_file)
    file = _waits(Client.file)
    accept_file = _waits(Client.accept_file)
    cancel_file = _waits(Client.cancel_file)
    sos = _waits(Client.sos)
    sos_calls = _waits(Client.sos_calls)
    sos_cancel = _waits(Client.sos_cancel)
    sos_acknowledge = _waits(Client.sos_acknowledge)
