#!/usr/bin/env python3
"""What those who do not belong can see: nothing, neither on the wire nor by asking; and who was put out reads no more.

Three members talk (tests/node/wavu_chat_talker_tool.c), with an uninvited `wavu up` beside them, all in a network namespace
of its own in which every frame of every interface is captured. No frame may have what they said, their nicks, the
network's name or id, a member's id or key, or the discovery key, raw or as text; a name that is said in clear at each
connection shows that the capture sees contents. Then one of the three is put out.

In:  WAVU_BUILD (where bin/ and tools/ lie). Out: TAP. The capture takes root and namespaces; it is skipped without.
"""
import base64
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from crash_rounds import BUILD, Fault, World

WAVU = os.path.join(BUILD, "bin", "wavu")
HERE = os.path.dirname(os.path.abspath(__file__))
NAME = "savanna-of-the-hidden"
NICKS = ("Aminatu-Hidden", "Barakaeli-Hidden", "Chikumbuso-Hidden")
TEXTS = ("mkutano uko chini ya mbuyu saa kumi", "nitaleta maji na mkate wa kutosha", "usimwambie mtu yeyote tafadhali")
IN_CLEAR = b"/multistream/1.0.0"
CUT_SECONDS = 5
cases = 0
failed = 0


def case(is_good, name, remark=""):
    """One case of TAP."""
    global cases, failed
    cases += 1
    failed += 0 if is_good else 1
    if remark:
        print(f"# {remark}")
    print(f"{'ok' if is_good else 'not ok'} {cases} - {name}", flush=True)


class Space:
    """A network namespace with a loopback and an interface that leads nowhere; or none, and why."""

    def __init__(self):
        self.name = f"wavu{os.getpid()}s"
        self.obstacle = self.make()
        self.prefix = () if self.obstacle else ("ip", "netns", "exec", self.name)

    def make(self):
        """Why there is none; "" when there is."""
        if os.getuid() != 0 or not shutil.which("ip"):
            return "network namespaces take root and iproute2"
        for command in (f"ip netns add {self.name}", f"ip -n {self.name} link set lo up"):
            if subprocess.run(command.split(), capture_output=True, check=False).returncode != 0:
                return "this machine lets nobody make network namespaces"
        for command in ("link add wire type dummy", "address add 10.79.0.1/24 dev wire", "link set wire multicast on up"):
            subprocess.run(["ip", "-n", self.name, *command.split()], capture_output=True, check=False)
        return ""

    def end(self):
        """Its processes must have ended."""
        if not self.obstacle:
            subprocess.run(["ip", "netns", "delete", self.name], capture_output=True, check=False)


