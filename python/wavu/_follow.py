"""What happens at a node, as it happens: events by their numbers, and messages so that none is missed or comes twice.

A node keeps its newest events only. Messages are therefore read from its histories, by the number of what came there
last; events say where there is something new. Who was too slow, or away while the node was started again, looks into
every history and goes on. Nothing is kept here for a slow consumer: it is the node's disk that keeps it.
"""
from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any, AsyncIterator, Awaitable, Callable, Dict, List, Mapping, NamedTuple, Optional, Set, Tuple

from . import types
from ._socket import Link
from .errors import Again, BadAnswer, Failed, NodeGone, NoNode, NotFound
from .types import Event, Message

NO_MORE = 2**53  # above every number of a node
PAGE = 100  # messages of one question
SEEN_MAX = 32768  # ids of messages that were told last: more than a node holds back at a time
PAUSE_S = 0.1  # behind an empty answer
RETRY_S = 2.0  # at most, until a node that has gone is looked for again

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]


class Place(NamedTuple):
    """A room or a direct chat, by ids."""

    network: str
    room: Optional[str] = None
    member: Optional[str] = None


class Reader:
    """The events of a node, on a connection of their own."""

    def __init__(self, home: str, after: Optional[int] = None) -> None:
        self._link = Link(home)
        self.after = after

    async def start(self, timeout: Optional[float]) -> None:
        """From now on, whatever was before: a node that was started again counts from 1."""
        result = await self._link.ask("mesh.events", {"after": NO_MORE}, timeout)
        self.after = types.take(int, result, "next") - 1

    async def batch(self) -> Tuple[List[Event], int]:
        """The next ones, and how many before them are kept no more. Waits until there is something."""
        while True:
            result = await self._link.ask("mesh.events", {"after": self.after, "wait": True}, None)
            events = [types.event(one) for one in types.take(list, result, "events")]
            lost = types.take(int, result, "lost")
            self.after = types.take(int, result, "next") - 1
            if events or lost > 0:
                return events, lost
            await asyncio.sleep(PAUSE_S)

    async def close(self) -> None:
        await self._link.close()


class _Seen:
    """The ids that came last."""

    def __init__(self) -> None:
        self._ids: "OrderedDict[bytes, None]" = OrderedDict()

    def add(self, message: str) -> bool:
        """False: it was there."""
        key = message.encode()
        if key in self._ids:
            return False
        self._ids[key] = None
        if len(self._ids) > SEEN_MAX:
            self._ids.popitem(last=False)
        return True

    def __contains__(self, message: str) -> bool:
        return message.encode() in self._ids


def _told(event: Event, place: Place) -> Message:
    """A message as an event has it."""
    known: Dict[str, Any] = dict(place._asdict(), unix_ms=event.unix_ms, number=0)
    if place.member is not None:
        known["author"] = "" if event.fields.get("isOwn") else place.member
    return types.build(Message, dict(event.fields), **known)


def _place(event: Event) -> Optional[Place]:
    if event.kind == "said":
        return Place(event.text("network"), room=event.text("room"))
    if event.kind == "direct":
        return Place(event.text("network"), member=event.text("member"))
    return None


class Messages:
    """Each message of `places` once, in the order in which they came to the node; of several places one after the
    other. `places` says which there are now."""

    def __init__(self, home: str, ask: Ask, places: Callable[[], Awaitable[List[Place]]],
                 timeout: Optional[float]) -> None:
        self._reader = Reader(home)
        self._ask = ask
        self._places = places
        self._timeout = timeout
        self.is_started = False
        self._marks: Dict[Place, int] = {}
        self._seen = _Seen()
        self._others: Set[Place] = set()  # that are not wanted; as many as the node has

    async def start(self) -> None:
        """From now on."""
        await self._reader.start(self._timeout)
        for place in await self._places():
            self._marks[place] = types.take(int, await self._look(place, NO_MORE), "upTo")
        self.is_started = True

    async def close(self) -> None:
        await self._reader.close()

    async def _look(self, place: Place, since: int) -> Any:
        return await self._ask("history.look", {**place._asdict(), "since": since, "max": PAGE})

    async def _fresh(self, place: Place) -> AsyncIterator[Message]:
        """What is new there."""
        is_more = True
        while is_more:
            mark = self._marks.get(place, 0)
            try:
                result = await self._look(place, mark)
            except NotFound:  # the node has left that network since
                self._marks.pop(place, None)
                return
            up_to = types.take(int, result, "upTo")
            found = types.build_all(Message, result, "messages", **place._asdict())
            is_more = types.take(bool, result, "isMore")
            if up_to < mark:  # they came back, as another member: that chat begins anew
                self._marks[place], is_more = 0, True
                continue
            if is_more and up_to == mark:
                raise BadAnswer("the node has more messages and does not give them; is it of another version?")
            self._marks[place] = up_to
            for message in found:
                if self._seen.add(message.id):
                    yield message

    async def _is_wanted(self, place: Place) -> bool:
        """Is it one of those? Rooms and chats begin while one looks on."""
        if place in self._marks:
            return True
        if place not in self._others and place in await self._places():
            return True
        self._others.add(place)
        return False

    async def _all(self) -> AsyncIterator[Message]:
        """What is new anywhere."""
        for place in await self._places():
            async for message in self._fresh(place):
                yield message

    async def _new(self) -> AsyncIterator[Message]:
        """What the next events tell of."""
        events, lost = await self._reader.batch()
        if lost > 0:
            async for message in self._all():
                yield message
        for event in events:
            place = _place(event)
            if place is None or event.text("id") in self._seen or not await self._is_wanted(place):
                continue
            async for message in self._fresh(place):
                yield message
            # A message whose content came behind its entry stands further up than where one goes on.
            if self._seen.add(event.text("id")) and event.fields.get("isHidden") is not True:
                yield _told(event, place)

    async def follow(self) -> AsyncIterator[Message]:
        """Until the node goes."""
        while True:
            async for message in self._new():
                yield message

    async def again(self) -> AsyncIterator[Message]:
        """After the node has gone: wait until one runs there, and give what came meanwhile."""
        pause = PAUSE_S
        is_there = False
        while not is_there:
            await asyncio.sleep(pause)
            pause = min(2 * pause, RETRY_S)
            try:
                await self._reader.start(self._timeout)
                await self._places()
                is_there = True
            except (NoNode, NodeGone, Again, Failed):  # not yet, or not ready yet
                pass
        async for message in self._all():
            yield message
