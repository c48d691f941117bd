#!/usr/bin/env python3
"""The terminal chat on a long history: how soon it shows the newest message, what it holds, how soon what is typed is seen
while others say much.

In:  --build (a release build with bench_history), --messages. Out: a line of JSON: milliseconds, MiB, messages a second.
The chat runs on a pseudo-terminal of 80 x 24 whose output is read as a terminal would; a letter counts as seen when the
terminal has been sent it.
"""
import argparse
import fcntl
import json
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import long_history  # noqa: E402
from programs import Failure  # noqa: E402

LETTERS = 200
RATE = 500  # messages a second
START_SECONDS_MAX = 30
ROWS, COLUMNS = 24, 80


class Terminal:
    """The chat on a pseudo-terminal."""

    def __init__(self, command):
        self.begun = time.monotonic()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ |= {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execv(command[0], command)
        self.seen = b""

    def read(self, seconds):
        """What came within that time, at once when something did."""
        if select.select([self.master], [], [], seconds)[0]:
            self.seen = (self.seen + os.read(self.master, 65536))[-262144:]
            return True
        return False

    def wait(self, what, seconds=START_SECONDS_MAX):
        """Seconds since now until the terminal was sent that."""
        begun = time.monotonic()
        while what not in self.seen:
            if time.monotonic() - begun > seconds or not self.read(seconds):
                raise Failure(f"{what!r} was not shown")
        return time.monotonic() - begun

    def press(self, keys):
        """Press keys; what was seen before is forgotten."""
        while self.read(0):
            pass
        self.seen = b""
        os.write(self.master, keys)

    def memory_mib(self):
        """Resident."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0

    def end(self):
        """Leave."""
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)
        os.close(self.master)


class Speaker(threading.Thread):
    """Says so many messages a second over a connection of its own, as far as the node takes them."""

    def __init__(self, home):
        super().__init__(daemon=True)
        self.control, self.said, self.is_over, self.seconds = long_history.Control(home), 0, False, 0
        self.problem = ""

    def run(self):
        """Until it is told to end. A batch a tick: a client that asks ahead is what a busy room looks like."""
        begun = time.monotonic()
        while not self.is_over:
            due = int((time.monotonic() - begun) * RATE) - self.said
            batch = [{"jsonrpc": "2.0", "method": "room.say", "params": {"text": f"message {self.said + i}"}, "id": i}
                     for i in range(min(due, 32))]
            if batch:
                self.control.socket.sendall(json.dumps(batch).encode() + b"\n")
                answers = json.loads(self.control.file.readline())
                self.said += len(answers)
                self.problem = next((answer["error"]["message"] for answer in answers if "error" in answer), self.problem)
            else:
                time.sleep(0.001)
        self.seconds = time.monotonic() - begun


def typed(terminal):
    """Milliseconds until each letter was seen."""
    times = []
    for _ in range(LETTERS):
        terminal.press(b"Q")
        times.append(terminal.wait(b"Q", 5) * 1000)
        end = time.monotonic() + 0.03  # as a fast typist
        while time.monotonic() < end:
            terminal.read(max(0, end - time.monotonic()))
    return times


def figures(times, name):
    """Median, 99 % and the worst."""
    return {f"{name}MsMedian": round(statistics.median(times), 2), f"{name}Ms99": round(sorted(times)[len(times) * 99 // 100], 2),
            f"{name}MsWorst": round(max(times), 2)}


def node(wavu, home):
    """A node there, and its address."""
    # pylint: disable=consider-using-with
    process = subprocess.Popen([wavu, "up", "--discovery-port", "0", "--listen", "127.0.0.1:0", "--home", home],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def await_join(home, other, address):
    """The node of `other` becomes a member where `home` is one, and can say something there."""
    control, newcomer = long_history.Control(home), long_history.Control(other)
    control.ask("network.inviteKey", {"key": newcomer.ask("person.key", {})["key"]})
    newcomer.ask("network.joinKey", {"address": address})
    end = time.monotonic() + START_SECONDS_MAX
    while newcomer.ask("room.say", {"text": "here"}) is None:
        if time.monotonic() > end:
            raise Failure("the other node did not get in")
        time.sleep(0.2)
    control.close()
    newcomer.close()


def measure(wavu, home, other):
    """All of it, on a node that runs there, while `other` speaks."""
    control = long_history.Control(home)
    newest = control.ask("history.look", {"max": 1})["messages"][0]["text"].split()[0].encode()
    starts = []
    for _ in range(5):
        terminal = Terminal([wavu, "chat", "--home", home])
        starts.append(terminal.wait(newest) * 1000)
        terminal.end()
    terminal = Terminal([wavu, "chat", "--home", home])
    terminal.wait(newest)
    result = figures(starts, "start") | {"memoryMiB": round(terminal.memory_mib(), 1)}
    for _ in range(200):
        terminal.press(b"\x1b[5~")
        terminal.read(0.2)
    result["memoryScrolledMiB"] = round(terminal.memory_mib(), 1)
    terminal.press(b"\x1b[F")
    terminal.wait(newest)
    result |= figures(typed(terminal), "typingIdle")
    speaker = Speaker(other)
    speaker.start()
    result |= figures(typed(terminal), "typingBusy")
    speaker.is_over = True
    speaker.join()
    result |= {"saidPerSecond": round(speaker.said / speaker.seconds), "memoryBusyMiB": round(terminal.memory_mib(), 1)}
    if speaker.problem:
        raise Failure(f"the node did not take what was said: {speaker.problem}")
    terminal.end()
    control.close()
    return result


def run(bench, wavu, messages):
    """A home with so many messages, two nodes, the figures."""
    with tempfile.TemporaryDirectory() as folder:
        home, other = os.path.join(folder, "home"), os.path.join(folder, "other")
        os.mkdir(home, 0o700)
        long_history.fill(bench, home, messages)
        nodes = []
        try:
            nodes = [node(wavu, home), node(wavu, other)]
            await_join(home, other, nodes[0][1])
            return measure(wavu, home, other)
        finally:
            for process, _ in nodes:
                process.kill()
                process.wait()


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build/release"))
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--wavu", help="another program than the build's")
    options = parser.parse_args()
    wavu = os.path.realpath(options.wavu or options.build / "bin/wavu")
    print(json.dumps({"type": "tui", "messages": options.messages} | run(options.build.resolve() / "bench", wavu, options.messages)))


if __name__ == "__main__":
    main()
