"""Answers as text, in the shape that the program `wavu` prints them in. What others wrote is cleaned."""
from __future__ import annotations

import json
import time
from typing import Iterable, Iterator, List, Optional, Sequence

from . import _clean
from .types import Chat, Event, Member, Message, Module, Network, Node, Peer, Room, Route, Status, Step, Topology, clean

ID_WIDTH = 53  # of a peer id, with a space
LABEL = 13
SHORT = 8  # letters of a peer id in drawings


def duration(ms: int) -> str:
    """A span of time: "3 d 4 h", "12 min 5 s"."""
    seconds = ms // 1000
    minutes, hours = seconds // 60, seconds // 3600
    if hours >= 24:
        return f"{hours // 24} d {hours % 24} h"
    if hours > 0:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {seconds % 60} s" if minutes > 0 else f"{seconds} s"


def amount(count: int) -> str:
    """An amount of bytes: "1.5 MiB"."""
    size, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"):
        if size < 1024:
            break
        size /= 1024
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


def status(now: Status, networks: Sequence[Network] = ()) -> Iterator[str]:
    def row(label: str, text: str) -> str:
        return f"{label:<{LABEL}}{text}"
    yield row("peer id", clean(now.peer_id))
    yield row("version", clean(now.version))
    yield row("up for", duration(now.uptime_ms))
    for at, address in enumerate(now.addresses):
        yield row("addresses" if at == 0 else "", clean(address))
    for one in networks:
        if one.is_member:
            yield row("network", f"{clean(one.name)}, members: {one.members}, neighbours: {one.neighbours}")
    name = now.mesh.network if now.mesh else None
    kind = "private (pre-shared key)" if now.is_private else "for all who know its name" if name else "open"
    yield row("mesh", f"{clean(name)}, {kind}" if name else kind)
    if now.mesh:
        mesh = now.mesh
        text = f"known: {mesh.members}, neighbours: {mesh.neighbours}"
        if 0 < mesh.reachable < mesh.members:
            text += f", no way to: {mesh.members - mesh.reachable}"
        yield row("nodes", text + (", offline" if mesh.is_offline else ""))
        yield row("linked with", f"{mesh.linked}, there or in networks")
        if mesh.barred > 0:
            yield row("barred", f"{mesh.barred} who broke the rules, for a while")
        for seed in mesh.seeds:
            yield row("seed", f"{clean(seed.seed)}: {clean(seed.state)}")
    yield row("peers", str(now.peers))
    yield row("connections", str(now.connections))
    if now.disk == "failing":
        yield row("disk", "takes nothing now; it is tried again, see the node's log for why")
    elif now.disk == "damaged":
        yield row("disk", "damaged: part of the store cannot be read; see the node's log")
    if now.clock:
        way = "ahead of" if now.clock.ahead_ms > 0 else "behind"
        yield row("clock", f"{duration(abs(now.clock.ahead_ms))} {way} what connected members say (as many as "
                           f"{now.clock.others}): set it, or let the system keep it ('timedatectl set-ntp true')")
    yield row("wakeups", f"{now.wakeups_per_minute} a minute")
    yield row("received", amount(now.bytes_received))
    yield row("sent", amount(now.bytes_sent))


def peers(all_: Sequence[Peer]) -> Iterator[str]:
    if not all_:
        yield "no peers yet"
        return
    yield f"{'PEER':<{ID_WIDTH}}  {'ROUND TRIP':<11}  SECURED"
    for peer in all_:
        rtt = "-" if peer.rtt_ms is None else f"{peer.rtt_ms:.3f} ms"
        yield f"{clean(peer.peer_id):<{ID_WIDTH}}  {rtt:<11}  {clean(peer.secured) or '-'}"
        if peer.barred_ms > 0:
            yield f"  broke the rules, barred for {duration(peer.barred_ms)}"


