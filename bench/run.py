#!/usr/bin/env python3
"""Measures wavu beside other libp2p implementations and prints one table.

Each round measures every implementation once, one after another, so that a slow minute of the machine hits all of
them alike; a cell is the median of the rounds with its smallest and largest figure. Without --quick the table is
also written to docs/BENCHMARKS.md.
"""

import argparse
import datetime
import re
import sys
import tempfile

import long_history
import machine
import measures
import programs
import tui
from cryptography_parts import CryptographyParts
from mesh import MeshParts
from programs import Failure
from report import Row, at_least, at_most, flat, markdown, plain, share_of_ceiling, times, under

MIB = 2**20
DOCUMENT = programs.ROOT / "docs/BENCHMARKS.md"
SECTIONS = {"Connections": ("throughput", "handshakes", "ping", "memory"), "Cryptography": ("mlkem", "session", "joining"),
            "Groups": ("members", "group", "courier", "room"), "Mesh and store": ("store", "file", "detector", "mesh"), "Terminal chat": ("chat",)}

# How much each form measures, the same for every implementation. `size` in MiB.
FULL = {"rounds": 5, "size": 2048, "sequence": 1000, "parallel": 3000, "pings": 10000, "idle_rounds": 3,
        "idle": [100, 1000, 5000], "commits": 500, "file": 1024, "messages": 1000000, "batches": 1000, "joins": 500, "letters": 20000, "room": 50, "said": 2000,
        "node_days": 10, "mesh": 10000, "large": 100000, "mesh_seeds": 3, "idle_minutes": 10}
QUICK = {"rounds": 1, "size": 512, "sequence": 300, "parallel": 600, "pings": 2000, "idle_rounds": 1, "idle": [100, 1000],
         "commits": 200, "file": 256, "messages": 20000, "batches": 100, "joins": 100, "letters": 5000, "room": 8, "said": 500, "node_days": 10, "mesh": 1000, "large": 10000, "mesh_seeds": 1,
         "idle_minutes": 2}

FASTER = [times("js-libp2p", 3), times("rust-libp2p", 1), times("go-libp2p", 1),
          share_of_ceiling(1.5 / 2.2, "68 % of the ceiling")]


