#!/usr/bin/env python3
"""The nine errors that a person meets, in the terminal chat: each stands on a screen of 80 x 24 as one whole sentence
with its next step, and nothing is lost by it. errors.sh has them on the command line, in the plain chat and in the
shell; what cannot be made here (another clock, another user, a small disk) is skipped with its reason.

In:  WAVU_BIN (the program). Out: TAP.
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import screen
import tui_test as tui
from screen import Missing, Screen
from tui_test import PLAIN, WAVU, Person, World, holds, said_in_time

WRONG = "7-apple-river-stone"
NEXT = "set it, or let the system keep it \\('timedatectl set-ntp true'\\)"
IS_ROOT = os.geteuid() == 0


def skip(what, why):
    """A case that cannot be made on this machine."""
    tui.cases += 1
    print(f"ok {tui.cases} - {what} # SKIP {why}", flush=True)


def words(text):
    """What stands on a screen as one line: without the sidebar, the signs before notes, and where lines break."""
    rows = [row.split("│", 1)[-1].rstrip("│") for row in text.split("\n")]
    return re.sub(r"\s+", " ", " ".join(rows))


def tells(seen, sentence, seconds=screen.WAIT_SECONDS):
    """Wait until the sentence (a regular expression) stands there whole."""
    return seen.wait_for(lambda text: re.search(sentence, words(text)), f"the sentence /{sentence}/", seconds)


def told(what, seen, sentence, *more, seconds=screen.WAIT_SECONDS):
    """A case: it is told, and what else holds then."""
    return holds(what, lambda: tells(seen, sentence, seconds), *more)


def quiet(home, **settings):
    """A home whose node looks for nobody and listens at loopback; further settings."""
    os.makedirs(home, 0o700, exist_ok=True)
    settings = {"bind_addr": "127.0.0.1:0", "discovery_port": 0} | settings
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in settings.items()]
    Path(home, "wavu.toml").write_text("".join(lines), encoding="ascii")
    return home


def run(world, command, **env):
    """A command that may end at once, on a terminal that stays; "left with CODE" follows what it says."""
    world.count = getattr(world, "count", 0) + 1
    script = Path(world.folder, f"run{world.count}.sh")
    script.write_text(f"{command}\ncode=$?\necho\necho left with $code\nread -r wait\n", encoding="utf-8")
    return Screen(world.tmux, f"sh {script}", env=PLAIN | env)


def ends(what, world, command, sentence, code, **env):
    """A case: the program ends with one sentence, before it shows anything."""
    seen = run(world, command, **env)
    holds(what, lambda: seen.wait("^left with"), lambda: tells_lines(seen, sentence), lambda: seen.has(f"^left with {code}$"),
          lambda: len(re.findall("^wavu: ", seen.text("-J"), re.MULTILINE)) == 1)
    seen.end()


def tells_lines(seen, sentence):
    """As tells, of lines that a terminal has broken."""
    text = seen.text("-J")
    if not re.search(f"^wavu: {sentence}$", re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE), re.MULTILINE):
        raise Missing(f"expected /{sentence}/ in\n{text}")
    return True


class Other(Person):
    """Somebody whose node has other clocks."""

    def __init__(self, world, name, how, real=False):
        self.how, self.real = how, real
        super().__init__(world, name)

    def up(self):
        """Start it."""
        command = ["faketime", "-f", self.how, WAVU, "up", "--discovery-port", "0", "--listen", "127.0.0.1:0", "--home", self.home]
        env = os.environ | ({"FAKETIME_DONT_FAKE_MONOTONIC": "1"} if self.real else {})
        # pylint: disable=consider-using-with
        self.node = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=env)
        parts = self.node.stdout.readline().split("/")
        self.address = f"{parts[2]}:{parts[4]}" if len(parts) > 4 else ""

    def kill(self):
        """It ends when it is asked: faketime is its parent, and passes no signals on."""
        try:
            self.ask("node.stop")
        except (OSError, ValueError, Missing):
            pass
        super().kill()


def maker(world, name, network):
    """Somebody who has made a network."""
    person = world.person(name)
    person.ask("person.nick", nick=name)
    person.ask("network.make", name=network)
    return person


def joins(inviter, newcomer):
    """Somebody comes in, without a screen."""
    code = inviter.ask("network.invite")["code"]
    newcomer.ask("network.join", code=code, address=address_of(inviter))
    end = time.monotonic() + 20
    while not any(network["isMember"] for network in newcomer.ask("network.list")["networks"]):
        if time.monotonic() > end:
            raise Missing(f"{newcomer.name} does not come in")
        time.sleep(0.05)


def address_of(person):
    """As the API takes it."""
    host, port = person.address.rsplit(":", 1)
    return f"/ip4/{host}/tcp/{port}"


def closed_port():
    """A port where nobody listens, as far as one can know."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wizard(world, amina):
    """In the wizard: wrong code, expired code, nobody there, a node that is gone."""
    baraka = world.person("Wizard")
    b = baraka.chat()
    b.wait("What shall others call you")
    b.enter("Baraka")
    b.wait("2  join one")
    b.enter("2")
    b.wait("Type or paste the code")
    b.enter(WRONG)
    told("wizard, no network nearby: an address is asked for", b,
         "This node does not look on a network nearby: type an address of theirs\\.")
    b.enter(f"127.0.0.1:{closed_port()}")
    told("wizard, nobody at the address", b, "Nobody listens at that address\\. See that their node runs, and check it\\.")
    amina.ask("network.invite")
    b.enter(amina.address)
    told("wizard, a wrong code", b, "The code is wrong, or closed already\\. Ask for another one\\.",
         lambda: b.wait("Type or paste the code"))
    code = amina.ask("network.invite")["code"]
    amina.ask("network.inviteClose")
    b.enter(code)
    tells(b, "type an address of theirs\\.")
    b.enter(amina.address)
    told("wizard, a code that is over", b, "The code is wrong, or closed already\\. Ask for another one\\.")
    baraka.kill()
    told("wizard, the node has gone", b, "The node has gone\\. Enter starts it again, /quit leaves\\.")
    quiet(baraka.home)
    b.keys("Enter")
    holds("wizard, it goes on with a new one", lambda: b.gone("The node has gone"), lambda: b.wait("Type or paste the code|What shall|2  join"))
    b.end()
    baraka.ask("node.stop")