def nodes(all_: Sequence[Node]) -> Iterator[str]:
    yield f"{'NODE':<52} {'STATE':<9} {'LINKS':>5}  ROUND TRIP"
    for node in all_:
        state = ("this node" if node.is_self else "suspected" if node.is_suspected else "neighbour" if node.is_neighbour
                 else "known" if node.is_reachable else "no way")
        rtt = "" if node.rtt_ms is None else f"  {node.rtt_ms:7.{3 if node.rtt_ms < 1000 else 1}f} ms"
        yield f"{clean(node.peer_id):<52} {state:<9} {len(node.links):5}{rtt}"


def topology(mesh: Topology) -> Iterator[str]:
    for node in mesh.nodes:
        links = "".join(f" {_short(link)}" for link in node.links)
        mark, gone = "*" if node.is_self else " ", "" if node.is_reachable else "  (no way)"
        yield f"{_short(node.peer_id)}{mark} --{links}{gone}"


def _short(peer: str) -> str:
    """The last letters of a peer id: the first ones are all alike."""
    return clean(peer[-SHORT:])


def routes(all_: Sequence[Route]) -> Iterator[str]:
    yield f"{'TO':<{SHORT}} {'LINKS':>5} {'COST':>12}  WAY"
    for route in all_:
        way = ", ".join(_short(one.peer_id) + ("" if one.rtt_ms is None else f" {one.rtt_ms:.3f} ms")
                        for one in route.hops)
        told = f"{len(route.hops):5} {route.cost_ms or 0:9.3f} ms  {way}" if route.hops else "no way is known now"
        yield f"{_short(route.peer_id):<{SHORT}} {told}"


def reply(at: int, one: Step) -> str:
    """A round trip of a ping."""
    return f"reply from {clean(one.peer_id)}: seq={at} time={one.rtt_ms or 0:.3f} ms links={one.links}"