class Bench(MeshParts, CryptographyParts):
    """All rows, and who is measured."""

    def __init__(self, form, implementations, bench_dir, only, binary=None, home=None):
        self.form, self.all, self.bench, self.only = form, implementations, bench_dir, only
        self.binary, self.home = binary, home  # wavu's; a home with a long history, or None: one is made
        self.waiting = []  # experiments on virtual time that are still to be made: rows and work
        self.rows = []
        self.part = ""  # that is being measured
        self.part_of = {}  # of each row
        self.load = machine.load()

    def row(self, *args, **kwargs):
        """Make a row and put it into the table."""
        made = Row(*args, **kwargs)
        self.rows.append(made)
        self.part_of[made] = self.part
        return made

    def wanted(self, part):
        """Whether this part of the bench was asked for."""
        return not self.only or part in self.only

    def attempt(self, column, rows, work):
        """Do one measurement. `rows` is a row, or a dict from the result's keys to rows."""
        print(f"  {column}", end="", file=sys.stderr, flush=True)
        try:
            result = work()
        except (Failure, OSError, KeyError, ValueError) as problem:
            print(f" failed: {problem}", file=sys.stderr)
            for row in rows.values() if isinstance(rows, dict) else [rows]:
                # The text of an OSError names a path, which has no place in the document.
                row.fail(column, (getattr(problem, "strerror", None) or str(problem))[:60])
            return
        if not isinstance(rows, dict):
            rows.add(column, result)
            return
        for key, row in rows.items():
            if key in result:
                row.add(column, result[key])

    def interleaved(self, cpus, bare, work, ceiling=None):
        """Start a listener of each implementation; each round calls work(impl, listener) for all, then ceiling()."""
        listeners = {}
        try:
            for impl in self.all:
                try:
                    listeners[impl.name] = impl.listen(cpus, bare)
                except Failure as problem:
                    print(f"  {impl.name}: {problem}", file=sys.stderr)
            for number in range(self.form["rounds"]):
                print(f"  round {number + 1}:", end="", file=sys.stderr)
                for impl in self.all:
                    if impl.name in listeners:
                        work(impl, listeners[impl.name])
                if ceiling:
                    ceiling()
                print(file=sys.stderr)
        finally:
            for listener in listeners.values():
                listener.close()

    def throughput(self):
        """One stream, each way."""
        up = self.row("one stream up", "MB/s", goals=FASTER)
        down = self.row("one stream down", "MB/s", goals=FASTER)

        def work(impl, listener):
            size = self.form["size"] * MIB
            for row, direction in ((up, "upload"), (down, "download")):
                self.attempt(impl.name, row, lambda d=direction: measures.throughput(impl, listener, d, size))

        def ceiling():
            size = self.form["size"] * MIB
            for row in (up, down):
                self.attempt("ceiling", row, lambda: measures.ceiling_throughput(self.bench, size))

        self.interleaved(programs.TWO_CORES, False, work, ceiling)

    def handshakes(self):
        """Connections made and closed, one at a time and 16 at a time."""
        one = self.row("handshakes in sequence", "1/s", goals=[times("js-libp2p", 10)])
        many = self.row("handshakes, 16 at a time", "1/s")
        cpu = self.row("handshakes, 16 at a time, per CPU second of both ends", "1/s",
                       goals=[at_least(2000, "2,000"), share_of_ceiling(2000 / 2650, "75 % of the ceiling")])

        hybrid = self.row("hybrid handshakes in sequence, with ML-KEM-768", "1/s")
        hybrid_cpu = self.row("hybrid handshakes, 16 at a time, per CPU second of both ends", "1/s")

        def work(impl, listener):
            count = self.form["sequence"]
            self.attempt(impl.name, {"rate": one}, lambda: measures.handshakes(impl, listener, count, 1))
            more = self.form["parallel"]
            self.attempt(impl.name, {"rate": many, "perCpuSecond": cpu},
                         lambda: measures.handshakes(impl, listener, more, 16))
            if impl.name == "wavu":  # the others do not have it
                self.attempt(impl.name, {"rate": hybrid},
                             lambda: measures.handshakes(impl, listener, count, 1, "hybrid"))
                self.attempt(impl.name, {"perCpuSecond": hybrid_cpu},
                             lambda: measures.handshakes(impl, listener, more, 16, "hybrid"))

        def ceiling():
            self.attempt("ceiling", cpu, lambda: measures.ceiling_handshakes(self.bench, 0.3))

        self.interleaved(programs.TWO_CORES, True, work, ceiling)

    def ping(self, one_core):
        """Round trips on one stream; with both ends on one core no sleeping core has to be woken."""
        where = "both ends on one core" if one_core else "on two cores"
        rows = {"median": self.row(f"ping {where}, median", "us", 1, goals=[under(40, "under 40")])}
        if one_core:
            rows["min"] = self.row(f"ping {where}, fastest", "us", 1)
        rows["p99"] = self.row(f"ping {where}, 99 % under", "us", 1)

        def work(impl, listener):
            count = self.form["pings"]
            self.attempt(impl.name, rows, lambda: measures.ping(impl, listener, count, one_core))

        def ceiling():
            self.attempt("ceiling", rows, lambda: measures.ceiling_ping(self.bench, self.form["pings"], one_core))

        self.interleaved(programs.ONE_CORE if one_core else programs.TWO_CORES, False, work, ceiling)

    def memory(self):
        """What the listening process holds: alone, and more per idle connection."""
        alone = self.row("idle node, RssAnon", "MiB", 2, goals=[under(3, "under 3")])
        resident = self.row("idle node, RSS", "MiB", 2)
        goals = {1000: [under(2, "under 2")]}
        rows = {}
        for count in self.form["idle"]:
            rows[count] = self.row(f"RssAnon per idle connection at {count:,}", "KiB", 2, goals=goals.get(count, []))
        if 5000 in rows:
            rows[5000].goals = [flat([rows[100], rows[1000]], 1.25)]
        for number in range(self.form["idle_rounds"]):
            print(f"  round {number + 1}:", end="", file=sys.stderr)
            for impl in self.all:
                self.attempt(impl.name, {"anonymous": alone, "resident": resident},
                             lambda impl=impl: measures.node_memory(impl))
                for count, row in rows.items():
                    if impl.name == "wavu" or count == 1000:
                        self.attempt(impl.name, row,
                                     lambda impl=impl, count=count: measures.idle_memory(impl, count))
            print(file=sys.stderr)

    def store(self):
        """The store alone: commits of one record, and of twenty; wavu's own, nobody beside it."""
        rows = {1: {"commits": self.row("store, commits of one record", "1/s"),
                    "kilobytes": self.row("store, written for a commit of one record", "kB", 1)},
                20: {"records": self.row("store, records in commits of 20", "1/s")}}
        for number in range(self.form["rounds"]):
            print(f"  round {number + 1}:", end="", file=sys.stderr)
            for writes, some in rows.items():
                self.attempt("wavu", some, lambda writes=writes: measures.store(self.bench, self.form["commits"], writes))
            print(file=sys.stderr)
        self.history(self.form["messages"])

    def history(self, messages):
        """A home with a history of many messages: a node started on it, pages, searches; then the store alone."""
        what = f"history of {messages:,} messages"
        filled = self.row(f"{what}: taken and written with their words, in commits of 500", "1/s") if not self.home else None
        rows = {"start": self.row(f"{what}: `wavu up` until it has shown the newest 50", "ms", 1, goals=[at_most(500, "0.5 s")]),
                "memory": self.row(f"{what}: RssAnon of the node then", "MiB", 1, goals=[at_most(40, "40 MiB")]),
                "newest": self.row(f"{what}: the newest 50 once more", "ms", 2, goals=[at_most(20, "20 ms")])}
        for key, name in (("one", "one word"), ("two", "two words"), ("rare", "one of the rarest words"),
                          ("begun", "three words, the last one begun"), ("worst", "p99 of the slowest kind of search")):
            rows[key] = self.row(f"{what}: search, first 50, {name}", "ms", 2, goals=[at_most(20, "20 ms")])
        rows["searched"] = self.row(f"{what}: RssAnon of the node after the searches", "MiB", 1, goals=[at_most(40, "40 MiB")])
        alone = {"beside": self.row(f"{what}, bare store: 10 read while commits of 100 follow each other, p99", "ms", 2),
                 "check": self.row(f"{what}, bare store: full check in slices", "s", 1)}
        with tempfile.TemporaryDirectory(dir=self.bench) as folder:
            if not self.home:
                self.attempt("wavu", {"filled": filled}, lambda: long_history.fill(self.bench, folder, messages))
            for _ in range(self.form["rounds"]):
                self.attempt("wavu", rows, lambda: long_history.node(self.binary, self.home or folder, messages))
        self.attempt("wavu", alone, lambda: measures.store_long(self.bench, messages))
        print(file=sys.stderr)

    def file(self):
        """A file between two members, beside one stream between the same two nodes."""
        what = f"file of {self.form['file']:,} MiB"
        rows = {"rate": self.row(f"{what}, fetched, synced and named", "MB/s", goals=[at_least(5, "5: c-toxcore")]),
                "share": self.row(f"{what}: of one perf stream in the same run", "%", goals=[at_least(35, "35")]),
                "memory": self.row(f"{what}: RssAnon that the busier end grew by", "MiB", 1, goals=[at_most(16, "16")]),
                "offer": self.row(f"{what}: hashed and sealed to be offered", "s", 2)}
        for number in range(self.form["rounds"]):
            print(f"  round {number + 1}:", end="", file=sys.stderr)
            self.attempt("wavu", rows, lambda: measures.file(self.bench, self.form["file"]))
            print(file=sys.stderr)

    def chat(self):
        """The terminal chat on a long history, and while others say much; one run is long."""
        what = f"chat on a history of {self.form['messages']:,} messages"
        alone = f"chat on a history of {self.form['messages']:,} messages, no node runs yet"
        busy = f"typed while {tui.RATE} messages a second come into that chat: a letter until it is seen"
        rows = {"startMsMedian": self.row(f"{what}: `wavu chat` until the newest is seen, of 5", "ms", 1, goals=[at_most(1000, "1 s")]),
                "startMsWorst": self.row(f"{what}: the worst of these", "ms", 1, goals=[at_most(1000, "1 s")]),
                "startAloneMsMedian": self.row(f"{alone}: until the newest is seen, of 5", "ms", 1, goals=[at_most(1000, "1 s")]),
                "startAloneMsWorst": self.row(f"{alone}: the worst of these", "ms", 1, goals=[at_most(1000, "1 s")]),
                "memoryMiB": self.row(f"{what}: resident", "MiB", 1, goals=[at_most(40, "40 MiB")]),
                "memoryScrolledMiB": self.row(f"{what}: resident, 200 screens further up", "MiB", 1, goals=[at_most(40, "40 MiB")]),
                "typingIdleMsMedian": self.row("typed in the chat: a letter until it is seen, median of 200", "ms", 2, goals=[at_most(16, "16 ms")]),
                "typingBusyMsMedian": self.row(f"{busy}, median of 200", "ms", 2, goals=[at_most(16, "16 ms")]),
                "typingBusyMs99": self.row(f"{busy}, 99 %", "ms", 2, goals=[at_most(16, "16 ms")]),
                "typingBusyMsWorst": self.row(f"{busy}, the worst", "ms", 2, goals=[at_most(16, "16 ms")]),
                "saidPerSecond": self.row("messages a second that were said meanwhile", "1/s", goals=[at_least(tui.RATE * 0.98, f"{tui.RATE}")]),
                "arrivedPerSecond": self.row("of these, in the history of the chat's node when the last letter was seen", "1/s",
                                             goals=[at_least(tui.RATE * 0.98, f"{tui.RATE}")]),
                "memoryBusyMiB": self.row("resident after them", "MiB", 1, goals=[at_most(40, "40 MiB")])}
        self.attempt("wavu", rows, lambda: tui.run(self.bench, self.binary, self.form["messages"]))
        print(file=sys.stderr)

    def run(self):
        """Measure everything that was asked for."""
        parts = (("throughput", self.throughput), ("handshakes", self.handshakes),
                 ("ping", lambda: (self.ping(True), self.ping(False))), ("memory", self.memory), ("mlkem", self.mlkem),
                 ("session", self.session), ("joining", self.joining), ("members", self.members), ("group", self.group),
                  ("courier", self.courier), ("room", self.room),
                  ("store", self.store), ("file", self.file), ("detector", self.detector), ("mesh", self.mesh), ("chat", self.chat))
        for name, part in parts:
            if self.wanted(name):
                print(name, file=sys.stderr)
                self.part = name
                part()


