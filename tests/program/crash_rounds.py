#!/usr/bin/env python3
"""Rounds of kill -9 in a conversation of five real nodes: what was shown to somebody or has left its author is never lost,
nothing is shown twice, and in the end all have the same history.

Each node is a process of its own (tests/node/wavu_chat_talker_tool.c, through the public library) with a home on this
machine's disk, on loopback. In each round they talk, one is killed at a drawn moment, the others talk on, and it starts again;
now and then two are killed at once, or one again while it comes back.

What nodes tell is read later than it happened, and of each node at another time. So a history is judged by what was known when
it was asked for, and by what its own node had told before it; not by what came in while this one read.

In:  --rounds N (5), --nodes N (5), --seed N (drawn, and said), WAVU_BUILD (where tools/ lies).
Out: TAP, and what was met. `make crash-rounds` makes 200 rounds, tests/program/crash_rounds_test.py some.
"""
import argparse
import collections
import os
import random
import selectors
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("WAVU_BUILD", os.path.join(ROOT, "build", "release"))
TALKER = os.path.join(BUILD, "tools", "node_wavu_chat_talker_tool")
BEGUN = time.monotonic()
PATIENCE = 60  # seconds until all histories are equal


class Fault(Exception):
    """What must not be."""


class Message:
    """Something that a node took to be said, and where it has been. A kill may come before it is on a disk: then it was shown
    to nobody, and is in no history."""

    def __init__(self, author, place):
        self.author = author
        self.place = place
        self.must = set()  # it was reported that these nodes have it
        self.shown = {}  # node: the last of its lives in which it was shown
        self.when = time.monotonic() - BEGUN
        self.is_acknowledged = False

    def owes(self, node):
        """Must it be in the history of that node? It was shown there, or it left its author."""
        return node in self.shown or (node is self.author and len(self.shown) > 0)