def replies(all_: Sequence[Step]) -> Iterator[str]:
    """What they come to."""
    times = sorted(one.rtt_ms or 0 for one in all_)
    if times:
        median = (times[(len(times) - 1) // 2] + times[len(times) // 2]) / 2
        yield f"{len(times)} came back; round trip min/median/max = {times[0]:.3f}/{median:.3f}/{times[-1]:.3f} ms"


def hop(at: int, one: Step) -> str:
    """A hop of a trace."""
    if one.rtt_ms is None:
        return f"{at:2}  {_short(one.peer_id):<{SHORT}} no answer"
    over = "" if one.links == at else f"  (its answer came over {one.links} links)"
    return f"{at:2}  {_short(one.peer_id):<{SHORT}} {one.rtt_ms:9.3f} ms{over}"


def modules(all_: Sequence[Module]) -> Iterator[str]:
    if not all_:
        yield "no modules are loaded"
    for one in all_:
        kinds = " ".join(clean(kind) for kind in one.kinds)
        yield (f"{clean(one.name)} {clean(one.version)}: {kinds}, {one.calls} calls, {one.slow} slow, {one.bad} bad "
               f"answers, longest {one.longest_us} us")
        if one.is_off:
            yield f"    off: {clean(one.why_off or '')}"


def members(network: Network, people: Sequence[Member]) -> Iterator[str]:
    said = " (the others say that you are not in it any more: ask one of them)" if network.is_denied else ""
    gone = said if network.is_member else " (you left)" if network.has_left else " (you were put out)"
    yield f"{clean(network.name)}{gone}: {network.members} {'member' if network.members == 1 else 'members'}"
    yield f"{'ID':<8}  {'STANDING':<13}  {'CONNECTED':<9}  {'DEVICES':>7}  {'BY':<8}  NAME"
    for one in people:
        online = "you" if one.is_self else "yes" if one.is_online else "-"
        by = "founder" if one.inviter == one.id else one.inviter[:8]
        name = clean(one.shown or one.nick) if one.nick else "-"
        alike = "  (another is called so, or looks like it)" if one.is_ambiguous else ""
        yield f"{one.id[:8]:<8}  {clean(one.standing):<13}  {online:<9}  {one.devices:7}  {by:<8}  {name}{alike}"


def _width(names: Iterable[str]) -> int:
    """Of a column with networks; 0 where there is but one."""
    different = set(names)
    return max(max(len(clean(name)) for name in different), 7) if len(different) > 1 else 0


def rooms(all_: Sequence[Room]) -> Iterator[str]:
    width = _width(room.network_name for room in all_)
    yield f"{'ID':<8}  {'UNREAD':>6}  " + (f"{'NETWORK':<{width}}  " if width else "") + "NAME"
    for room in all_:
        network = f"{clean(room.network_name):<{width}}  " if width else ""
        name = clean(room.name or "") + (("  " if room.name else "") + "(main room)" if room.is_main else "")
        yield f"{room.id[:8]:<8}  {room.unread:6}  {network}{name}" + (f"  - {clean(room.topic)}" if room.topic else "")


def chats(all_: Sequence[Chat]) -> Iterator[str]:
    if not all_:
        yield "no direct chats yet; to begin one: dm WHO TEXT"
        return
    width = _width(chat.network_name for chat in all_)
    yield f"{'MEMBER':<8}  {'UNREAD':>6}  {'MESSAGES':>8}  " + (f"{'NETWORK':<{width}}  " if width else "") + "NAME"
    for chat in all_:
        network = f"{clean(chat.network_name):<{width}}  " if width else ""
        marks = ("" if chat.is_open else "  (cannot be written to)") + ("  (blocked)" if chat.is_blocked else "")
        yield f"{chat.member[:8]:<8}  {chat.unread:6}  {chat.messages:8}  {network}{clean(chat.nick or '-')}{marks}"


def message(one: Message, holder: Optional[str] = None) -> str:
    """A line of a history. Its own lines stand below each other, indented, so that none passes for another message."""
    when = "-"
    if one.time is not None:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.unix_ms / 1000))
    author = clean(one.shown) if one.is_own else _clean.name(one.shown, " " if one.kind == "me" else "")
    author = "you" if one.is_own and not one.nick else author
    head = f"{one.id[:8]:<8}  {when:<16}  {'* ' if one.kind == 'me' else ''}{author}{' ' if one.kind == 'me' else ': '}"
    if one.is_blocked and not one.is_direct:
        return head + "(blocked)"
    if one.is_filtered:
        return head + f"(hidden by the filter {clean(one.filter or '')})"
    head += f"(marked by the filter {clean(one.filter)}) " if one.filter else ""
    head += "(@you) " if one.is_mentioned else ""
    head += f"(to {one.about[:8]}) " if one.about else ""
    return head + _said(one) + _marks(one, holder)


def _said(one: Message) -> str:
    text = clean(one.text, kind="text").replace("\n", "\n    ")
    if one.is_gone:
        return "(deleted, or it has ended)"
    if one.kind in ("text", "me"):
        return text
    if one.kind == "unknown":
        return "(a message of a newer wavu)"
    what = {"room": "made or changed the room" if text else "changed the room", "sos": "CALLS FOR HELP",
            "sos over": "needs no help any more"}.get(one.kind, clean(one.kind))
    return f"({what})" + (f" {text}" if text else "")


def _marks(one: Message, holder: Optional[str]) -> str:
    marks: List[str] = []
    if one.is_edited:
        marks.append("(edited)")
    if one.is_hidden:
        marks.append("(does not count: its author was put out)")
    if one.state == "stored":
        marks.append(f"(stored at {_clean.name(holder or (one.holder or '')[:8], ')')})")
    elif one.state:
        marks.append(f"({clean(one.state)})")
    elif one.receipts > 0:
        marks.append("(1 has it)" if one.receipts == 1 else f"({one.receipts} have it)")
    if one.reactions:
        each = [clean(one.emoji) + (f" {one.count}" if one.count > 1 else "") for one in one.reactions]
        marks.append("[" + ", ".join(each) + "]")
    return "".join("  " + mark for mark in marks)


def event(one: Event) -> str:
    """An event as a line of JSON."""
    return json.dumps({"number": one.number, "unixMs": one.unix_ms, "event": one.kind, **one.fields})
