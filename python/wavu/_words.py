"""What the node's names for failures mean to people."""
from __future__ import annotations

from .errors import JoinFailed, NotDelivered
from .types import Sent, clean

_JOIN = {
    "crypto": "the code is wrong, or closed already: type it again as it was read out, or ask for a new one",
    "denied": "whoever answers there does not let this node in; if it was put out there, begin with a new home",
    "closed": "this device was put out of that network, and cannot come back itself; begin with a new home, and be "
              "invited there",
    "exists": "this node belongs to that network already; 'networks' lists them",
    "unsupported": "whoever answers there is in no network with members, or runs another version of wavu",
    "in_use": "another code was typed since, and is tried instead",
    "again": "whoever answers there turned this try away; wait half a minute and try again",
    "timeout": "nobody was found; check that the code is still open, or say where: an address of the inviter",
}
_JOIN_KEY = {"denied": "not invited there; have them type wavu invite --key and the key that 'wavu id' shows here"}
_JOIN_OPEN = {
    "denied": "there is no open network there, or it does not let this person in",
    "again": "that network lets in no more for now; try again later, or ask another member",
    "timeout": "nobody near is in such an open network and lets this person in; say where a member is",
}
_SENT = {
    "timeout": "no answer from {peer}; it may have arrived all the same",
    "unreachable": "no way to {peer} now; 'topology' shows who is there",
    "again": "too much is being sent already; try again in a second",
    "limit": "send takes a text of at most 8192 bytes; say it in parts",
    "invalid": "'{peer}' is no peer id of another node; 'topology' shows them",
    "unsupported": "{peer} has a kind of key that members of a mesh have not",
    "shutdown": "the node went down before {peer} answered; start it again with 'wavu up'",
}


def join_failed(name: str, how: str) -> JoinFailed:
    """Why a node was not let in; `how`: "code", "key" or "open"."""
    special = {"key": _JOIN_KEY, "open": _JOIN_OPEN}.get(how, {})
    sentence = special.get(name) or _JOIN.get(name) or f"the inviter could not be asked ({clean(name)}); try again"
    return JoinFailed(sentence, name)


def not_delivered(sent: Sent) -> NotDelivered:
    """Why a text to one node is not known to have arrived."""
    sentence = _SENT.get(sent.state, "the node says '{state}' of the text to {peer}; is it of another version?")
    return NotDelivered(sentence.format(peer=clean(sent.peer), state=clean(sent.state)), sent.state)
