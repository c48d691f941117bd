"""What a node tells, as frozen dataclasses. Names are those of docs/protocol/control.md in Python's spelling: `peerId`
is `peer_id`. Fields that this package does not know are ignored, kinds and states that it does not know are kept as
they are: they are plain strings.

`build` makes one from the JSON: a field that is missing and has no default, or is of another type, is a BadAnswer.
"""
from __future__ import annotations

import dataclasses
import datetime
import functools
import typing
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple, Type, TypeVar, Union

from ._clean import clean as clean
from .errors import BadAnswer

T = TypeVar("T")


# ---- The node and its mesh ----


@dataclass(frozen=True)
class Seed:
    """An address that the node keeps trying; `state` in words."""

    seed: str
    state: str


@dataclass(frozen=True)
class MeshStatus:
    """How the mesh stands."""

    members: int
    neighbours: int
    reachable: int = 0
    linked: int = 0
    barred: int = 0
    is_offline: bool = False
    network: Optional[str] = None
    seeds: Tuple[Seed, ...] = ()


@dataclass(frozen=True)
class Clock:
    """What members say of the clock of the node's machine: so far before theirs (behind when negative); how many do."""

    ahead_ms: int
    others: int


@dataclass(frozen=True)
class Status:
    """How the node stands; `mesh` is None without one."""

    peer_id: str
    version: str
    uptime_ms: int
    addresses: Tuple[str, ...] = ()
    peers: int = 0
    connections: int = 0
    handshakes: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0
    wakeups_per_minute: int = 0
    disk: str = "good"
    is_private: bool = False
    clock: Optional[Clock] = None
    mesh: Optional[MeshStatus] = None


@dataclass(frozen=True)
class Peer:
    """Who is connected. `agent` is what the peer calls itself: clean() it before a terminal sees it."""

    peer_id: str
    address: str
    direction: str
    connected_ms: int
    agent: str = ""
    secured: str = ""
    rtt_ms: Optional[float] = None
    connections: int = 0
    streams: int = 0
    barred_ms: int = 0


@dataclass(frozen=True)
class Node:
    """A node of the mesh; `links` are the ids that it calls its neighbours."""

    peer_id: str
    is_self: bool = False
    is_neighbour: bool = False
    is_suspected: bool = False
    is_reachable: bool = True
    rtt_ms: Optional[float] = None
    links: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Hop:
    """One link of a way: its far end, what it counts when ways are compared, and its round trip if one is known."""

    peer_id: str
    cost_ms: float = 0.0
    rtt_ms: Optional[float] = None


@dataclass(frozen=True)
class Route:
    """The way to a node, as this one would take it now; `next_hop` is None when none is known."""

    peer_id: str
    next_hop: Optional[str] = None
    cost_ms: Optional[float] = None
    hops: Tuple[Hop, ...] = ()


@dataclass(frozen=True)
class Step:
    """One round trip: to a peer, or to one hop of a way. `error` is the error's name, or None."""

    peer_id: str
    rtt_ms: Optional[float] = None
    links: int = 0
    error: Optional[str] = None


@dataclass(frozen=True)
class Task:
    """What takes a node a while: `kind` "connect", "ping" or "trace"; `steps` that are new; `over` "connection" or
    "mesh"; `problem`: why it failed, as a sentence."""

    task: int
    kind: str
    is_done: bool
    next: int
    peer: Optional[str] = None
    over: str = ""
    error: Optional[str] = None
    problem: Optional[str] = None
    way: Tuple[Hop, ...] = ()
    steps: Tuple[Step, ...] = ()


@dataclass(frozen=True)
class Topology:
    """The mesh as this node sees it."""

    nodes: Tuple[Node, ...]

    @property
    def links(self) -> List[Tuple[str, str]]:
        """Each link once, the lesser id first; without those of nodes that no way leads to."""
        gone = {node.peer_id for node in self.nodes if not node.is_reachable}
        found = {(min(node.peer_id, other), max(node.peer_id, other))
                 for node in self.nodes for other in node.links if not gone & {node.peer_id, other}}
        return sorted(found)

    def graphviz(self) -> str:
        """As `wavu topology --graphviz` draws it."""
        lines = [f'  "{clean(node.peer_id[-8:])}"{"" if node.is_reachable else " [style=dashed]"};'
                 for node in self.nodes]
        lines += [f'  "{clean(one[-8:])}" -- "{clean(other[-8:])}";' for one, other in self.links]
        return "graph mesh {\n" + "\n".join(lines) + "\n}\n"


