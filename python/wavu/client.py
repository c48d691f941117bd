"""A running node, as a program sees it: what it tells and what it can be asked to do. One Client is for one event loop.

    async with wavu.connect() as node:
        await node.say("habari")
        async for message in node.messages():
            ...

Who means somebody gives a Member, an id, a key, a nick, or the first 8 digits of an id. Networks and rooms are meant
by id or name; where this node is in one network, that need not be said.
"""
from __future__ import annotations

import asyncio
import os
from types import TracebackType
from typing import (Any, AsyncIterator, Awaitable, Callable, Collection, Dict, List, Optional, Sequence, Type, TypeVar,
                    Union)

from . import types
from ._follow import Messages, Place, Reader
from ._invite import Invite
from ._socket import Link, find_home
from ._words import join_failed, not_delivered
from .errors import Again, Ambiguous, BadAnswer, FileFailed, NoAnswer, NodeGone, NoNode, NotFound, TaskFailed
from .types import (Call, Chat, Event, FileOffer, Member, Message, Network, Node, Peer, Position, Room, Route, Sent,
                    Status, Step, Task, Topology)

T = TypeVar("T")
Who = Union[str, Member]
Path = Union[str, "os.PathLike[str]"]

VERSION = 1  # of docs/protocol/control.md
TIMEOUT_S = 15.0  # for an answer
WAITING_MAX = 8  # questions of one Client that wait at the node: each takes one of its 32 connections
PAUSE_S = 0.1  # between two tries while the node is not ready for something
PAGE = 200  # messages of one question
ENDED = frozenset({"delivered", "read", "expired", "refused"})  # states behind which no message gets any further

# What may be asked again when the node went away before it answered: it changes nothing.
_READS = frozenset({
    "rpc.version", "node.id", "node.status", "node.peers", "node.metrics", "mesh.members", "mesh.sent", "mesh.events",
    "network.list", "network.members", "network.find", "room.list", "room.reactions", "direct.chats", "history.look",
    "contact.list", "contact.find", "contact.number", "file.list", "file.look", "sos.list", "vault.state",
})


