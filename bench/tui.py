#!/usr/bin/env python3
"""The terminal chat on a long history: how soon it shows the newest message, beside a node and where it has to start one,
what it holds, how soon what is typed is seen while others say much, and how much of that has come.

In:  --build (a release build with bench_history), --messages. Out: a line of JSON: milliseconds, MiB, messages a second.
The chat runs on a pseudo-terminal of 80 x 24 whose output is read as a terminal would; a letter counts as seen when the
terminal has been sent it.
"""
import argparse
import fcntl
import json
import multiprocessing
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
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import long_history  # noqa: E402
from programs import Failure  # noqa: E402

LETTERS = 200
STARTS = 5
ROOM = "soko"
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


def speak(home, room, over, told):
    """Say so many messages a second in a room, as far as the node takes them, until it is over; then tell how many, in how many
    seconds, and what was wrong. A batch a tick: a client that asks ahead is what a busy room looks like."""
    control, said, problem = long_history.Control(home), 0, ""
    begun = time.monotonic()
    while not over.is_set():
        due = int((time.monotonic() - begun) * RATE) - said
        batch = [{"jsonrpc": "2.0", "method": "room.say", "params": {"text": f"message {said + i}", "room": room}, "id": i}
                 for i in range(min(due, 32))]
        if batch:
            control.socket.sendall(json.dumps(batch).encode() + b"\n")
            answers = json.loads(control.file.readline())
            said += len(answers)
            problem = next((answer["error"]["message"] for answer in answers if "error" in answer), problem)
        else:
            time.sleep(0.001)
    told.send((said, time.monotonic() - begun, problem))
    control.close()


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


def patiently(ask, problem):
    """What `ask` gives once it is something."""
    end = time.monotonic() + START_SECONDS_MAX
    while not (result := ask()):
        if time.monotonic() > end:
            raise Failure(problem)
        time.sleep(0.2)
    return result


def newest_of(control):
    """A word of the newest message that stands in no other one of the last page, and in nothing that the chat itself says."""
    *others, newest = (one["text"] for one in control.ask("history.look", {"max": 50})["messages"])
    known = " ".join(others)
    return max((word for word in newest.split() if word not in known), key=len).encode()


def join(home, other, address):
    """The node of `other` becomes a member where `home` is one, and makes a room there, which `home` knows then; its id. What it
    says in the main room would not be seen: the million there is no part of what it knows, so that it speaks above it."""
    control, newcomer = long_history.Control(home), long_history.Control(other)
    control.ask("network.inviteKey", {"key": newcomer.ask("person.key", {})["key"]})
    newcomer.ask("network.joinKey", {"address": address})
    room = patiently(lambda: newcomer.ask("room.make", {"name": ROOM}), "the other node did not get in")["room"]
    patiently(lambda: any(one["id"] == room for one in control.ask("room.list", {})["rooms"]), "its room did not come")
    control.close()
    newcomer.close()
    return room


def starts(wavu, home, newest, is_alone):
    """Milliseconds until the newest message is seen; `is_alone`: no node runs there before, nor behind."""
    times = []
    for _ in range(STARTS):
        terminal = Terminal([wavu, "chat", "--home", home])
        times.append(terminal.wait(newest) * 1000)
        terminal.end()
        if is_alone:
            subprocess.run([wavu, "down", "--home", home], stdout=subprocess.DEVNULL, check=True)
    return times


def quiet(wavu, home, newest):
    """What nobody else disturbs: the start, what is resident, what is typed."""
    result = figures(starts(wavu, home, newest, False), "start")
    terminal = Terminal([wavu, "chat", "--home", home])
    terminal.wait(newest)
    result |= {"memoryMiB": round(terminal.memory_mib(), 1)}
    for _ in range(200):
        terminal.press(b"\x1b[5~")
        terminal.read(0.2)
    result["memoryScrolledMiB"] = round(terminal.memory_mib(), 1)
    terminal.press(b"\x1b[F")
    terminal.wait(newest)
    result |= figures(typed(terminal), "typingIdle")
    terminal.end()
    return result


def busy(wavu, home, other, room):
    """What is typed in a chat where others speak; how much of that had come by then, and that the chat shows it."""
    control = long_history.Control(home)
    over, (told, tell) = multiprocessing.Event(), multiprocessing.Pipe(False)
    speaker = multiprocessing.Process(target=speak, args=(other, room, over, tell), daemon=True)
    newest = lambda: (control.ask("history.look", {"max": 1, "room": room})["messages"] or [{"text": "message -1"}])[0]["text"]
    terminal = Terminal([wavu, "chat", "--home", home])
    terminal.wait(b"node up")
    terminal.press(f"/room {ROOM}\r".encode())
    terminal.wait(b"# " + ROOM.encode())
    begun = time.monotonic()
    speaker.start()
    result = figures(typed(terminal), "typingBusy")
    came = int(newest().split()[1]) + 1
    seconds = time.monotonic() - begun
    over.set()
    said, said_seconds, problem = told.recv()
    speaker.join()
    if problem:
        raise Failure(f"the node did not take what was said: {problem}")
    last = f"message {said - 1}"
    patiently(lambda: newest() == last, f"{last!r} did not come")
    time.sleep(0.2)  # six drawings
    terminal.press(b"\x0c")
    terminal.wait(last.encode())
    result |= {"saidPerSecond": round(said / said_seconds), "arrivedPerSecond": round(came / seconds),
               "memoryBusyMiB": round(terminal.memory_mib(), 1)}
    terminal.end()
    control.close()
    return result


def run(bench, wavu, messages):
    """A home with so many messages, two nodes, the figures."""
    with tempfile.TemporaryDirectory() as folder:
        home, other = os.path.join(folder, "home"), os.path.join(folder, "other")
        os.mkdir(home, 0o700)
        long_history.fill(bench, home, messages)
        Path(home, "wavu.toml").write_text('bind_addr = "127.0.0.1:0"\ndiscovery_port = 0\n')
        nodes = []
        try:
            nodes = [node(wavu, home)]
            newest = newest_of(long_history.Control(home))
            result = quiet(wavu, home, newest)
            subprocess.run([wavu, "down", "--home", home], stdout=subprocess.DEVNULL, check=True)
            result |= figures(starts(wavu, home, newest, True), "startAlone")
            nodes += [node(wavu, home), node(wavu, other)]
            return result | busy(wavu, home, other, join(home, other, nodes[1][1]))
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
