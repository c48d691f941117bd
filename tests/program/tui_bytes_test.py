#!/usr/bin/env python3
"""What the terminal chat tells a terminal beside letters: bells, colours, marks around text from right to left, who has the
mouse. tui_test.py sees the screen that comes of it; here are the bytes, of which a screen does not show all.

In:  WAVU_BIN (the program). Out: TAP.
"""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import tempfile
import termios
import time
from types import SimpleNamespace

import tui_test
from screen import Missing
from tui_test import WAVU, Person, case, holds

PATIENCE = 20  # seconds until something that has to come is given up
BASE = {"LANG": "C.UTF-8", "TZ": "UTC", "NO_COLOR": "", "TERM": "xterm-256color"}
ELSEWHERE = ("TMUX", "STY", "VTE_VERSION", "KONSOLE_VERSION", "MLTERM", "LC_ALL", "LANGUAGE", "COLORTERM",
             "DBUS_SESSION_BUS_ADDRESS")
SENDERS = (33, 37, 64, 98, 103, 127, 130, 134, 136, 166, 168, 172)  # apps/tui/theme.c
BELL = b"\x07"
FSI, PDI = "\u2068".encode(), "\u2069".encode()


class Terminal:
    """The chat on a pseudo-terminal of 80 x 24; `seen` is what it was told since the last `forget`."""

    def __init__(self, home, **env):
        self.seen = b""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            for name in ELSEWHERE:
                os.environ.pop(name, None)
            os.environ.update(BASE | env)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            os.execv(WAVU, [WAVU, "chat", "--home", home])
        self.wait(b"node up")

    def read(self, seconds):
        """What comes within that time; False at the end."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            got = os.read(self.master, 65536)
        except OSError:
            got = b""
        self.seen += got
        return bool(got)

    def wait(self, what, say=None):
        """Until it was told that; with `say` that is done again and again, as a bell rings once a second at most."""
        end = time.monotonic() + PATIENCE
        while not re.search(what, self.seen, re.DOTALL):
            if say is not None:
                say()
            if not self.read(0.5 if say is not None else 0.05) or time.monotonic() > end:
                raise Missing(f"{what!r} did not come; there came {self.seen[-2000:]!r}")
        return True

    def forget(self):
        """From now on."""
        while select.select([self.master], [], [], 0)[0] and self.read(0):
            pass
        self.seen = b""
        return self

    def enter(self, text):
        """Type it, and Enter."""
        os.write(self.master, text.encode() + b"\r")
        return self

    def end(self):
        """/quit, and all that it says at its end."""
        self.forget().enter("/quit")
        while self.read(PATIENCE):
            pass
        os.waitpid(self.pid, 0)
        os.close(self.master)
        return self.seen


def pair(amina, baraka):
    """Two in one network, who hear each other."""
    amina.ask("person.nick", nick="Amina")
    baraka.ask("person.nick", nick="Baraka")
    network = amina.ask("network.make", name="savanna")["network"]
    amina.ask("network.inviteKey", key=baraka.ask("person.key")["key"], network=network)
    baraka.ask("network.joinKey", address=amina.ask("node.id")["addresses"][0])

    def is_in():
        names = {one["nick"] for one in amina.ask("network.members", network=network)["members"]}
        baraka.ask("room.say", text="hodi")
        return "Baraka" in names
    patiently(is_in)
    patiently(lambda: any(one["text"] == "hodi" for one in amina.ask("history.look", max=20)["messages"]))
    return network


def patiently(is_so):
    """Until it is so, whatever is said against it meanwhile."""
    end = time.monotonic() + PATIENCE
    while True:
        problem = "it is not so"
        try:
            if is_so():
                return
        except Missing as missing:
            problem = str(missing)
        if time.monotonic() > end:
            raise Missing(problem)
        time.sleep(0.1)


def member(node, name):
    """Somebody's id."""
    return next(one["id"] for one in node.ask("network.members", network="savanna")["members"] if one["nick"] == name)