class Client:
    """See the head of this file. `timeout`: seconds for an answer."""

    def __init__(self, home: Optional[Path] = None, timeout: float = TIMEOUT_S) -> None:
        self.home = find_home(None if home is None else os.fspath(home))
        self.timeout = timeout
        self.version = ""  # of the node's program, once connected
        self._link = Link(self.home)
        self._waiting: Optional[asyncio.Semaphore] = None

    async def __aenter__(self) -> "Client":
        try:
            told = await self.call("rpc.version")
            self.version = types.take(str, told, "version")
            if types.take(int, told, "rpc") != VERSION:
                raise BadAnswer(f"the node in '{self.home}' speaks another version of the control socket; "
                                "use the package that came with it")
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        await self.close()

    async def close(self) -> None:
        await self._link.close()

    # ---- Any method ----

    async def call(self, method: str, /, **params: Any) -> Any:
        """Ask for any method of docs/protocol/control.md; parameters are called as there, None leaves one out."""
        try:
            return await self._link.ask(method, params, self.timeout)
        except NodeGone:
            if method not in _READS:
                raise
            return await self._link.ask(method, params, self.timeout)

    async def _ready(self, method: str, **params: Any) -> Any:
        """The same, again and again for a while when the node is not ready for it: keys are on their way, as for some
        seconds after somebody has come in, or the disk is behind."""
        end = asyncio.get_running_loop().time() + self.timeout
        while True:
            try:
                return await self.call(method, **params)
            except Again:
                if asyncio.get_running_loop().time() >= end:
                    raise
            await asyncio.sleep(PAUSE_S)

    async def call_waiting(self, method: str, /, **params: Any) -> Any:
        """The same with `wait`: the answer comes when there is something to tell."""
        self._waiting = self._waiting or asyncio.Semaphore(WAITING_MAX)
        async with self._waiting:
            link = Link(self.home)
            try:
                return await link.ask(method, {**params, "wait": True}, None)
            finally:
                await link.close()

    # ---- The node and its mesh ----

    async def status(self) -> Status:
        return types.build(Status, await self.call("node.status"))

    async def peers(self) -> List[Peer]:
        """Who is connected."""
        return types.build_all(Peer, await self.call("node.peers"), "peers")

    async def nodes(self) -> List[Node]:
        """The nodes of the mesh, this one first."""
        return types.build_all(Node, await self.call("mesh.members"), "members")

    async def topology(self) -> Topology:
        """Who is whose neighbour."""
        return Topology(tuple(await self.nodes()))

    async def metrics(self) -> Dict[str, int]:
        """Counters since the node started, by name."""
        counters = types.take(dict, await self.call("node.metrics"), "counters")
        return {str(name): types.take(int, counters, name) for name in counters}

    async def broadcast(self, text: str) -> int:
        """Say something to all nodes of the mesh; to how many neighbours it went at once. All of them can read it."""
        return types.take(int, await self.call("mesh.broadcast", text=text), "neighbours")

    async def send(self, peer: Union[str, Node, Peer], text: str) -> Sent:
        """Send a text to one node of the mesh (its peer id), and wait until it has acknowledged it. NotDelivered with
        the node's verdict otherwise. Nodes on the way can read it; `dm` is for people."""
        end = asyncio.get_running_loop().time() + self.timeout
        sent = types.build(Sent, await self.call("mesh.send", peer=_peer(peer), text=text))
        while sent.state == "again" and asyncio.get_running_loop().time() < end:  # too many at a time
            await asyncio.sleep(PAUSE_S)
            sent = types.build(Sent, await self.call("mesh.send", peer=_peer(peer), text=text))
        while sent.state == "underway":
            try:
                sent = types.build(Sent, await self.call_waiting("mesh.sent", number=sent.number))
            except NodeGone:  # it made room for another client, or has ended: then this says so
                sent = types.build(Sent, await self.call("mesh.sent", number=sent.number))
        if sent.state != "delivered":
            raise not_delivered(sent)
        return sent

    async def stop(self) -> None:
        """End the node."""
        await self.call("node.stop")

    # ---- Connections and ways ----

    async def dial(self, address: str) -> Optional[str]:
        """Connect to a multiaddr, HOST[:PORT] or PEER@HOST[:PORT]; the peer id of who answers. TaskFailed says why
        not."""
        peer = None
        async for task in self._task("net.connect", address=address):
            peer = task.peer
        return peer

    async def disconnect(self, peer: Union[str, Node, Peer]) -> None:
        """End the connections with a peer; the mesh makes those anew that it wants."""
        await self.call("net.disconnect", peer=_peer(peer))

    async def ping(self, peer: Union[str, Node, Peer], count: int = 4, interval: float = 1.0) -> AsyncIterator[Step]:
        """Round trips to a peer (its id or a part of it), or to an address (HOST:PORT, a multiaddr), as they are
        measured; `interval` in seconds. TaskFailed with the first that fails."""
        to = _peer(peer)
        key = "address" if any(one in to for one in ".:/") else "peer"
        async for task in self._task("net.ping", **{key: to}, count=count, intervalMs=round(interval * 1000)):
            for step in task.steps:
                yield step

    async def trace(self, peer: Union[str, Node, Peer]) -> AsyncIterator[Step]:
        """The way to a node, hop by hop, each with the round trip from here to it. TaskFailed when the last does not
        answer."""
        async for task in self._task("mesh.trace", peer=_peer(peer)):
            for step in task.steps:
                yield step

    async def routes(self, peer: Union[str, Node, Peer, None] = None) -> List[Route]:
        """The ways to all nodes that can be reached, or to one."""
        if peer is not None:
            return types.build_all(Route, await self.call("mesh.routes", peer=_peer(peer)), "routes")
        routes: List[Route] = []
        is_more = True
        while is_more:
            told = await self.call("mesh.routes", after=routes[-1].peer_id if routes else None)
            page = types.build_all(Route, told, "routes")
            is_more = bool(page) and types.take(bool, told, "isMore")
            routes += page
        return routes

    async def _task(self, method: str, **params: Any) -> AsyncIterator[Task]:
        """What comes of it, step by step; it is given up with the loop that waits for it."""
        number = types.take(int, await self.call(method, **params), "task")
        after, is_done = 0, False
        try:
            while not is_done:
                try:
                    told = await self.call_waiting("net.task", task=number, after=after)
                except NodeGone:  # it made room for another client, or has ended: then this says so
                    told = await self.call("net.task", task=number, after=after)
                task = types.build(Task, told)
                after, is_done = task.next, task.is_done
                yield task
                if task.error is not None:
                    raise TaskFailed(task.problem or f"it failed ({task.error}); try again", task.error)
        finally:
            if not is_done:
                await self.call("net.taskEnd", task=number)

    # ---- People ----

    async def key(self) -> str:
        """Of the person whose node this is; whoever knows it can invite that person."""
        return types.take(str, await self.call("person.key"), "key")

    async def nick(self, name: Optional[str] = None) -> Optional[str]:
        """How others are told that we are called; with `name` from now on so."""
        told = await self.call("person.nick", nick=name)
        nick = told.get("nick") if isinstance(told, dict) else None
        return nick if isinstance(nick, str) else None

    async def networks(self) -> List[Network]:
        return types.build_all(Network, await self.call("network.list"), "networks")

    async def make_network(self, name: str, policy: Optional[str] = None) -> str:
        """Found a network; its id."""
        return types.take(str, await self.call("network.make", name=name, policy=policy), "network")

    async def members(self, network: Optional[str] = None) -> List[Member]:
        """Who belongs to the network; without one, to each that this node is in."""
        if network is not None:
            return types.build_all(Member, await self.call("network.members", network=network), "members")
        return [member for one in await self.networks() if one.is_member for member in await self.members(one.id)]

    async def find(self, who: Who, network: Optional[str] = None) -> Member:
        """The one member that is meant. NotFound for none, Ambiguous for several: a person has to say which."""
        if isinstance(who, Member):
            return who
        found = types.build_all(Member, await self.call("network.find", who=who, network=network), "members")
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(f"{types.clean(one.shown)} ({one.id[:8]})" for one in found[:8])
            raise Ambiguous(f"'{types.clean(who)}' can mean {len(found)} members: {names}; say the beginning of an id")
        raise NotFound(f"no member is called '{types.clean(who)}' or has an id or key that begins so, with 8 digits or "
                       "more; 'members' lists them", -32013, "network.find")

    def invite(self, network: Optional[str] = None, language: Optional[str] = None) -> Invite:
        """Open a code for one newcomer, and close it at the end of the block if nobody used it.

            async with node.invite() as invite:
                print(invite.code)
                print((await invite.newcomer()).shown, "is in now")
        """
        return Invite(self, network, language)

    async def join(self, code: str, address: Optional[str] = None, timeout: Optional[float] = None) -> str:
        """Join by a code; the network's id once this node belongs. Without `address` the inviter is looked for on the
        local network. JoinFailed says why not; `timeout` in seconds gives up the waiting only."""
        return await self._joined("code", await self.call("network.join", code=code, address=address), timeout)

    async def join_key(self, address: str, timeout: Optional[float] = None) -> str:
        """Join whoever at that address (with /p2p/ID) has invited our key."""
        return await self._joined("key", await self.call("network.joinKey", address=address), timeout)

    async def join_open(self, network: Optional[str] = None, address: Optional[str] = None,
                        timeout: Optional[float] = None) -> str:
        """Ask to be let into an open network."""
        began = await self.call("network.joinOpen", network=network, address=address)
        return await self._joined("open", began, timeout)

    async def _joined(self, how: str, began: Any, timeout: Optional[float]) -> str:
        def judge(event: Event) -> Optional[str]:
            if event.kind == "joinFailed" and event.fields.get("left", 0) == 0:
                raise join_failed(event.text("error"), how)
            return event.text("network") if event.kind == "entered" else None
        return await self._until(types.take(int, began, "after"), judge, timeout, "whether this node was let in")

    async def leave(self, network: Optional[str] = None) -> None:
        """Leave the network, with all devices of this person."""
        await self.call("network.leave", network=network)

    async def revoke(self, member: Who, network: Optional[str] = None, subtree: bool = False) -> bool:
        """Put somebody out, with `subtree` also all whom that member has brought in. False: by the network's policy
        somebody else has to do the same first."""
        meant = await self.find(member, network)
        told = await self.call("network.revoke", member=meant.id, network=meant.network, subtree=subtree)
        return types.take(bool, told, "holds")

    # ---- Rooms ----

    async def rooms(self, network: Optional[str] = None) -> List[Room]:
        return types.build_all(Room, await self.call("room.list", network=network), "rooms")

    async def make_room(self, name: str, topic: Optional[str] = None, share: Optional[int] = None,
                        expiry: Optional[int] = None, network: Optional[str] = None) -> str:
        """Make a room; its id. `share`: last messages that newcomers read; `expiry`: seconds that messages stay."""
        return types.take(str, await self._ready("room.make", name=name, topic=topic, share=share, expiry=expiry,
                                                 network=network), "room")

    async def say(self, text: str, room: Optional[str] = None, network: Optional[str] = None, *,
                  answers: Union[str, Message, None] = None, mentions: Sequence[Who] = (), expiry: Optional[int] = None,
                  kind: str = "text") -> str:
        """Say something in a room (without one: the main room); the message's id, once it is on the node's disk.
        `kind` "action" is a /me; `expiry`: seconds until it disappears. Again: it is not possible yet."""
        ids = [(await self.find(who, network)).id for who in mentions]
        told = await self._ready("room.say", text=text, room=room, network=network, kind=kind, expiry=expiry,
                                 reply=_id(answers), mentions=ids or None)
        return types.take(str, told, "message")

    # ---- Direct chats ----

    async def chats(self, network: Optional[str] = None) -> List[Chat]:
        """The direct chats, the latest first."""
        return types.build_all(Chat, await self.call("direct.chats", network=network), "chats")

    async def dm(self, member: Who, text: str, network: Optional[str] = None, *,
                 answers: Union[str, Message, None] = None, expiry: Optional[int] = None, kind: str = "text") -> str:
        """Say something to one member; the message's id, once it is on the node's disk. It is kept until the other has
        it: `delivered` waits for that. `kind` "me" is a /me."""
        meant = await self.find(member, network)
        told = await self._ready("direct.say", member=meant.id, network=meant.network, text=text, kind=kind,
                                 about=_id(answers), seconds=expiry)
        return types.take(str, told, "id")

    async def delivered(self, message: str, member: Who, network: Optional[str] = None,
                        timeout: Optional[float] = None) -> Message:
        """Wait until nothing more becomes of that message of ours, and give it as it is then: `state` "delivered" or
        "read", or "expired" or "refused". NoAnswer after `timeout` seconds."""
        meant = await self.find(member, network)
        reader = Reader(self.home)

        async def wait() -> Message:
            await reader.start(self.timeout)
            while True:
                found = await self._own(message, meant)
                if found.state in ENDED:
                    return found
                is_news = False
                while not is_news:
                    events, lost = await reader.batch()
                    is_news = lost > 0 or any(one.kind == "directState" and one.text("id") == message for one in events)
        try:
            return await self._within(wait(), timeout, "whether that message arrived")
        finally:
            await reader.close()

    async def _own(self, message: str, member: Member) -> Message:
        async for one in self.history(member=member, network=member.network):
            if one.id == message:
                return one
        raise NotFound("there is no such message with that member; 'history' shows ids", -32013, "history.look")

    # ---- Messages of either ----

    async def reply(self, message: Message, text: str) -> str:
        """Answer where it was said; the answer's id."""
        if message.member is not None:
            told = await self._ready("direct.say", member=message.member, network=message.network, text=text,
                                     about=message.id)
            return types.take(str, told, "id")
        return await self.say(text, message.room, message.network, answers=message)

    async def edit(self, message: Message, text: str) -> None:
        """Say something else instead, of one's own."""
        await self._about(message, "edit", text)

    async def delete(self, message: Message) -> None:
        """Take one's own back."""
        await self._about(message, "delete", None)

    async def react(self, message: Message, emoji: str) -> None:
        await self._about(message, "reaction", emoji)

    async def _about(self, message: Message, kind: str, text: Optional[str]) -> None:
        if message.member is not None:
            await self._ready("direct.say", member=message.member, network=message.network, kind=kind, text=text,
                              about=message.id)
        else:
            await self._ready("room.say", room=message.room, network=message.network, kind=kind, text=text,
                              target=message.id)

    async def read(self, message: Message) -> None:
        """What came there up to this message was read."""
        if message.member is not None:
            await self.call("direct.read", member=message.member, network=message.network, id=message.id)
        else:
            await self.call("room.read", room=message.room, network=message.network, upTo=message.id)

    async def history(self, room: Optional[str] = None, member: Optional[Who] = None, network: Optional[str] = None, *,
                      words: Optional[str] = None, before: Union[str, Message, None] = None,
                      limit: Optional[int] = None) -> AsyncIterator[Message]:
        """What was said in a room (without one: the main room) or with a member, newest first, page by page as it is
        wanted; with `words` only what has all of them. `limit`: so many at most."""
        where: Dict[str, Optional[str]] = {"room": room, "member": None, "network": network}
        if member is not None:
            meant = await self.find(member, network)
            where = {"room": None, "member": meant.id, "network": meant.network}
        at, left, is_more = _id(before), limit, True
        while is_more and (left is None or left > 0):
            count = PAGE if left is None else min(left, PAGE)
            told = await self.call("history.look", **where, words=words, before=at, max=count)
            page = types.build_all(Message, told, "messages", **where)
            is_more = bool(page) and types.take(bool, told, "isMore")
            for message in page if words is not None else reversed(page):
                yield message
            at = page[-1 if words is not None else 0].id if page else at
            left = None if left is None else left - len(page)

    async def messages(self, room: Optional[str] = None, member: Optional[Who] = None, network: Optional[str] = None, *,
                       own: bool = False, blocked: bool = False, reconnect: bool = True) -> AsyncIterator[Message]:
        """What is said from now on, in all rooms and direct chats, or in those that are meant: each message once, in
        the order in which they came there, however slow you are: what the node's events no longer have is read from
        its histories. When the node is started again it goes on where it was, or with `reconnect=False` raises
        NodeGone. Without one's own messages (`own=True`: with them), without those of blocked people and what a filter
        hides (`blocked=True`: with them), and without what was deleted meanwhile."""
        source = Messages(self.home, self._ask, await self._places(room, member, network), self.timeout)
        try:
            await source.start()
            stream = source.follow()
            while True:
                try:
                    async for message in stream:
                        is_folded = message.is_blocked or message.is_filtered
                        if (own or not message.is_own) and (blocked or not is_folded) and not message.is_gone:
                            yield message
                    stream = source.follow()
                except (NodeGone, NoNode):
                    if not reconnect:
                        raise
                    stream = source.again()
        finally:
            await source.close()

    async def _ask(self, method: str, params: Any) -> Any:
        return await self.call(method, **params)

    async def _places(self, room: Optional[str], member: Optional[Who],
                      network: Optional[str]) -> Callable[[], Awaitable[List[Place]]]:
        """How to find the rooms and chats that are meant."""
        only: List[Place] = []
        if member is not None:
            meant = await self.find(member, network)
            only = [Place(meant.network, member=meant.id)]
        elif room is not None:
            only = [Place(one.network, room=one.id) for one in await self.rooms(network) if room in (one.id, one.name)]
            if len(only) != 1:
                raise NotFound(f"there are {len(only)} rooms '{types.clean(room)}'; say the id of one, 'rooms' lists "
                               "them", -32013, "room.list")

        async def places() -> List[Place]:
            if only:
                return only
            rooms, chats = await self.rooms(network), await self.chats(network)
            return [Place(one.network, room=one.id) for one in rooms] + [Place(one.network, member=one.member)
                                                                         for one in chats]
        return places

    # ---- Events ----

    async def events(self, kinds: Optional[Collection[str]] = None,
                     after: Optional[int] = None) -> AsyncIterator[Event]:
        """What happens, as it happens, from now on or after the event of that number; only `kinds`, if they are named.
        Who is too slow is told so by an event "lost"; messages() loses nothing. NodeGone when the node ends."""
        reader = Reader(self.home, after)
        try:
            if after is None:
                await reader.start(self.timeout)
            while True:
                events, lost = await reader.batch()
                if lost > 0:
                    yield Event(0, "lost", 0, {"count": lost})
                for event in events:
                    if kinds is None or event.kind in kinds:
                        yield event
        finally:
            await reader.close()

    async def _until(self, after: int, judge: Callable[[Event], Optional[T]], timeout: Optional[float], what: str) -> T:
        """The first that `judge` makes something of, of the events behind `after`."""
        reader = Reader(self.home, after)

        async def wait() -> T:
            while True:
                events, lost = await reader.batch()
                if lost > 0:
                    raise NoAnswer(f"too much has happened in the meantime to say {what}; look how things stand")
                for event in events:
                    found = judge(event)
                    if found is not None:
                        return found
        try:
            return await self._within(wait(), timeout, what)
        finally:
            await reader.close()

    async def _within(self, wait: Awaitable[T], timeout: Optional[float], what: str) -> T:
        try:
            return await asyncio.wait_for(wait, timeout)
        except asyncio.TimeoutError:
            raise NoAnswer(f"after {timeout} s it is not known {what}; wait longer, or look again later") from None

    # ---- Files ----

    async def files(self, network: Optional[str] = None) -> List[FileOffer]:
        return types.build_all(FileOffer, await self.call("file.list", network=network), "files")

    async def send_file(self, path: Path, room: Optional[str] = None, to: Optional[Who] = None,
                        network: Optional[str] = None, timeout: Optional[float] = None) -> FileOffer:
        """Offer a file in a room or to one member, and wait until that is said. Others fetch it from this node and from
        each other, so it has to stay where it is."""
        meant = None if to is None else await self.find(to, network)
        told = await self._ready("file.send", path=os.path.abspath(path), room=room, to=meant.id if meant else None,
                                 network=meant.network if meant else network)
        number = types.take(int, told, "send")

        def judge(event: Event) -> Optional[str]:
            if event.fields.get("send") != number:
                return None
            if event.kind == "fileRefused":
                raise FileFailed(f"the file '{os.fspath(path)}' was not offered ({event.text('error')}); look whether "
                                 "the node can read it, and whether you may speak there", event.text("error"))
            return event.text("id") if event.kind == "fileSent" else None
        found = await self._until(types.take(int, told, "after"), judge, timeout, "whether the file was offered")
        return await self.file(found)

    async def file(self, file: Union[str, FileOffer, Message]) -> FileOffer:
        """How a file stands now, by the message that offers it."""
        told = await self.call("file.look", id=_id(file))
        return types.build(FileOffer, told.get("file") if isinstance(told, dict) else None)

    async def accept_file(self, file: Union[str, FileOffer, Message], timeout: Optional[float] = None) -> str:
        """Fetch a file, and wait until it is here; its path, in the node's home. FileFailed when it stops."""
        told = await self.call("file.accept", id=_id(file))

        def judge(event: Event) -> Optional[str]:
            if event.text("id") != _id(file):
                return None
            if event.kind in ("fileStopped", "fileGone"):
                raise FileFailed(f"the file did not come ({event.text('error') or 'it is gone'}); accept it again when "
                                 "somebody who has it is there", event.text("error"))
            return event.text("path") if event.kind == "fileDone" else None
        path = await self._until(types.take(int, told, "after"), judge, timeout, "whether the file is here")
        return os.path.join(self.home, path)

    async def cancel_file(self, file: Union[str, FileOffer, Message]) -> None:
        """End what is coming, or withdraw what is offered from here."""
        await self.call("file.cancel", id=_id(file))

    # ---- Calls for help ----

    async def sos(self, text: Optional[str] = None, to: Sequence[Who] = (), network: Optional[str] = None,
                  position: Optional[Position] = None) -> str:
        """Call people of one's networks for help (without `to`: all) until they acknowledge it; the call's id. It calls
        no emergency service."""
        where: Optional[Dict[str, int]] = None
        if position is not None:
            given = {"latitudeE7": position.latitude_e7, "longitudeE7": position.longitude_e7,
                     "altitudeM": position.altitude_m, "accuracyM": position.accuracy_m}
            where = {key: value for key, value in given.items() if value is not None}
        ids = [(await self.find(who, network)).id for who in to]
        told = await self.call("sos.call", text=text, to=ids or None, all=None if ids else True, network=network,
                               position=where)
        return types.take(str, told, "id")

    async def sos_calls(self) -> List[Call]:
        return types.build_all(Call, await self.call("sos.list"), "calls")

    async def sos_cancel(self, call: Union[str, Call, None] = None) -> None:
        await self.call("sos.cancel", id=_id(call))

    async def sos_acknowledge(self, call: Union[str, Call]) -> None:
        """The person has seen it: say so only when that is so."""
        await self.call("sos.ack", id=_id(call))


def _id(what: Union[str, Message, FileOffer, Call, None]) -> Optional[str]:
    return what if what is None or isinstance(what, str) else what.id


def _peer(what: Union[str, Node, Peer]) -> str:
    return what if isinstance(what, str) else what.peer_id


def connect(home: Optional[Path] = None, timeout: float = TIMEOUT_S) -> Client:
    """A Client for `async with`: of the node in `home`, else in WAVU_HOME, else in the person's own."""
    return Client(home, timeout)