def offline(world):
    """A machine that is on no network at all."""
    if not IS_ROOT or subprocess.run(["unshare", "-n", "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
        skip("a machine on no network", "this user may not make one")
        return
    home = os.path.join(world.folder, "offline")
    seen = Screen(world.tmux, f"unshare -n {WAVU} chat --home {home}", env=PLAIN)
    seen.wait("What shall others call you")
    seen.enter("Pweke")
    seen.wait("2  join one")
    seen.enter("2")
    seen.wait("Type or paste the code")
    seen.enter(WRONG)
    told("wizard, on no network at all", seen, "This machine is on no network now\\. Switch Wi-Fi on or plug in a cable; "
         "whoever shows that code is looked for meanwhile\\.")
    seen.enter("192.0.2.7:9000")
    told("wizard, no way to an address", seen, "There is no way to that address\\. Check this machine's network, and the address\\.")
    for step in ("Type or paste the code", "1  create a network"):
        seen.keys("Escape")
        seen.wait(step)
    seen.enter("1")
    seen.wait("The network is made")
    seen.enter(f"/join {WRONG}")
    told("/join, on no network at all", seen, "this machine is on no network now: switch Wi-Fi on or plug in a cable; "
         "whoever shows that code is looked for meanwhile")
    holds("and the bar says that nobody is near", lambda: seen.has("nobody near"))
    seen.enter("/quit")
    subprocess.run([WAVU, "down", "--home", home], check=False, capture_output=True)
    seen.end()


def typed(world, amina):
    """The same behind /join and /invite in the chat."""
    seen = maker(world, "Chiku", "ziwa").chat()
    seen.wait("# ziwa")
    seen.enter(f"/join {WRONG}")
    told("/join, no network nearby", seen, "this node does not look on the local network; type an address of the inviter behind the code")
    seen.enter(f"/join {WRONG} 127.0.0.1:{closed_port()}")
    told("/join, nobody at the address", seen, "joining failed: nobody listens at that address: see that their node runs, and check the address")
    amina.ask("network.invite")
    seen.enter(f"/join {WRONG} {amina.address}")
    told("/join, a wrong code", seen, "joining failed: the code is wrong, or closed: ask for a new one")
    code = amina.ask("network.invite")["code"]
    amina.ask("network.inviteClose")
    seen.enter(f"/join {code} {amina.address}")
    told("/join, a code that is over", seen, "joining failed: the code is wrong, or closed: ask for a new one")
    seen.end()


def expires(world):
    """A code that expires while its window is open: the node's clocks run a hundred times as fast."""
    if shutil.which("faketime") is None:
        skip("a code that expires", "faketime is not here")
        return
    d = Other(world, "Dalili", "+0 x100")
    world.people.append(d)
    d.ask("person.nick", nick="Dalili")
    d.ask("network.make", name="mto")
    seen = d.chat()
    seen.wait("# mto")
    seen.keys("F2")
    told("a code that expires in its window", seen, "It is closed; /invite makes another one\\.", lambda: tells(seen, "The code has expired\\."),
         seconds=30)
    seen.keys("Escape")
    told("and in the chat", seen, "the code has expired; /invite opens another one")
    seen.end()


def clock(world, amina):
    """A clock that is a day ahead."""
    if shutil.which("faketime") is None:
        skip("a clock that is a day ahead", "faketime is not here")
        return
    d = Other(world, "Kesho", "+1d", real=True)
    world.people.append(d)
    d.ask("person.nick", nick="Kesho")
    joins(amina, d)
    seen = d.chat()
    told("a clock that is a day ahead is told", seen,
         f"this machine's clock is 1 d 0 h ahead of that of (the others here|the one member here, and one of the two is wrong): {NEXT}",
         lambda: seen.wait("CLOCK WRONG"), seconds=30)
    holds("and one speaks and is heard all the same", lambda: said_in_time(seen, "kesho"))
    seen.enter("/status")
    told("and stands among how the node is", seen, f"this machine's clock is 1 d 0 h ahead of that of .*: {NEXT}",
         lambda: seen.wait("Esc closes"))
    seen.end()
    if has_shell(d):
        seen = shell(world, d)
        holds("the shell tells it at its prompt", lambda: line_of(seen, f"this machine's clock is 1 d 0 h ahead of .*: {NEXT}"))
        seen.end()
    d.kill()


def has_shell(person):
    """Whether it was built; somebody has a node for it."""
    said = subprocess.run([WAVU, "shell", "--home", person.home, "-c", "help"], capture_output=True, text=True, check=False)
    return "built without" not in said.stderr


def shell(world, person):
    """The shell at a terminal, on somebody's node."""
    seen = Screen(world.tmux, f"{WAVU} shell --home {person.home}", env=PLAIN)
    seen.wait("^wavu>")
    return seen


def line_of(seen, line):
    """Wait for a whole line, which the terminal may have broken."""
    return seen.wait_for(lambda _: re.search(f"^{line} *$", seen.text("-J"), re.MULTILINE), f"the line /{line}/")


def dies_in_shell(world, amina):
    """A node that dies under the shell."""
    if not has_shell(amina):
        skip("a node that dies under the shell", "it was built without it")
        return
    p = world.person("Ganda")
    seen = shell(world, p)
    p.kill()
    for line in ("status", "peers", 'send "habari"', "ping 127.0.0.1:1", "members", "say habari"):
        seen.keys("C-l").enter(line)
        holds(f"the shell, no node any more: {line}", lambda: line_of(seen, f"wavu: no node runs in '{p.home}'( any more)?; start one with 'wavu up'"),
              lambda: len(re.findall("^wavu: ", seen.text("-J"), re.MULTILINE)) == 1)
    seen.end()


def revoked(world, amina):
    """Put out of a network of three, while the chat is open."""
    b, c = world.person("Baraka"), world.person("Juma")
    for one in (b, c):
        one.ask("person.nick", nick=one.name)
        joins(amina, one)
    seen = b.chat()
    seen.wait("# savanna")
    holds("three are in, and speak", lambda: said_in_time(seen, "niko hapa"))
    amina.ask("network.revoke", member=next(one["id"] for one in amina.ask("network.members")["members"] if one["nick"] == "Baraka"))
    told("who is put out is told, and what is left to do", seen,
         "you do not belong to savanna any more; what was said there can still be read; /join CODE goes into another one", seconds=30)
    holds("what was said stands there", lambda: seen.wait("niko hapa"), lambda: seen.wait("nothing can be said here now"))
    seen.enter("bado nipo")
    told("a line is not said in silence", seen, "\\?\\? [^?]*(put out|not said)[^?]*")
    holds("and stays with who typed it", lambda: seen.wait("^> bado nipo"))
    seen.keys("C-u")
    code = amina.ask("network.invite")["code"]
    seen.enter(f"/join {code} {amina.address}")
    told("who comes again is told how", seen, "joining failed: this device was put out there, and cannot come back itself: begin a new home with 'wavu --home DIR', and ask a member for a code")
    seen.end()


def taken(world, amina):
    """A port that another process has."""
    port = amina.address.rsplit(":", 1)[1]
    ends("a port that is taken: nothing is shown but the sentence", world,
         f"{WAVU} chat --home {world.folder}/second --bind 127.0.0.1 --port {port}",
         f"port {port} [^\n]*is taken by another process[^\n]*; [^\n]*", 7)
    home = quiet(os.path.join(world.folder, "third"), bind_addr=f"127.0.0.1:{port}")
    ends("and with 'wavu' alone", world, WAVU, f"port {port} [^\n]*is taken by another process[^\n]*; [^\n]*", 7, WAVU_HOME=home)


def gone(world, amina):
    """No daemon, or one that dies underneath and cannot be started again."""
    p = maker(world, "Pili", "mlima")
    seen = p.chat()
    seen.wait("# mlima")
    holds("somebody is at home", lambda: said_in_time(seen, "habari"))
    seen.type("bado")
    p.kill()
    told("no node any more: it is told, and what was typed stays", seen, "The node has gone\\. Enter starts it again, /quit leaves\\.",
         lambda: seen.wait("^> bado"), lambda: seen.wait("no node"))
    quiet(p.home, bind_addr=amina.address)
    seen.keys("Enter")
    told("its port is taken since: the node's own sentence", seen, "port [0-9]+ .*is taken by another process.*; .*(--listen|bind_addr)",
         lambda: seen.wait("^> bado"), lambda: seen.has("The node has gone"))
    quiet(p.home)
    seen.keys("Enter")
    holds("with another one it is said", lambda: seen.gone("The node has gone"), lambda: seen.wait("neighbours 0"),
          lambda: said_in_time(seen, "bado", ""))
    seen.end()
    p.ask("node.stop")


def key(world):
    """A key that this user may not read."""
    if IS_ROOT and shutil.which("setpriv") is None:
        skip("a key that cannot be read", "this is root, and nobody else can be had")
        return
    p = maker(world, "Rehema", "pwani")
    p.ask("node.stop")
    p.node.wait()
    quiet(p.home)
    program = WAVU
    if IS_ROOT:
        os.chmod(world.folder, 0o711)
        folder = Path(world.folder, "bin")
        folder.mkdir()
        shutil.copy(WAVU, folder / "wavu")
        for path in (folder, folder / "wavu"):
            os.chmod(path, 0o755)
        subprocess.run(["chown", "-R", "65534:65534", p.home], check=True)
        program = f"setpriv --reuid 65534 --regid 65534 --clear-groups {folder}/wavu"
    for name in ("device", "identity", "store"):
        path = Path(p.home, f"{name}.key")
        os.chmod(path, 0)
        ends(f"{name}.key cannot be read: nothing is shown but the sentence", world, f"{program} chat --home {p.home}",
             f"[^\n]*/{name}.key'[^\n]*; make it (readable|writable)[^\n]*", 5)
        os.chmod(path, 0o600)
    seen = run(world, f"{program} chat --home {p.home}")
    seen.wait("# pwani")
    os.chmod(Path(p.home, "device.key"), 0)
    p.ask("node.stop")
    tells(seen, "The node has gone\\.")
    seen.keys("Enter")
    told("a node that cannot start again for its key says so", seen, "/device.key'.*; make it readable", lambda: seen.has("The node has gone"))
    seen.end()


def disk(world):
    """A disk that takes nothing."""
    small = os.path.join(world.folder, "small")
    os.mkdir(small)
    if not IS_ROOT or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "none", small], check=False,
                                     stderr=subprocess.DEVNULL).returncode != 0:
        skip("a full disk", "this user may not mount one")
        return
    try:
        p = maker(world, "Small", "bahari")
        seen = p.chat()
        seen.wait("# bahari")
        holds("somebody is at home on a small disk", lambda: said_in_time(seen, "habari"))
        fill(small)
        seen.enter("maji")
        told("a full disk: it is told, with what to do", seen, "said, but the disk does not take it now \\(full, or gone\\?\\): make room; "
             "it is tried again until it works, and lost if the node ends before that", lambda: seen.wait("^>$"), seconds=30)
        holds("and stands in the bar", lambda: seen.wait("DISK FAILING", 20))
        os.unlink(os.path.join(small, "ballast"))
        holds("with room again it stands there, once", lambda: seen.gone("DISK FAILING", 60), lambda: seen.wait("Small: maji"),
              lambda: len(re.findall("Small: maji", seen.text())) == 1, lambda: said_in_time(seen, "asante"))
        seen.end()
        p.kill()
        for path in Path(p.home).iterdir():
            path.unlink()
        fill(small)
        ends("a chat on a full disk: nothing is shown but the sentence", world, f"{WAVU} chat --home {p.home}",
             "the disk of the home '[^']*' is full; free some space", 1)
    finally:
        subprocess.run(["umount", "-l", small], check=False)


def fill(folder):
    """All that is left."""
    with open(os.path.join(folder, "ballast"), "wb", buffering=0) as out:
        try:
            while True:
                out.write(b"\0" * 4096)
        except OSError:
            pass


def main():
    """All of it."""
    if not screen.is_here():
        print("1..1\nok 1 - errors in the terminal chat # SKIP there is no tmux")
        return 0
    if not os.access(WAVU, os.X_OK):
        print("Bail out! there is no wavu to test: name it in WAVU_BIN")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        try:
            amina = maker(world, "Amina", "savanna")
            amina.chat()  # a server of tmux without a screen ends
            for part in (wizard, typed):  # who tries wrong codes often has to wait: each has an inviter of its own
                part(world, maker(world, f"In{part.__name__}", "msitu"))
            for part in (clock, revoked, taken, gone, dies_in_shell):
                part(world, amina)
            for part in (offline, expires, key, disk):
                part(world)
        except Missing as missing:
            tui.case(False, "goes through to the end", missing)
        finally:
            world.end()
    print(f"1..{tui.cases}")
    return tui.failed > 0


if __name__ == "__main__":
    sys.exit(main())
