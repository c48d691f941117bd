"""A code for one newcomer, open for as long as a block lasts."""
from __future__ import annotations

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING, AsyncIterator, Optional, Type

from . import types
from ._follow import Reader
from .errors import JoinFailed, WavuError
from .types import Event, Member

if TYPE_CHECKING:
    from .client import Client

KINDS = frozenset({"codeTry", "codeBusy", "newcomer", "codeClosed"})
LOOK_S = 0.2  # between two looks whether who was invited is in by now


class Invite:
    """See Client.invite. `code` is to be read out to one person, `qr` is what a QR shows; both are secrets."""

    def __init__(self, node: "Client", network: Optional[str], language: Optional[str]) -> None:
        self._node = node
        self._network = network
        self._language = language
        self._reader: Optional[Reader] = None
        self._is_closed = False
        self.code = ""
        self.qr = ""
        self.open_ms = 0

    async def __aenter__(self) -> "Invite":
        told = await self._node.call("network.invite", network=self._network, language=self._language)
        self.code = types.take(str, told, "code")
        self.qr = types.take(str, told, "qr")
        self.open_ms = types.take(int, told, "openMs")
        self._reader = Reader(self._node.home, types.take(int, told, "after"))
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        if self._reader is not None:
            await self._reader.close()
        if not self._is_closed:
            self._is_closed = True
            try:
                await self._node.call("network.inviteClose")
            except WavuError:
                if error is None:
                    raise

    async def __aiter__(self) -> AsyncIterator[Event]:
        """What becomes of the code: events "codeTry", "codeBusy", "newcomer"; "codeClosed" is the last."""
        if self._reader is None:
            raise WavuError("no code is open; use 'async with node.invite() as invite'")
        while not self._is_closed:
            events, _ = await self._reader.batch()
            for event in events:
                self._is_closed = self._is_closed or event.kind == "codeClosed"
                if event.kind in KINDS:
                    yield event
                if self._is_closed:
                    break

    async def newcomer(self) -> Member:
        """Wait until somebody has used the code, and is in. JoinFailed when it closes before ("expired", "wrong codes",
        "withdrawn")."""
        network, invited = "", ""
        async for event in self:
            if event.kind == "newcomer":
                network, invited = event.text("network"), event.text("member")
            if event.kind == "codeClosed" and event.text("reason") != "used":
                raise JoinFailed(f"nobody came in by that code ({event.text('reason')}); open a new one",
                                 event.text("reason"))
        while True:
            for member in await self._node.members(network):
                if member.id == invited and member.standing == "member":
                    return member
            await asyncio.sleep(LOOK_S)