# ---- People ----


@dataclass(frozen=True)
class Network:
    """A network of people that this node is or was in."""

    id: str
    name: str
    policy: str = ""
    is_member: bool = True
    has_left: bool = False
    is_denied: bool = False
    members: int = 0
    neighbours: int = 0
    is_frozen: bool = False


@dataclass(frozen=True)
class Member:
    """Somebody in a network. `shown` is what to call that person: it tells look-alikes apart."""

    id: str
    network: str
    network_name: str = ""
    key: str = ""
    inviter: str = ""
    nick: Optional[str] = None
    shown: str = ""
    standing: str = "member"
    devices: int = 0
    is_self: bool = False
    is_online: bool = False
    is_ambiguous: bool = False
    own_name: Optional[str] = None
    mark: str = "unverified"
    is_blocked: bool = False


@dataclass(frozen=True)
class Room:
    """A room; the main one may have no name. `entries`: what came, edits and reactions among it."""

    id: str
    network: str
    network_name: str = ""
    name: Optional[str] = None
    topic: Optional[str] = None
    maker: str = ""
    is_main: bool = False
    share: int = 0
    expiry: int = 0
    entries: int = 0
    unread: int = 0


@dataclass(frozen=True)
class Chat:
    """A direct chat with `member`."""

    member: str
    network: str
    network_name: str = ""
    nick: Optional[str] = None
    messages: int = 0
    unread: int = 0
    is_open: bool = True
    is_blocked: bool = False


@dataclass(frozen=True)
class Reaction:
    """An emoji on a message, by `count` members."""

    emoji: str
    count: int = 1
    is_own: bool = False


@dataclass(frozen=True)
class Message:
    """Something that was said, as it looks now. In a room `room` is its id; in a direct chat `member` is the other's.

    `kind`: "text", "me", "file", "room", "joined", "sos", "sos over", "unknown" (of a newer wavu), or whatever comes
    later. `state`, of one's own in direct chats: "queued", "sent", "stored", "delivered", "read", "expired", "refused".
    `filter`: the module of the node that hides it (`is_filtered`) or marks it.
    """

    id: str
    author: str
    kind: str
    text: str = ""
    nick: Optional[str] = None
    shown: str = ""
    number: int = 0
    unix_ms: int = 0
    about: Optional[str] = None
    reactions: Tuple[Reaction, ...] = ()
    mentions: Tuple[str, ...] = ()
    is_mentioned: bool = False
    state: Optional[str] = None
    holder: Optional[str] = None
    receipts: int = 0
    is_own: bool = False
    is_edited: bool = False
    is_gone: bool = False
    is_late: bool = False
    is_hidden: bool = False
    is_blocked: bool = False
    is_filtered: bool = False
    filter: Optional[str] = None
    network: Optional[str] = None
    room: Optional[str] = None
    member: Optional[str] = None

    @property
    def is_direct(self) -> bool:
        return self.member is not None

    @property
    def time(self) -> Optional[datetime.datetime]:
        """When it was said, by its author's clock, which may be wrong; None when it did not say."""
        try:
            return datetime.datetime.fromtimestamp(self.unix_ms / 1000, datetime.timezone.utc) if self.unix_ms else None
        except (OverflowError, ValueError, OSError):
            return None


@dataclass(frozen=True)
class FileOffer:
    """A file. `state`: "offered", "coming", "stopped", "here", "own" or "gone"."""

    id: str
    network: str
    author: str
    name: str
    size: int
    state: str
    nick: Optional[str] = None
    unix_ms: int = 0
    bytes: int = 0
    holders: int = 0
    error: Optional[str] = None
    path: Optional[str] = None


@dataclass(frozen=True)
class Position:
    """Degrees times 10^7, meters."""

    latitude_e7: int = field(metadata={"key": "latitudeE7"})
    longitude_e7: int = field(metadata={"key": "longitudeE7"})
    altitude_m: Optional[int] = None
    accuracy_m: Optional[int] = None


@dataclass(frozen=True)
class Called:
    """Whom an own call for help is for, and whether it got there."""

    member: str
    shown: str
    state: str


@dataclass(frozen=True)
class Call:
    """A call for help. It goes to people of one's networks, never to an emergency service."""

    id: str
    is_own: bool
    network: Optional[str] = None
    sender: Optional[str] = field(default=None, metadata={"key": "from"})
    shown: Optional[str] = None
    is_seen: bool = False
    called: int = 0
    reached: int = 0
    seen: int = 0
    to: Tuple[Called, ...] = ()
    text: Optional[str] = None
    position: Optional[Position] = None
    began_unix_ms: int = 0
    number: int = 0
    is_over: bool = False


