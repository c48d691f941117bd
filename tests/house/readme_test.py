#!/usr/bin/env python3
"""Every command of README.md is run, in its order, by people with empty homes on a local network of their own.

In:  WAVU_BUILD (whose bin/wavu is run, and which is installed for the C example). Out: TAP.

What a person types in is stood in for by PEOPLE alone: a command that is not in it fails, and so does one that README.md
has no more. Of `make` targets `make run` is run, to the chat; that the others are there is looked at.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "program"))
import screen  # pylint: disable=wrong-import-position

BUILD = Path(os.environ.get("WAVU_BUILD", ROOT / "build" / "release"))
TEXT = (ROOT / "README.md").read_text()
NETWORK = f"wavu{os.getpid()}r"
SECONDS = 60
# Each command of README.md: who types it; how: run to its end, started beside the others, or on a terminal.
PEOPLE = (
    ("wavu", "amina", "terminal"),
    ("wavu invite", "amina", "beside"),
    ("wavu join CODE", "baraka", "run"),
    ("wavu say 'habari za asubuhi'", "amina", "run"),
    ("wavu history", "amina", "run"),
    ("wavu members", "amina", "run"),
    ("wavu status", "amina", "run"),
    ("wavu join CODE ADDRESS", "chiku", "run"),
    ("wavu dm Baraka 'are you there?'", "amina", "run"),
    ("wavu export --all ./stick", "amina", "run"),
    ("wavu import ./stick", "baraka", "run"),
    ("wavu sos --all 'the bridge is down'", "amina", "run"),
    ("wavu doctor", "amina", "run"),
    ("wavu up", "amina", "beside"),
    ("wavu status --json", "amina", "run"),
    ("echo 'the pump is on' | wavu chat --plain", "amina", "run"),
    ("wavu events --no-follow", "amina", "run"),
    ("wavu shell -c 'status; members'", "amina", "run"),
    ("wavu set auto_accept 512", "amina", "run"),
    ("wavu config show --origin", "amina", "run"),
    ("wavu down", "amina", "run"),
    ("cc -o bot bot.c $(pkg-config --cflags --libs wavu)", "amina", "run"),
)
cases = 0
failed = 0


def case(is_good, what, told=""):
    """One line of TAP."""
    global cases, failed
    cases += 1
    failed += not is_good
    print(f"{'ok' if is_good else 'not ok'} {cases} - {what}", flush=True)
    if not is_good:
        print("".join(f"# {line}\n" for line in str(told).splitlines()), end="", flush=True)


def blocks(language):
    """The fenced blocks of that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def commands():
    """All commands, in order."""
    return [line for block in blocks("sh") for line in block.splitlines() if line.strip()]


def obstacle():
    """Why this machine has no network for it; "" when it has."""
    if os.geteuid() != 0:
        return "network namespaces take root"
    if not shutil.which("ip") or not shutil.which("tmux"):
        return "iproute2 or tmux is not installed"
    if subprocess.run(["ip", "netns", "add", NETWORK], capture_output=True, check=False).returncode != 0:
        return "this machine lets nobody make network namespaces"
    for words in ("link add wire type veth peer name far", "address add 10.79.2.1/24 dev wire", "link set lo up",
                  "link set wire up", "link set far up"):
        if subprocess.run(["ip", "-n", NETWORK, *words.split()], capture_output=True, check=False).returncode != 0:
            return "this machine has no veth links"
    return ""


class World:
    """People's homes, what they have started, and what their codes and addresses are."""

    def __init__(self, folder):
        self.folder, self.beside, self.codes = Path(folder), {}, []
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "wavu").symlink_to(BUILD / "bin" / "wavu")
        (self.folder / "stick").mkdir()
        self.stage = self.folder / "stage"
        self.base = {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "LANG": "C.UTF-8", "TERM": "xterm-256color",
                     "LD_LIBRARY_PATH": ""}

    def env(self, who):
        """Of a person: a home, and nothing else."""
        home = self.folder / who
        home.mkdir(exist_ok=True)
        pc = next(iter(self.stage.rglob("wavu.pc")), None)
        return self.base | {"HOME": str(home), "PKG_CONFIG_PATH": str(pc.parent) if pc else ""}

    def run(self, who, command):
        """A command to its end: exit code, and what it said."""
        done = subprocess.run(["ip", "netns", "exec", NETWORK, "sh", "-c", command], cwd=self.folder, env=self.env(who),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=SECONDS)
        return done.returncode, done.stdout + done.stderr

    def start(self, who, command, until):
        """A command that stays; what it said when that had come."""
        out = self.folder / "beside.out"
        with open(out, "w", encoding="utf-8") as to:
            # pylint: disable=consider-using-with
            self.beside[command] = subprocess.Popen(["ip", "netns", "exec", NETWORK, "sh", "-c", "exec " + command],
                                                    cwd=self.folder, env=self.env(who), stdin=subprocess.DEVNULL,
                                                    stdout=to, stderr=to)
        return self.until(lambda: re.search(until, out.read_text(), re.MULTILINE)), out.read_text()

    def until(self, is_so):
        """Wait for it; what it was, or its last answer."""
        end = time.monotonic() + SECONDS
        while not (seen := is_so()) and time.monotonic() < end:
            time.sleep(0.05)
        return seen

    def end(self):
        """All that runs in the network, and the network."""
        for pid in subprocess.run(["ip", "netns", "pids", NETWORK], capture_output=True, text=True, check=False).stdout.split():
            subprocess.run(["kill", "-KILL", pid], capture_output=True, check=False)
        for one in self.beside.values():
            one.wait()