def table(bench, parts):
    """The head and the rows of `parts` as texts; of the columns those that have a figure."""
    rows = [row for row in bench.rows if bench.part_of[row] in parts]
    columns = [name for name in [*(impl.name for impl in bench.all), "ceiling"] if any(name in row.cells for row in rows)]
    versions = {impl.name: impl.version for impl in bench.all}
    head = ["", *[f"{name} {versions.get(name, '')}".strip() for name in columns], "goal"]
    return head, [row.texts(columns) for row in rows]


NOTES = """Both ends of a measurement run on the same two cores, dialer and listener as two processes on loopback, so only the
ratios travel to another machine. Each round measures all implementations one after another; a cell is the median of
the rounds (smallest-largest). Every implementation talks to itself.

- **One stream**: `/perf/1.0.0` over TCP, Noise and yamux. MB are 10^6 bytes. The ceiling is bare sealed frames of 64 KiB
  over loopback TCP (`bench/ceiling.c`): the same cipher, no multiplexer. The goal of 1.5 GB/s was set where that ceiling
  is 2.2 GB/s; on this machine it is the same share of the ceiling.
- **Handshakes**: TCP, Noise XX (in rows named so the hybrid, XXhfs) and yamux ready at the dialer, then closed; of wavu the
  listener must have opened every one as well, or the row fails. The rivals run without identify and without
  liveness checks. The CPU time is that of both processes, start of the dialer included. The ceiling
  (`bench/primitives.c`) is four X25519 operations and one Ed25519 verification for each side, at the faster library's
  price, for a second of CPU time on one core.
- **Ping**: 32 bytes, one stream, the next when the last is back. On one core the figure is what the software costs. On
  two cores it also holds the time in which the machine wakes a sleeping core, which no software here can change: the
  ceiling, a bare sealed echo between two epoll loops (`bench/echo_ceiling.c`), shows how long that is.
- **Detector** (`bench/detector.c`): virtual time, the overlay's views and detectors alone, message cables of 10 to 50 ms that
  drop what they lose. Ratios: 128 nodes, 32 of them slow as in Lifeguard's experiment, the same for plain SWIM with
  memberlist's numbers and without Lifeguard; verdicts by a node's own patience, SWIM's count divided by the 95 % upper
  bound of ours. `make night` runs 300 node-days and fails when the bound is not under 0.01. docs/decisions/0009-detector-duel.md
  says what is counted, and also what this comparison does not flatter.
- **Mesh** (`bench/swarm.c`): bare overlays, the code of real nodes with null signatures of the same size, message cables of 10 to
  50 ms, one core, virtual time: but for the events a second, every figure is the same on every machine. Nodes start within
  10 s and settle for a minute; payloads have 64 bytes. *Events* are frames, ticks and news of links that happened, counted over
  CPU time while one of ten nodes says something every 100 ms, with `GLIBC_TUNABLES=glibc.malloc.hugetlb=1`;
  the larger mesh beside the experiments behind it. Their ceiling
  (`bench/queue.c`) is the same queue with a codec and 64 bytes for each node, and no mesh. *Redundancy* is payloads that came in
  vain for each that was new, over 100 broadcasts a second apart after 100 others; *one sender* is always the same node,
  *rotating* each a different one. *Unbroken delivery*: from the crash to the first of all later broadcasts (four a second, from
  random survivors, for a minute) that reach every survivor within 5 s, which is one exchange of digests. *Merged*: from the end
  of a half and half partition to one component. Crashes and partitions have a row's goal met only when every seed meets it.
- **Idle** (`bench/mesh_idle.c`): whole nodes with real cryptography on one simulated local network, after three minutes. Bytes are
  those of connections (yamux and Noise included) and of datagrams; headers of TCP and IP come on top. Wakeups are turns of a node.
- **Memory**: RssAnon of the listening process. Per connection: (held with N idle, authenticated connections - held
  after 64 connections, 16 at a time, came and went) / N. Runtimes with a garbage collector count what is not yet collected.
- **ML-KEM-768** (`bench/mlkem.c`): microseconds of CPU time on one core, all of a round taking turns in batches of a
  millisecond; a round's figure is the median batch. OpenSSL's has figures only where wavu was built with 3.5 or newer.
  The rows of libsodium show what the classic operations of a handshake cost in the same minute.
- **Joining** (`bench/pairing.c`): CPU time on one core, the median of a round's 500. A side of a joining is four X25519-like operations
  (CPace), two signatures checked and one made; empty welcome and answer, names of six letters.
- **Groups** (`bench/group.c`): the machine of docs/protocol/epoch.md with real cryptography, wrapped to every device; a change goes to all once,
  its wraps to each one alone. The membership log gives X25519 leaves alone: a *first full change* is closed to those, a *full change* to ML-KEM leaves that
  all have published. Operations are those with public keys (a signature made or checked, an X25519 key or agreement, an ML-KEM key, encapsulation
  or decapsulation). The rival seals a message's key to each recipient by itself. The ceiling of sealing is one Ed25519 signature and one AEAD of the same length, of opening the AEAD
  and two hashes (the mesh has verified the broadcast), in the same run; sealing and opening also derive keys, hash content and links, and find epoch and device by their hints.
- **Session** (`bench/session.c`): CPU time on one core, all of a round taking turns in batches; a round's figure is the median batch.
  A *step* is one derivation of the symmetric chain (next chain key, message key, salt: 96 bytes of HKDF), nothing else. The ceiling of
  sealing and opening is the primitives of such a message with the same functions of `src/crypto/`: one step, the AEAD over header and body, and for
  sealing the HMAC that gives the nonce. A *turn* is a message sealed and opened that brings a new X25519 key: one pair and two agreements.
- **Store**: commits to the disk under the build folder, one when the other is told (`bench/store.c`): keys of 34 bytes, values of 100,
  encrypted, synced. The disk decides; what is written counts the log and its folding into the database.
- **History** (`bench/history.c`, `bench/long_history.py`): a home in which a node made a network, its main room filled by the code
  of histories itself: entries of 50 devices, each linking to the one before, not signed; messages of 100 bytes from 32,767 words,
  the n-th about as often as 1 / n. `wavu up` starts on it as people start it; the time is from the exec until the control socket
  has given the newest 50, with what the system keeps of files in memory, as after the first start of a day. Searches are 400 of each kind, of
  words drawn as in messages, asked over the socket and answered with the messages they find. *Bare store*: records and words, no rooms.
- **Courier** (`bench/courier.c`): two nodes in one process on the simulator's disks and cable, so that CPU time is all there is: what one core does of the work
  of both, with an encrypted store each; at most 2,000 messages are under way.
- **Room** (`bench/room.c`): all nodes in one process, shared out over a thread for each processor, TCP over loopback, a home with an encrypted store each; texts of
  100 bytes. Latency is from before it is said until another node shows it, the work of nodes on the same thread that come before included; the rate is that of messages said by all in
  turn, 256 under way, until all others have shown all; fewer than the 960 of a device after which its keys change. What a device and a network may say a second is bounded (docs/protocol/plumtree.md, "Rates").
- **File** (`bench/file.c`): two processes, TCP over loopback, the hybrid handshake, AES-256-GCM; source and download in memory (tmpfs) where there is
  one, else on the disk, which may then be what is measured. The time is from the wish until the file stands under its name, synced; perf is one download of the same size just before.
  Between both as many bytes are written there plainly, and removed: where the machine is a guest, its host gives memory that was not touched for a while
  page by page, 1 to 2 s a GiB, which is no part of the figure.
- **Members** (`bench/members.c`): CPU time on one core. The log of 10,000 operations is that of a network whose members come, say something and lose
  devices, one in 20 of them revoked; the hostile one has 16 persons, with 3 devices each, who revoke each other and honour nothing;
  the full ones, as large as is let in, are those of `tests/support/members_hostile.h`: each is evaluated, the slowest is shown.
- The terminal chat runs on a pseudo-terminal of 80 x 24 beside its node; a letter is seen when its byte has come out there. A start ends
  when a word has come out that stands in the newest message alone. The second node speaks over its own control socket, in a room of its
  own, which is the one that is open in the chat: there the last message has to be seen at the end, or there is no figure.
"""


