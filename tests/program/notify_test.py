#!/usr/bin/env python3
"""What a node tells the service manager, seen by one of our own: a socket as NOTIFY_SOCKET names it.

In:  WAVU_BIN, or WAVU_BUILD (where bin/ lies). Out: TAP; skipped where wavu was built without libsystemd.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WAVU = os.environ.get("WAVU_BIN") or os.path.join(os.environ.get("WAVU_BUILD", ROOT + "/build/release"), "bin", "wavu")
PATIENCE = 20  # seconds until something that has to come is given up
WATCHDOG_USEC = 200000
cases = 0
failed = 0


def case(is_good, name, remark=""):
    """One case of TAP."""
    global cases, failed
    cases += 1
    failed += 0 if is_good else 1
    if remark and not is_good:
        print(f"# {remark}")
    print(f"{'ok' if is_good else 'not ok'} {cases} - {name}", flush=True)


class Manager:
    """Takes what services say."""

    def __init__(self, work):
        self.path = os.path.join(work, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.heard = []

    def next(self, seconds=PATIENCE):
        """The next message as a dictionary, or None."""
        self.socket.settimeout(seconds)
        try:
            text = self.socket.recv(4096).decode()
        except (TimeoutError, BlockingIOError):
            return None
        said = dict(line.split("=", 1) for line in text.split("\n") if line)
        self.heard.append(said)
        return said

    def until(self, key, value=None):
        """The next message that says `key`, or None; what comes before it is dropped."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            said = self.next()
            if said is None or (key in said and value in (None, said[key])):
                return said
        return None

    def drain(self):
        while self.next(0):
            pass


class Node:
    """wavu up in a home, told of the manager."""

    def __init__(self, home, manager, watchdog=True):
        self.home = home
        env = dict(os.environ, NOTIFY_SOCKET=manager.path, WATCHDOG_USEC=str(WATCHDOG_USEC))
        for name in ("WATCHDOG_PID", "WAVU_HOME", "JOURNAL_STREAM"):
            env.pop(name, None)
        if not watchdog:
            env.pop("WATCHDOG_USEC")
        self.process = subprocess.Popen([WAVU, "up", "--home", home, "--listen", "127.0.0.1:0", "--discovery-port", "0"], env=env,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def ask(self, method):
        """The answer, by a connection of its own."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(PATIENCE)
            s.connect(os.path.join(self.home, "control.sock"))
            s.sendall(json.dumps({"jsonrpc": "2.0", "method": method, "id": 1}).encode() + b"\n")
            return json.loads(s.makefile().readline())

    def is_stopped(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "T"

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def run(*words, typed=None):
    """wavu to its end."""
    return subprocess.run([WAVU, *words], input=typed, capture_output=True, text=True, timeout=60, check=False)


def within(condition):
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def begins(manager, node):
    said = manager.until("READY")
    if said is None:
        return False
    case(manager.heard[0] is said, "the first word is READY", str(manager.heard))
    case(said["READY"] == "1" and said.get("STATUS") == "up", "a node that is up says so", str(said))
    address = node.process.stdout.readline().decode().split("/")
    with socket.create_connection((address[2], int(address[4])), PATIENCE):
        case(True, "it listens then")
    case("result" in node.ask("node.status"), "and its control socket answers")
    return True


def lives(manager, node):
    signs = [manager.until("WATCHDOG", "1") for _ in range(4)]
    case(None not in signs, "it gives signs of life")
    os.kill(node.process.pid, signal.SIGSTOP)
    case(within(node.is_stopped), "it is stopped")
    manager.drain()
    case(manager.next(5 * WATCHDOG_USEC / 1e6) is None, "a node that hangs gives none")
    os.kill(node.process.pid, signal.SIGCONT)
    case(manager.until("WATCHDOG") is not None, "one that goes on does")


def reads_again(manager, node):
    before = time.monotonic_ns() // 1000
    node.process.send_signal(signal.SIGHUP)
    said = manager.until("RELOADING", "1")
    now = time.monotonic_ns() // 1000
    case(said is not None and before <= int(said.get("MONOTONIC_USEC", 0)) <= now, "SIGHUP: it reads its settings again, and since when", str(said))
    case(manager.until("READY", "1") is not None, "and is ready again")
    with open(os.path.join(node.home, "wavu.toml"), "w", encoding="utf-8") as file:
        file.write("colour = 3\n")
    done = run("reload", "--home", node.home)
    case(done.returncode == 2 and "wavu.toml:1:1: there is no setting 'colour'" in done.stderr, "reload says what is wrong, and where", done.stderr)
    case(manager.until("RELOADING") is not None and manager.until("READY") is not None, "a node with a wrong file is ready again as well")
    os.unlink(os.path.join(node.home, "wavu.toml"))


def ends(manager, node):
    done = run("down", "--home", node.home)
    case(done.returncode == 0 and done.stdout == "the node has ended\n", "down ends it", done.stdout + done.stderr)
    case(node.process.poll() == 0, "and has waited for its end")
    case(manager.until("STOPPING", "1") is not None, "its last word is STOPPING")
    case(manager.next(0) is None, "and nothing comes behind it")
    done = run("down", "--home", node.home)
    case(done.returncode == 3 and "no node runs in" in done.stderr, "where none runs down says so", done.stderr)


def locked(manager, node):
    said = manager.until("READY")
    case(said and said.get("STATUS") == "locked: 'wavu unlock' opens it", "a locked node is ready, and says what it wants", str(said))
    case(None not in [manager.until("WATCHDOG", "1") for _ in range(3)], "and gives signs of life")
    case("error" in node.ask("node.status"), "while it answers nothing else")
    done = run("unlock", "--home", node.home, "--passphrase-file", "-", typed="kisima kirefu")
    case(done.returncode == 0 and manager.until("STATUS", "up") is not None, "unlocked it says so", done.stderr)
    case(run("lock", "--home", node.home).returncode == 0, "and locked again")
    case(manager.until("STATUS", "locked: 'wavu unlock' opens it") is not None, "likewise")
    case(run("down", "--home", node.home).returncode == 0 and node.process.poll() == 0, "a locked node goes down as well")


def unwatched(manager, node):
    case(manager.until("READY") is not None, "without a watchdog it is ready all the same")
    case("result" in node.ask("rpc.version"), "answers")
    node.process.terminate()
    case(manager.next() == {"STOPPING": "1"}, "and gives no signs of life")
    case(node.process.wait(PATIENCE) == 0, "SIGTERM ends it in good order")


def main():
    linked = subprocess.run(["ldd", WAVU], capture_output=True, text=True, check=False).stdout
    if "libsystemd" not in linked:
        print("1..0 # SKIP this wavu tells no service manager anything: it was built without libsystemd")
        return 0
    work = tempfile.mkdtemp()
    nodes = []

    def start(name, **wishes):
        nodes.append(Node(os.path.join(work, name), manager, **wishes))
        return nodes[-1]

    try:
        manager = Manager(work)
        node = start("one")
        if not begins(manager, node):
            case(False, "it says READY", str(manager.heard))
            return 1
        lives(manager, node)
        reads_again(manager, node)
        ends(manager, node)
        unwatched(manager, start("one", watchdog=False))
        done = run("passphrase", "set", "--home", os.path.join(work, "one"), "--new-passphrase-file", "-", typed="kisima kirefu")
        case(done.returncode == 0, "a home with a passphrase", done.stderr)
        manager.drain()
        locked(manager, start("one"))
    finally:
        for node in nodes:
            node.kill()
        shutil.rmtree(work)
    print(f"1..{cases}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