def bells(amina, baraka):
    """What rings, and what does not. A bell is at most one a second: what is not to ring is tried before the first one."""
    to = member(baraka, "Amina")
    seen = Terminal(amina.home)
    seen.forget()
    baraka.ask("room.say", text="neno-la-kawaida")
    seen.wait(b"neno-la-kawaida")
    case(BELL not in seen.seen, "what is said to all does not ring", seen.seen)
    holds("a mention does", lambda: baraka.ask("room.say", text="@Amina wewe-hapo", mentions=[to]) and seen.wait(b"wewe-hapo"),
          lambda: seen.wait(BELL))
    seen.end()
    seen = Terminal(amina.home)
    seen.enter("/notify off").wait(b"Nothing tells of messages now")
    seen.forget()
    baraka.ask("direct.say", member=to, text="kimya")
    seen.wait(rb"@ .{0,40}Baraka.{0,60}!\d")
    case(BELL not in seen.seen, "with /notify off nothing rings", seen.seen)
    seen.forget().enter("/notify bell").wait(b"The bell tells of messages")
    seen.forget()
    holds("with /notify bell a direct message does", lambda: baraka.ask("direct.say", member=to, text="sauti") is not None,
          lambda: seen.wait(BELL))
    seen.end()
    seen = Terminal(amina.home)
    seen.forget()
    baraka.ask("sos.call", text="msaada", all=True)
    holds("a call for help does", lambda: seen.wait(b"CALLS FOR HELP"), lambda: seen.wait(BELL))
    seen.end()
    baraka.ask("sos.cancel")


def blocked(amina, baraka):
    """Who is blocked."""
    to = member(baraka, "Amina")
    amina.ask("contact.block", who="Baraka", network="savanna", blocked=True)
    seen = Terminal(amina.home)
    seen.forget()
    baraka.ask("room.say", text="@Amina kelele", mentions=[to])
    holds("who is blocked is folded", lambda: seen.wait(rb"\(blocked\)"))
    baraka.ask("room.say", text="mwisho")
    patiently(lambda: amina.ask("history.look", max=1)["messages"][0]["text"] == "mwisho")
    case(BELL not in seen.seen and b"kelele" not in seen.seen, "and neither heard nor read", seen.seen)
    seen.end()
    amina.ask("contact.block", who="Baraka", network="savanna", blocked=False)


def colours(amina, baraka):
    """As many as there are."""
    baraka.ask("room.say", text="rangi")
    patiently(lambda: amina.ask("history.look", max=1)["messages"][0]["text"] == "rangi")
    seen = Terminal(amina.home)
    sender = b"|".join(b"38;5;%d" % one for one in SENDERS)
    holds("256 colours: who speaks has one of their own", lambda: seen.wait(rb"\x1b\[[0-9;]*(%s)m[^\x1b]*Baraka" % sender))
    seen.end()
    seen = Terminal(amina.home, TERM="xterm")
    holds("8 colours: likewise", lambda: seen.wait(rb"\x1b\[([0-9]*;)*3[1-6]m[^\x1b]*Baraka"))
    case(b"38;5;" not in seen.seen, "and no others", seen.seen)
    seen.end()
    seen = Terminal(amina.home, NO_COLOR="1")
    seen.wait(b"rangi")
    case(not re.search(rb"\x1b\[[0-9;]*[34][0-7](;|m)", seen.seen), "NO_COLOR: none", seen.seen)
    seen.end()


def directions(amina, baraka):
    """Text from right to left stays in its place, where a terminal turns it around."""
    word = "\u05e9\u05dc\u05d5\u05dd"
    baraka.ask("room.say", text=word)
    patiently(lambda: amina.ask("history.look", max=1)["messages"][0]["text"] == word)
    seen = Terminal(amina.home, VTE_VERSION="7000")
    holds("text from right to left is isolated", lambda: seen.wait(word.encode()),
          lambda: re.search(FSI + b"[^\r\n]*" + word.encode() + PDI, seen.seen) is not None)
    seen.end()
    seen = Terminal(amina.home)
    seen.wait(word.encode())
    case(FSI not in seen.seen and PDI not in seen.seen, "not where a terminal would show the marks", seen.seen)
    seen.end()