def section(bench, parts, missing, command):
    """Where and how `parts` were measured, and their figures."""
    lines = [f"Written by `{command}` on {datetime.date.today()}; do not edit.", ""]
    lines += [f"- {line}" for line in [*machine.describe(), bench.load]]
    lines += ["", markdown(*table(bench, parts)), ""]
    lines += [f"Not measured: {line}.\n" for line in missing]
    return "\n".join(lines)


def document(bench, missing, command, before):
    """The whole of docs/BENCHMARKS.md: what was measured now; as before sections of which a part was not asked for, and others'."""
    texts = {}
    for title, parts in SECTIONS.items():
        old = re.search(rf"^## {title}\n\n(.*?)^## ", before, re.MULTILINE | re.DOTALL)
        if all(bench.wanted(part) for part in parts):
            texts[title] = section(bench, parts, missing if "throughput" in parts else [], command)
        elif old:
            texts[title] = old[1].rstrip("\n") + "\n"
    for title, text in re.findall(r"^## ([^\n]+)\n\n(.*?)(?=^## )", before, re.MULTILINE | re.DOTALL):
        if title not in SECTIONS:
            texts[title] = text.rstrip("\n") + "\n"  # of figures that are not made here
    lines = ["# Benchmarks", ""]
    for title, text in texts.items():
        lines += [f"## {title}", "", text]
    lines += ["## What is measured", "", NOTES]
    return "\n".join(lines)


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="wavu beside js-libp2p, go-libp2p and rust-libp2p")
    parser.add_argument("--quick", action="store_true", help="about a minute, one round; prints only")
    parser.add_argument("--all", action="store_true", help="build the go and rust rivals where they are not yet built")
    parser.add_argument("--only", action="append",
                        choices=[part for parts in SECTIONS.values() for part in parts])
    parser.add_argument("--rounds", type=int, help="how many rounds instead of the form's own number")
    parser.add_argument("--messages", type=int, help="how long the history is instead of the form's own length")
    parser.add_argument("--home", help="a home with such a history, made by `bench_history home FOLDER`; a node is started on it")
    parser.add_argument("--without", action="append", default=[], help="leave out an implementation, e.g. go-libp2p")
    return parser.parse_args()