class Capture:
    """All frames of a namespace, in a file."""

    def __init__(self, space, path):
        self.path = path
        self.process = subprocess.Popen([*space.prefix, sys.executable, os.path.join(HERE, "frames.py"), "", path],
                                        stdout=subprocess.PIPE)
        if self.process.stdout.readline() != b"listening\n":
            raise Fault("the capture does not listen")

    def end(self):
        """The bytes."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.process.stdout.close()
        with open(self.path, "rb") as file:
            return file.read()


def secrets_of(world):
    """What nobody else may see, by what it is."""
    found = {f"text {i}": text.encode() for i, text in enumerate(TEXTS)}
    found |= {f"nick {nick}": nick.encode() for nick in NICKS} | {"name of the network": NAME.encode()}
    for node in world.nodes:
        node.secrets = []
        node.order("secrets")
        world.until(lambda n=node: ["end"] in n.secrets, 10, "no secrets")
        found |= {f"{what} {text[:8]}": bytes.fromhex(text) for what, text in (s for s in node.secrets if len(s) == 2)}
    return found


def forms(secret):
    """How it might stand somewhere."""
    text = secret.hex()
    return {secret, text.encode(), text.upper().encode(), base64.b64encode(secret).rstrip(b"="),
            secret.decode("latin-1").encode("utf-16-le")}


def seen(secrets, where):
    """Which of them are in there."""
    return sorted(what for what, secret in secrets.items() if any(form in where for form in forms(secret)))


def talk(world):
    """A conversation that all have seen."""
    for node, nick in zip(world.nodes, NICKS):
        node.order(f"nick {nick}")
    world.join_all(NAME)
    for node in world.nodes:
        world.speak(node)
    world.listen(3)
    for node, text in zip(world.nodes, TEXTS):
        world.speak(node, f"tell {text}")
        world.until(lambda m=node.said[-1]: len(m.shown) == len(world.nodes), 60, "not all were shown it")


def ask(space, home, *words):
    """A command of the uninvited node: exit code and all that it says."""
    done = subprocess.run([*space.prefix, WAVU, *words, "--home", home], capture_output=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


def uninvited(space, world, work):
    """Start one that knows where all members are."""
    home = os.path.join(work, "stranger")
    seeds = [word for node in world.nodes for word in ("--seed", node.full_address)]
    process = subprocess.Popen([*space.prefix, WAVU, "up", "--home", home, "--listen", "127.0.0.1:0", *seeds],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.readline()
    return process, home


def look_at_stranger(space, world, home, secrets):
    """It is told that it is not invited, and what it can ask for shows nothing."""
    code, said = ask(space, home, "join", "--key", world.nodes[0].full_address)
    case(code == 5 and b"not invited" in said, "an uninvited node is told so", said.decode().strip())
    everything = said
    for words in (("networks", "--json"), ("members",), ("members", "--nodes", "--json"), ("status", "--json"),
                  ("peers", "--json"), ("events", "--all", "--no-follow"), ("id",)):
        everything += ask(space, home, *words)[1]
    leaks = seen(secrets, everything)
    case(not leaks and len(everything) > 100, "all that it can ask its own node shows nothing of the network",
         f"{len(everything)} bytes of answers" + "".join(f"; {leak}" for leak in leaks))


def put_out(world):
    """One is put out: it is cut off at once, and reads nothing that is said from then on."""
    by, other, gone = world.nodes
    begun = time.monotonic()
    by.order(f"revoke {gone.member}")
    world.until(lambda: gone.left, 30, "it does not hear that it is out")
    took = time.monotonic() - begun
    case(took < CUT_SECONDS, f"who was put out knows it within {CUT_SECONDS} s", f"{took:.2f} s")
    world.listen(max(0.0, CUT_SECONDS - took))  # by then the other has applied it
    after = []
    for node in (by, other, by, other):
        world.speak(node)
        after.append(node.said[-1])
    world.until(lambda: all({by, other} <= set(m.shown) for m in after), 60, "those who stay do not hear each other")
    case(True, "those who stay go on talking")
    world.listen(3)
    case(not any(gone in message.shown for message in after), "who was put out was shown nothing of it")
    gone.process.kill()
    gone.process.wait()
    raw = b""
    for folder, _, files in os.walk(gone.home):
        for file in files:
            with open(os.path.join(folder, file), "rb") as one:
                raw += one.read()
    case(b"SQLite format 3" not in raw and not any(text.encode() in raw for text in TEXTS),
         "its home shows no text to who has not its key")


def run(space, work):
    """All of it."""
    world = World(work, 1, 3, space.prefix, () if space.obstacle else ("lan",))
    stranger = None
    capture = None if space.obstacle else Capture(space, os.path.join(work, "frames"))
    try:
        for node in world.nodes:
            node.start()
        stranger, home = uninvited(space, world, work)
        talk(world)
        secrets = secrets_of(world)
        look_at_stranger(space, world, home, secrets)
        put_out(world)
        if capture:
            raw = capture.end()
            capture = None
            leaks = seen(secrets, raw)
            case(IN_CLEAR in raw and len(raw) > 100000, "the capture sees contents", f"{len(raw)} bytes of frames")
            case(not leaks, f"no frame shows any of {len(secrets)} secrets", ", ".join(leaks))
        else:
            print(f"ok {cases + 1} - capture # SKIP {space.obstacle}")
    finally:
        world.end()
        if stranger:
            stranger.terminate()
            stranger.wait()
        if capture:
            capture.end()


def main():
    """Run, and tidy up."""
    space = Space()
    work = tempfile.mkdtemp(prefix="wavu-strangers-")
    try:
        run(space, work)
    except Fault as fault:
        case(False, "all went as it should", str(fault))
    finally:
        space.end()
        shutil.rmtree(work, ignore_errors=True)
    print(f"1..{cases + (1 if space.obstacle else 0)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