def hostile(amina, baraka):
    """Nobody's words are the terminal's."""
    seen = Terminal(amina.home)
    seen.forget()
    baraka.ask("room.say", text="\x1b]0;owned\x07\x1b[?1000l\x1bc\u009b31m\u202e mwisho-wa-hila")
    seen.wait(b"mwisho-wa-hila")
    found = [one for one in (BELL, b"\x1b]", b"\x1b[?1000l", b"\x1bc", b"\xc2\x9b", "\u202e".encode()) if one in seen.seen]
    case(not found, "what others say steers no terminal", f"{found} in {seen.seen!r}")
    seen.end()


def chats(amina):
    """Alt and a number."""
    seen = Terminal(amina.home)
    for number, name in ((2, b"Baraka"), (1, b"savanna")):
        seen.forget()
        os.write(seen.master, b"\x1b%d" % number)
        holds(f"Alt+{number} goes to the chat of that number", lambda n=number, w=name: seen.wait(rb">%d . %s" % (n, w)))
    seen.end()


def commands(amina, folder):
    """What the program does for the chat ends well, or does not, and the window says which."""
    os.mkdir(f"{folder}/stick")
    seen = Terminal(amina.home)
    for line, end in ((f"/export {folder}/stick", b"Done\\."), (f"/import {folder}/stick", b"Done\\."),
                      (f"/import {folder}/nowhere", b"It failed\\.")):
        seen.forget().enter(line).wait(b"wavu " + line[1:].split()[0].encode())
        holds(f"{line.replace(folder, 'FOLDER')}: {end[:-2].decode()}", lambda e=end: seen.wait(e))
        os.write(seen.master, b"\x1b")
    seen.end()


def modes(amina):
    """The mouse, pastes, the screen; all of it given back."""
    seen = Terminal(amina.home)
    holds("the mouse and pastes are asked for", lambda: seen.wait(rb"\x1b\[\?(1006;)?1000h"), lambda: seen.wait(rb"\x1b\[\?2004h"))
    seen.forget().enter("/mouse off")
    holds("/mouse off gives the mouse back", lambda: seen.wait(rb"\x1b\[\?(1006;)?1000l"))
    seen.forget().enter("/mouse on")
    holds("/mouse on takes it again", lambda: seen.wait(rb"\x1b\[\?(1006;)?1000h"))
    seen.forget()
    os.write(seen.master, b"\x0c")
    holds("Ctrl+L draws all of it again", lambda: seen.wait(b"F1 or /help"))
    told = seen.end()
    case(all(re.search(one, told) for one in (rb"\x1b\[\?(1006;)?1000l", rb"\x1b\[\?2004l", rb"\x1b\[\?1049l")),
         "/quit gives back mouse, pastes and screen", told)


def main():
    """All of it."""
    if not os.access(WAVU, os.X_OK):
        print("Bail out! there is no wavu to test: name it in WAVU_BIN")
        return 1
    people = []
    with tempfile.TemporaryDirectory() as folder:
        world = SimpleNamespace(folder=folder, tmux=None)
        try:
            people = [Person(world, "Amina"), Person(world, "Baraka")]
            pair(*people)
            bells(*people)
            blocked(*people)
            colours(*people)
            directions(*people)
            hostile(*people)
            chats(people[0])
            commands(people[0], folder)
            modes(people[0])
        except Missing as missing:
            case(False, "goes through to the end", missing)
        finally:
            for person in people:
                person.kill()
    print(f"1..{tui_test.cases}")
    return tui_test.failed > 0


if __name__ == "__main__":
    sys.exit(main())