class Node:
    """A process, or the place of one."""

    def __init__(self, world, number):
        self.world = world
        self.number = number
        self.home = os.path.join(world.work, f"home{number}")
        self.address = "127.0.0.1:0"
        self.member = None
        self.life = 0
        self.said = []
        self.heard = {}
        self.process = None
        self.pending = b""
        self.lines = collections.deque()
        self.rows = None
        self.owed = set()
        self.history = None
        self.entered = False
        self.left = False
        self.secrets = []
        self.code = None

    def start(self):
        """Begin a new life."""
        self.life += 1
        self.rose = time.monotonic() - BEGUN
        self.pending = b""
        self.history = None
        self.process = subprocess.Popen([*self.world.prefix, TALKER, self.home, self.address, *self.world.options], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.world.selector.register(self.process.stdout, selectors.EVENT_READ, self)
        up = self.life
        self.world.until(lambda: self.address_life == up, 30, f"node {self.number} did not start")
        if self.life > 1:
            self.read_history()

    address_life = 0

    def kill(self):
        """Kill it as it is, and hear what it had written before."""
        self.world.kills += 1
        self.process.kill()
        self.process.wait()
        while self.hear():
            pass
        self.world.selector.unregister(self.process.stdout)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()
        self.process = None

    def order(self, text):
        """Give it a line."""
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def hear(self):
        """Read what it has written so far; false at the end."""
        try:
            got = os.read(self.process.stdout.fileno(), 1 << 16)
        except BlockingIOError:
            return True
        *lines, self.pending = (self.pending + got).split(b"\n")
        self.lines.extend(lines)
        while self.lines:  # in their order, also when one of them has others heard who have us heard
            self.world.ledger(self, self.lines.popleft().decode().split(" "))
        return bool(got)

    def read_history(self):
        """Ask for all of it, and judge it."""
        self.history = None
        self.rows = []
        before = self.world.of(lambda message: message.owes(self))
        reported = self.world.of(lambda message: self in message.must and message.shown)
        self.order("history")
        self.world.until(lambda: self.history is not None, 30, f"node {self.number} told no history")
        self.world.judge(self, self.owed | before, reported)


class World:
    """All nodes, and the ledger of what they said."""

    def __init__(self, work, seed, count, prefix=(), options=()):
        self.work = work
        self.prefix = prefix
        self.options = options
        self.random = random.Random(seed)
        self.selector = selectors.DefaultSelector()
        self.messages = {}
        self.members = {}
        self.nodes = [Node(self, i) for i in range(count)]
        self.refused = 0
        self.past = set()
        self.early = 0
        self.kills = 0

    def until(self, is_done, seconds, problem):
        """Listen until that is so."""
        end = time.monotonic() + seconds
        while not is_done():
            if time.monotonic() > end:
                raise Fault(problem)
            self.listen(0.05)

    def listen(self, seconds):
        """Listen for so long."""
        end = time.monotonic() + seconds
        while True:
            for key, _ in self.selector.select(max(0, end - time.monotonic())):
                node = key.data
                if not node.hear() and node.process.poll() is not None:
                    error = node.process.stderr.read().decode().strip()
                    raise Fault(f"node {node.number} ended by itself: {node.process.returncode} {error}")
            if time.monotonic() >= end:
                return

    # What nodes tell.

    def ledger(self, node, words):
        """Write down one line of a node."""
        kind, rest = words[0], words[1:]
        if kind == "up":
            if node.address.endswith(":0"):
                node.address = "127.0.0.1:" + rest[0].split("/")[4]
            node.full_address = rest[0]
            node.address_life = node.life
        elif kind == "member":
            node.member = rest[0]
            self.members[rest[0]] = node
        elif kind == "entered":
            node.entered = True
        elif kind == "left":
            node.left = True
        elif kind in ("secret", "secrets"):
            node.secrets.append(rest)
        elif kind == "code":
            node.code = rest[0]
        elif kind == "said":
            self.messages[rest[0]] = Message(node, len(node.said))
            node.said.append(self.messages[rest[0]])
        elif kind == "shown":
            self.shown(node, rest[0], self.members.get(rest[1], node))
        elif kind == "has":
            self.has(node, self.members[rest[0]], rest[1])
        elif kind == "row":
            node.rows.append(rest[0])
        elif kind == "end":
            node.history = node.rows
            node.owed = self.of(lambda message: node in message.shown)
        elif kind == "refused":
            self.refused += 1
        elif kind == "problem":
            raise Fault(f"node {node.number}: {' '.join(words)}")

    def of(self, is_meant):
        """Names of the messages of which that holds."""
        return {name for name, message in self.messages.items() if is_meant(message)}

    def message(self, name, author):
        """What is called so: its author told it first, and we may read that last."""
        if name not in self.messages and author.process:
            author.hear()
        return self.messages.get(name)

    def shown(self, node, name, author):
        """It was shown to somebody."""
        message = self.message(name, author)
        if message is None or message.author is not author:
            raise Fault(f"node {node.number} was shown {name[:8]}, which nobody said")
        if message.shown.get(node) == node.life:
            raise Fault(f"node {node.number} was shown {name[:8]} twice")
        if node in message.shown:
            raise Fault(f"node {node.number} was shown {name[:8]} once more after a kill")
        message.shown[node] = node.life

    def has(self, author, who, name):
        """Somebody is known to have all of the author's up to this."""
        last = self.messages.get(name)
        if who is author or last is None:
            return  # of the author's, and no message: that somebody came in, say
        if last.author is not author:
            raise Fault(f"node {who.number} is said to have {name[:8]}, which nobody said")
        for message in author.said[author.heard.get(who, 0):last.place + 1]:
            message.must.add(who)
            message.is_acknowledged = True
        author.heard[who] = max(author.heard.get(who, 0), last.place + 1)

    def judge(self, node, owed, reported):
        """Its history has all that is owed, once, and nothing that nobody said."""
        rows = set(node.history)
        if len(rows) != len(node.history):
            raise Fault(f"node {node.number} has something twice in its history")
        for name in rows - set(self.messages):
            if not any(self.message(name, other) for other in self.nodes):
                raise Fault(f"node {node.number} has {name[:8]} in its history, which nobody said")
        for name in owed - rows - self.past:
            message = self.messages[name]
            raise Fault(f"node {node.number} has lost {name[:8]}, number {message.place} of node {message.author.number}, "
                        + ("which it was shown" if node in message.shown else "which others were shown"))
        self.early += len(reported - owed - rows - self.past)

    # What is done.

    def found(self):
        """A network of all."""
        for node in self.nodes:
            node.start()
        self.join_all("savanna")

    def join_all(self, name):
        """The first makes it, the others come in."""
        first = self.nodes[0]
        first.order(f"make {name}")
        for node in self.nodes[1:]:
            first.code = None
            first.order("invite")
            self.until(lambda: first.code, 10, "no code")
            node.order(f"join {first.code} {first.address}")
            self.until(lambda n=node: n.entered, 30, f"node {node.number} did not get in")
        self.until(lambda: len(self.members) == len(self.nodes), 30, "not all know who they are")
        for node in self.nodes:
            self.speak(node)
        self.listen(3)
        self.past = set(self.messages)  # said before all could read: the past of who came in

    def speak(self, node, order="say 20"):
        """Let it say something, as soon as it may."""
        count = len(node.said)
        end = time.monotonic() + PATIENCE
        while len(node.said) == count:
            if time.monotonic() > end:
                raise Fault(f"node {node.number} may not speak")
            node.order(order)
            self.listen(0.3)

    def talk(self, seconds):
        """All that are up say things."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            node = self.random.choice(self.nodes)
            if node.process:
                node.order(f"say {self.random.choice((5, 60, 200, 200, 3000))}")
            self.listen(self.random.random() * 0.03)

    def settle(self):
        """All histories become equal; how long that took."""
        begun = time.monotonic()
        while True:
            for node in self.nodes:
                node.read_history()
            histories = [[name for name in node.history if name not in self.past] for node in self.nodes]
            if all(history == histories[0] for history in histories):
                return time.monotonic() - begun
            if time.monotonic() - begun > PATIENCE:
                raise Fault(f"after {PATIENCE} s the histories differ: " + self.difference(histories))
            self.listen(0.2)

    def difference(self, histories):
        """Who lacks what, in words."""
        names = set().union(*histories)
        lacks = [(node, name) for node, history in zip(self.nodes, histories) for name in names - set(history)]
        if not lacks:
            return "in their order alone"
        return "; ".join(f"node {node.number} (life {node.life}) lacks {name[:8]}, number "
                         f"{self.messages[name].place} of node {self.messages[name].author.number}, said at "
                         f"{self.messages[name].when:.1f} s, reported {node in self.messages[name].must}; it rose at "
                         f"{node.rose:.1f} s" for node, name in lacks[:5])

    def round(self):
        """Talk, a kill, more talk, a start; now and then of two at once, and now and then again while they come back."""
        victims = self.random.sample(self.nodes, 2 if self.random.random() < 0.25 else 1)
        self.talk(self.random.random() * 0.5)
        if self.random.random() < 0.5:  # while it is on its way to the disk, or from there
            for victim in victims:
                victim.order("say 200")
            self.listen(self.random.random() * 0.01)
        for victim in victims:
            victim.kill()
        self.talk(self.random.random() * 0.5)
        for victim in victims:
            victim.start()
        while self.random.random() < 0.25:
            self.talk(self.random.random() * 0.3)
            victims[0].kill()
            victims[0].start()

    def end(self):
        """End what was started."""
        for node in self.nodes:
            if node.process:
                node.process.kill()
                node.process.wait()


def run(world, rounds):
    """All rounds; a line of figures."""
    world.found()
    longest = 0.0
    for number in range(1, rounds + 1):
        world.round()
        if number % 10 == 0 and number < rounds:
            longest = max(longest, world.settle())
            print(f"# {number} rounds", flush=True)
    longest = max(longest, world.settle())
    messages = [message for message in world.messages.values() if message.shown]
    untold = sum(m.author not in m.shown for m in messages)
    return (f"{rounds} rounds, {world.kills} kills, {len(world.nodes)} nodes, {len(messages)} messages, "
            f"{sum(m.is_acknowledged for m in messages)} acknowledged, shown {sum(len(m.shown) for m in messages)} times, "
            f"{untold} on the disk and never told to their authors, none lost, none shown twice, {world.early} reported early, equal within {longest:.1f} s")


def case_of(rounds):
    """What is promised, for TAP."""
    return f"{rounds} rounds of kill -9: nothing that was shown or has left is lost, nothing shown twice, all equal"


def campaign(rounds, nodes, seed):
    """All of it in a folder of its own: whether it was as it should, and what was met."""
    work = tempfile.mkdtemp(prefix="wavu-rounds-")
    world = World(work, seed, nodes)
    print(f"# seed {seed}", flush=True)
    try:
        return True, run(world, rounds)
    except Fault as fault:
        return False, str(fault)
    finally:
        world.end()
        shutil.rmtree(work, ignore_errors=True)


def draw_seed():
    """Another one each time; it is said."""
    return random.SystemRandom().randrange(1 << 32)


def main():
    """Run, and say it in TAP."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--nodes", type=int, default=5)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    print("1..1")
    is_good, met = campaign(options.rounds, options.nodes, options.seed if options.seed is not None else draw_seed())
    print(f"# {met}\n{'ok' if is_good else 'not ok'} 1 - {case_of(options.rounds)}")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