@dataclass(frozen=True)
class Module:
    """Code that was loaded into the node (docs/modules.md); `kinds`: "metric", "filter", "cipher"."""

    name: str
    version: str
    kinds: Tuple[str, ...] = ()
    file: Optional[str] = None
    is_off: bool = False
    why_off: Optional[str] = None
    calls: int = 0
    slow: int = 0
    bad: int = 0
    longest_us: int = 0


@dataclass(frozen=True)
class Sent:
    """What became of a text to one node; `state` "delivered": the node itself has acknowledged it."""

    peer: str
    state: str
    number: Optional[int] = None
    within_ms: int = 0


# ---- Events ----


@dataclass(frozen=True)
class Event:
    """Something happened. `kind` is what docs/protocol/control.md calls `event`, or "lost": `event["count"]` events
    went by while nobody looked. What else it has is in `fields`, under the names of that page: `event["peer"]`."""

    number: int
    kind: str
    unix_ms: int = 0
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        return self.fields[key]

    def text(self, key: str) -> str:
        """The text at `key`; "" when there is none."""
        value = self.fields.get(key)
        return value if isinstance(value, str) else ""


def event(data: Any) -> Event:
    """An event from the JSON."""
    if not isinstance(data, dict):
        raise _useless("Event", "is no object")
    kind, number, unix_ms = data.get("event"), data.get("number"), data.get("unixMs", 0)
    if not isinstance(kind, str) or not _is(int, number) or not _is(int, unix_ms):
        raise _useless("Event", "has no event, number or time")
    rest = {key: value for key, value in data.items() if key not in ("event", "number", "unixMs")}
    return Event(int(typing.cast(int, number)), kind, int(unix_ms), rest)


# ---- From JSON ----


def _useless(what: str, why: str) -> BadAnswer:
    return BadAnswer(f"an answer of the node is of no use: {what} {why}; is it of another version?")


def _is(kind: Type[Any], value: Any) -> bool:
    """JSON's true is no number, and a whole number is a number."""
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


@functools.lru_cache(maxsize=None)
def _plan(kind: Any) -> List[Tuple[str, str, Any, bool]]:
    """Of each field its name, its key, its type, and whether it has a default."""
    hints = typing.get_type_hints(kind)
    plan = []
    for one in dataclasses.fields(kind):
        has_default = one.default is not dataclasses.MISSING or one.default_factory is not dataclasses.MISSING
        plan.append((one.name, one.metadata.get("key", _camel(one.name)), hints[one.name], has_default))
    return plan


def _value(where: str, hint: Any, value: Any) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Union:
        return None if value is None else _value(where, inner[0], value)
    if origin is tuple:
        if not isinstance(value, list):
            raise _useless(where, "is no list")
        return tuple(_value(where, inner[0], one) for one in value)
    if dataclasses.is_dataclass(hint):
        return build(typing.cast(Type[Any], hint), value)
    if not _is(hint, value):
        raise _useless(where, f"is no {hint.__name__}")
    return value


def build(kind: Type[T], data: Any, **known: Any) -> T:
    """A `kind` from the JSON; `known` says what is not in it."""
    if not isinstance(data, dict):
        raise _useless(kind.__name__, "is no object")
    values: Dict[str, Any] = dict(known)
    for name, key, hint, has_default in _plan(typing.cast(Any, kind)):
        where = f"{kind.__name__}.{key}"
        if name in known:
            continue
        if key not in data:
            if not has_default:
                raise _useless(where, "is missing")
        elif data[key] is not None or typing.get_origin(hint) is Union:
            values[name] = _value(where, hint, data[key])
        elif not has_default:
            raise _useless(where, "is null")
    return kind(**values)


def build_all(kind: Type[T], data: Any, key: str, **known: Any) -> List[T]:
    """The list at `key` of an answer."""
    if not isinstance(data, dict) or not isinstance(data.get(key), list):
        raise _useless(key, "is no list")
    return [build(kind, one, **known) for one in data[key]]


def take(kind: Type[T], data: Any, key: str) -> T:
    """The plain value at `key` of an answer."""
    value = data.get(key) if isinstance(data, dict) else None
    if not _is(kind, value):
        raise _useless(key, f"is no {kind.__name__}")
    return typing.cast(T, value)