def main():
    """Measure, print, and write the document."""
    wish = arguments()
    machine.raise_open_files()
    form = dict(QUICK if wish.quick else FULL)
    if wish.rounds:
        form["rounds"] = form["idle_rounds"] = wish.rounds
    form["messages"] = wish.messages or form["messages"]
    found, missing = programs.rivals(wish.all)
    binary, bench_dir = programs.find_wavu()
    if binary:
        found.insert(0, programs.wavu(binary, bench_dir))
    else:
        missing.insert(0, "wavu: there is no program yet; build it, or name it in WAVU_BIN")
    found = [impl for impl in found if impl.name not in wish.without]
    bench = Bench(form, found, bench_dir, wish.only, binary, wish.home)
    try:
        bench.run()
    finally:
        for impl in found:
            impl.clear()
    print("\n".join([*machine.describe(), bench.load]))
    print()
    for parts in SECTIONS.values():
        if any(bench.wanted(part) for part in parts):
            print(plain(*table(bench, parts)))
    print("".join(f"\nnot measured: {line}" for line in missing))
    if not (wish.quick or wish.without) and binary:
        options = ["--all"] if wish.all else []
        options += [f"--only {part}" for part in wish.only or []]
        options += [f"--rounds {wish.rounds}"] if wish.rounds else []
        options += [f"--messages {wish.messages}"] if wish.messages else []
        options += ["--home HOME"] if wish.home else []
        command = " ".join(["bench/run.py", *options])
        DOCUMENT.write_text(document(bench, missing, command, DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    return 1 if any(cell.failure for row in bench.rows for cell in row.cells.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
