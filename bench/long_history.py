"""A long history on the real path: a home that the code of histories filled, a node started there as `wavu up` does, and
what people ask of it over its control socket."""

import json
import os
import random
import signal
import socket
import statistics
import subprocess
import tempfile
import time

import measures
from programs import TWO_CORES, Failure, _pinned, probe, run

START_SECONDS_MAX = 60
PAGE = 50
SEARCHES = 400  # of each kind
WORDS_LOG2 = 15  # as bench/words.h
KINDS = {"one": (1, False), "two": (2, False), "rare": (0, False), "begun": (3, True)}


def word(rank):
    """The word of a rank, as bench/words.h writes it."""
    rank, text = rank + 1, ""
    while rank > 0:
        text += "tnshrdlcmwfgypbvk"[rank % 17] + "eaoiu"[rank // 17 % 5]
        rank //= 85
    return text


def query(draw, number, words, is_begun):
    """So many words drawn as in messages (0: one of the rarest), the last one cut to its beginning if `is_begun`."""
    if words == 0:
        return word(2**WORDS_LOG2 - 2 - number)
    ranks = [2**octave - 1 + draw.randrange(2**octave) for octave in (draw.randrange(WORDS_LOG2) for _ in range(words))]
    texts = [word(rank) for rank in ranks]
    if is_begun:
        texts[-1] = texts[-1][:(len(texts[-1]) + 1) // 2]
    return " ".join(texts)


class Control:
    """A client of a node's control socket that stays connected."""

    def __init__(self, home):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(START_SECONDS_MAX)
        try:
            self.socket.connect(os.path.join(home, "control.sock"))
        except OSError:
            self.close()
            raise
        self.file = self.socket.makefile("rb", buffering=2**20)
        self.spent_ms = 0  # of the last answer, until all of it was here

    def ask(self, method, params):
        """The result, or None where the node refuses."""
        line = {"jsonrpc": "2.0", "method": method, "params": params, "id": 1}
        text = json.dumps(line).encode() + b"\n"
        begun = time.monotonic()
        self.socket.sendall(text)
        answer = self.file.readline()
        self.spent_ms = (time.monotonic() - begun) * 1000
        if not answer:
            raise OSError("the node closed its control socket")
        return json.loads(answer).get("result")

    def close(self):
        """Leave."""
        self.socket.close()


def _await_newest(process, home):
    """A client, once the node has shown the newest page."""
    end = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < end and process.poll() is None:
        try:
            control = Control(home)
            if control.ask("history.look", {"max": PAGE}) is not None:
                return control
            control.close()
        except OSError:  # it does not listen yet
            pass
        time.sleep(0.002)
    raise Failure("the node ended" if process.poll() is not None else "the node did not start")


def _timed(control, params):
    """Milliseconds of one look at the history, and how many messages it showed."""
    result = control.ask("history.look", params)
    if result is None:
        raise Failure("the node did not look")
    return control.spent_ms, len(result["messages"])


def _searches(control, kind):
    """Median and 99 % of the milliseconds of searches of one kind."""
    draw, times, found = random.Random(kind), [], 0
    for number in range(SEARCHES):
        spent, count = _timed(control, {"words": query(draw, number, *KINDS[kind]), "max": PAGE})
        times.append(spent)
        found += count
    if found == 0:
        raise Failure("no search found anything")
    return statistics.median(times), sorted(times)[SEARCHES * 99 // 100]


def looked(control, pid, messages):
    """What a node that has just shown the newest page costs and does."""
    figures = {"memory": probe.memory_kib(pid) / 1024}
    entries = sum(room["entries"] for room in control.ask("room.list", {})["rooms"])
    if entries < messages:
        raise Failure(f"the home has {entries} of {messages} messages")
    figures["newest"], shown = _timed(control, {"max": PAGE})
    if shown != PAGE:
        raise Failure(f"{shown} of {PAGE} messages were shown")
    figures["worst"] = 0
    for kind in KINDS:
        figures[kind], slowest = _searches(control, kind)
        figures["worst"] = max(figures["worst"], slowest)
    figures["searched"] = probe.memory_kib(pid) / 1024
    return figures


def fill(bench, folder, messages):
    """Make a home there whose main room has so many messages; how many were taken a second."""
    lines, _ = run([str(bench / "bench_history"), "home", folder, str(messages)], TWO_CORES, measures.FILL_SECONDS_MAX)
    return {"filled": measures.last(lines, "type", "historyFill")["messagesPerSecond"]}


def node(binary, home, messages):
    """Start a node there; when the newest page is shown, what it holds then, how long it searches."""
    with tempfile.TemporaryFile() as said:
        begun = time.monotonic()
        # pylint: disable=consider-using-with
        process = subprocess.Popen([binary, "up", "--discovery-port", "0", "--listen", "/ip4/127.0.0.1/tcp/0", "--home", home],
                                   stdin=subprocess.DEVNULL, stdout=said, stderr=said, preexec_fn=_pinned(TWO_CORES))
        try:
            control = _await_newest(process, home)
            figures = {"start": (time.monotonic() - begun) * 1000}
            try:
                return figures | looked(control, process.pid, messages)
            finally:
                control.close()
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