def first_minute(world, who):
    """wavu alone, on a terminal: a nickname, a network, the chat, its end."""
    tmux = screen.Tmux(str(world.folder))
    env = world.env(who) | {"NO_COLOR": "1"}
    try:
        line = f"""sh -c 'ip netns exec {NETWORK} wavu; echo "ended with $?"; exec sleep {SECONDS}'"""
        seen = screen.Screen(tmux, line, 80, 24, env=env)
        seen.wait("What shall others call you")
        seen.enter("Amina")
        seen.wait("1  create a network")
        seen.enter("1")
        seen.wait("# amina-net")
        seen.enter("/quit")
        return int(seen.wait(r"^ended with (\d+)").group(1)), ""
    except screen.Missing as missing:
        return 1, missing
    finally:
        tmux.end()


def make_run(world):
    """`make run` of a tree that is built ends in the wizard, on a home where nothing is yet."""
    if BUILD.resolve() != (ROOT / "build" / "release").resolve():
        case(True, "make run ends in the chat # SKIP another build than the one that make makes is tested")
        return
    tmux = screen.Tmux(str(world.env("nobody")["HOME"]))
    env = world.env("nobody") | {"NO_COLOR": "1"}
    try:
        line = f"""sh -c 'cd {ROOT} && ip netns exec {NETWORK} make run; echo "ended with $?"; exec sleep {SECONDS}'"""
        seen = screen.Screen(tmux, line, 80, 24, env=env)
        seen.wait("What shall others call you", SECONDS)
        seen.enter("/quit")
        seen.wait(r"^ended with 0")
        case(True, "make run ends in the chat")
    except screen.Missing as missing:
        case(False, "make run ends in the chat", missing)
    finally:
        tmux.end()
        world.run("nobody", "wavu down")  # its port is the others'


def prepare(world, command):
    """What README.md says in words between two commands; the command with what stands for CODE and ADDRESS."""
    if command == "wavu join CODE":
        world.run("baraka", "wavu nick Baraka")
    if command == "wavu join CODE ADDRESS":
        said = world.run("amina", "wavu invite --no-wait")[1]
        world.codes.append(re.search(r"^    wavu join (\S+)$", said, re.MULTILINE).group(1))
        status = json.loads(world.run("amina", "wavu status --json")[1])
        address = next(one for one in status["addresses"] if "/ip4/10." in one)
        command = command.replace("ADDRESS", address)
    if command == "wavu up": # a node that stays, in place of the one that came by itself
        world.run("amina", "wavu down")
    if command.startswith("cc "):
        (world.folder / "bot.c").write_text(blocks("c")[0])
        subprocess.run(["cmake", "--install", str(BUILD), "--prefix", str(world.stage)], capture_output=True, check=False)
    return command.replace("CODE", world.codes[-1] if world.codes else "CODE")


def type_in(world, command, who, how):
    """One command as a person does it: exit code and what it said."""
    line = prepare(world, command)
    if how == "terminal":
        return first_minute(world, who)
    if how == "beside":
        found, said = world.start(who, line, r"^    wavu join (\S+)$|^/ip")
        if found and found.group(1):
            world.codes.append(found.group(1))
        return (0 if found else 1), said
    return world.run(who, line)


def walk(world):
    """All commands, and what they leave."""
    for command, who, how in PEOPLE:
        try:
            code, said = type_in(world, command, who, how)
        except (subprocess.TimeoutExpired, AttributeError, StopIteration, ValueError) as problem:
            code, said = 1, repr(problem)
        case(code == 0, f"{who}: {command}", f"exit code {code}\n{said}")
    for command, one in world.beside.items():
        case(world.until(lambda o=one: o.poll() is not None) and one.returncode == 0, f"{command} has ended well",
             one.returncode)
    case((world.folder / "bot").exists(), "the example in C is built")


def names():
    """Commands and targets that stand in sentences are real ones."""
    targets = set(re.findall(r"(?:`|^    )make ([a-z-]+)", TEXT, re.MULTILINE))
    phony = (ROOT / "Makefile").read_text()
    for target in sorted(targets):
        case(re.search(rf"^([a-z -]* )?{target}( [a-z -]*)?:", phony, re.MULTILINE) is not None, f"make {target} is there")
    for name in sorted(set(re.findall(r"`wavu ([a-z]+)[^`]*`", TEXT))):
        done = subprocess.run([BUILD / "bin" / "wavu", "help", name], capture_output=True, check=False)
        case(done.returncode == 0, f"wavu {name} is there")
    for path in sorted(set(re.findall(r"\b(?:docs|examples|include|python)/[\w./-]*\w", TEXT))):
        case((ROOT / path).exists(), f"{path} is there")


def main():
    """All of it."""
    case(commands() == [row[0] for row in PEOPLE], "each command of README.md is run here, in its order",
         "\n".join(commands()))
    names()
    why = obstacle()
    if why:
        print(f"ok {cases + 1} - the commands are run # SKIP {why}")
    else:
        with tempfile.TemporaryDirectory() as folder:
            world = World(folder)
            try:
                make_run(world)
                walk(world)
            finally:
                world.end()
    subprocess.run(["ip", "netns", "delete", NETWORK], capture_output=True, check=False)
    print(f"1..{cases + bool(why)}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
