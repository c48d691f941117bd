"""Talk to a running node of the wavu mesh: for bots and scripts. README.md begins with an example; Client has the rest.

Pure Python over the node's control socket (docs/protocol/control.md); no dependencies.
"""
from .blocking import BlockingClient
from .client import Client, connect
from .errors import (
    Again, Ambiguous, BadAnswer, BadParams, Denied, Exists, Failed, FileFailed, Invalid, JoinFailed, Limit,
    NoAnswer, NoNode, NoSpace, NodeFailed, NodeGone, NotDelivered, NotFound, NotTrusted, RpcError, TaskFailed,
    Timeout, UnknownMethod, Unreachable, Unsupported, WavuError,
)
from ._invite import Invite
from ._node import StartedNode, start_node
from .types import (
    Call, Called, Chat, Clock, Event, FileOffer, Hop, Member, MeshStatus, Message, Module, Network, Node, Peer,
    Position, Reaction, Room, Route, Seed, Sent, Status, Step, Task, Topology, clean,
)

__version__ = "0.1.0"

__all__ = [
    "Again", "Ambiguous", "BadAnswer", "BadParams", "BlockingClient", "Call", "Called", "Chat", "Client", "Clock",
    "Denied", "Event", "Exists", "Failed", "FileFailed", "FileOffer", "Hop", "Invalid", "Invite", "JoinFailed", "Limit",
    "Member", "MeshStatus", "Message", "Module", "Network", "NoAnswer", "NoNode", "NoSpace", "Node", "NodeFailed",
    "NodeGone", "NotDelivered", "NotFound", "NotTrusted", "Peer", "Position", "Reaction", "Room", "Route",
    "RpcError", "Seed", "Sent", "StartedNode", "Status", "Step", "Task", "TaskFailed", "Timeout", "Topology",
    "UnknownMethod", "Unreachable", "Unsupported", "WavuError", "clean", "connect", "start_node",
]
