#!/usr/bin/env python3
"""The terminal chat on real terminals: two people from empty homes, each key and window and what must not break a screen.

In:  WAVU_BIN (the program), WAVU_TUI_WRITE=1 to write tests/program/tui_screens anew. Out: TAP.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import screen
from screen import Missing, Screen

HERE = Path(__file__).resolve().parent
SCREENS = HERE / "tui_screens"
WAVU = os.environ.get("WAVU_BIN", "")
SIZES = ((80, 24), (200, 60))
# Windows cover parts of times: the kept screens are of an hour from 20 to 23, wherever and whenever this runs.
PLAIN = {"LANG": "C.UTF-8", "TZ": f"KEPT{(time.gmtime().tm_hour - 22) % 24}", "NO_COLOR": ""}
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


def holds(what, *steps):
    """A case that is good when all steps go through; the last one's result."""
    try:
        for step in steps:
            result = step()
            if result is False:
                raise Missing("it is not so")
    except Missing as missing:
        case(False, what, missing)
        return None
    case(True, what)
    return result


class Person:
    """Somebody with a home, a node there, and maybe a terminal."""

    def __init__(self, world, name):
        self.world, self.name, self.home = world, name, os.path.join(world.folder, name.lower())
        self.node, self.address, self.screen = None, "", None
        self.up()

    def up(self):
        """Start the node."""
        words = [WAVU, "up", "--discovery-port", "0", "--listen", "127.0.0.1:0", "--home", self.home]
        # pylint: disable=consider-using-with
        self.node = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        parts = self.node.stdout.readline().split("/")
        self.address = f"{parts[2]}:{parts[4]}" if len(parts) > 4 else ""

    def again(self):
        """A node of ours, once the one that was there is over."""
        end = time.monotonic() + screen.WAIT_SECONDS
        while True:
            self.up()
            if self.address or time.monotonic() > end:
                return
            self.node.wait()
            time.sleep(0.1)

    def kill(self):
        """The node dies as by a power cut."""
        self.node.kill()
        self.node.wait()

    def ask(self, method, **params):
        """One question over the control socket."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(10)
            control.connect(os.path.join(self.home, "control.sock"))
            line = {"jsonrpc": "2.0", "method": method, "params": params, "id": 1}
            control.sendall(json.dumps(line).encode() + b"\n")
            with control.makefile() as answers:
                answer = json.loads(answers.readline())
        if "result" not in answer:
            raise Missing(answer["error"]["message"])
        return answer["result"]

    def chat(self, size=(80, 24), words="", **env):
        """A terminal with the chat."""
        self.screen = Screen(self.world.tmux, f"{WAVU} chat --home {self.home} {words}", *size, env=PLAIN | env)
        return self.screen


class World:
    """What a run has, and ends."""

    def __init__(self, folder):
        self.folder, self.tmux, self.people = folder, screen.Tmux(folder), []

    def person(self, name):
        """One more."""
        self.people.append(Person(self, name))
        return self.people[-1]

    def end(self):
        """All that was started."""
        self.tmux.end()
        for person in self.people:
            person.kill()


MASKS = (  # what is different each time, and what stands for it; each keeps its length
    (r"12D3KooW\w{44}|\b[0-9a-f]{40,64}\b|(?<=│)[0-9a-f]{5}$", "#"),
    (r"(?<=\.\.\.)\w{6,8}\b|\b[0-9a-f]{8}\b|\b\d{5}\b", "#"),
    (r"\b[a-z][2-9]\b", "#"),
    (r"(?<=/wavu-)\w{8}", "#"),
    (r"\[[# ]{4}\] +(-|\d+\.\d ms)", "[####]   0.1 ms"),
    (r"\d\d:\d\d", "00:00"),
    (r"(?<=wavu[ /])\d+\.\d+\.\d+[^│|\n ]*[^│|\n]*", "0.0.0"),
    (r"\b\d+-[a-z]+-[a-z]+-[a-z]+ *", "CODE"),
    (r"[A-Z]\w+day +\d+ \w+ ─*", "day"),
)


def normal(text):
    """A screen without what is different each time; each row keeps its length."""
    def instead(found, mark):
        length = len(found.group())
        return (mark * length if mark == "#" else mark.ljust(length, "─" if mark == "day" else " "))[:length]

    for pattern, mark in MASKS:
        text = re.sub(pattern, lambda found, m=mark: instead(found, m), text, flags=re.MULTILINE)
    text = re.sub(r"(?<=│)[^│\n]*[▀▄█]{2}[^│\n]*(?=│)", lambda found: "(picture)".center(len(found.group())), text)
    return re.sub(r"^[^│\n]*[▀▄█]{2}[^│\n]*$", "(picture)", text, flags=re.MULTILINE)


ON_ITS_WAY = r"│\d\d:\d\d (\.\.|> |@ )|waiting \d"  # marks of what was said, until somebody has it


def same_screen(seen, name):
    """The screen becomes the one that is kept under that name."""
    path = SCREENS / f"{name}.txt"
    if os.environ.get("WAVU_TUI_WRITE"):
        SCREENS.mkdir(exist_ok=True)
        text = ""
        while text != normal(seen.text()) or re.search(ON_ITS_WAY, text):
            text = normal(seen.text())
            time.sleep(0.5)
        path.write_text(text)
    kept = path.read_text() if path.exists() else ""
    try:
        return seen.wait_for(lambda text: normal(text) == kept and not re.search(ON_ITS_WAY, text), path.name)
    except Missing as missing:
        rows = zip(kept.split("\n"), normal(seen.text()).split("\n"))
        told = "\n".join(f"-{one}\n+{other}" for one, other in rows if one != other)
        raise Missing(f"{path.name} is another one:\n{told}") from missing


def said_in_time(seen, text, typed=None):
    """Say it; keys of a network that was just joined may be on their way: what was not said stands there again."""
    seen.enter(text if typed is None else typed)
    end = time.monotonic() + 30
    while time.monotonic() < end and not seen.has(rf"^.*\d\d:\d\d .*: {text}"):
        if seen.has(rf"^> {text}") and seen.has("not said"):
            seen.keys("Enter")
        time.sleep(0.2)
    return seen.wait(rf"\d\d:\d\d .*: {text}", 1)


def first_minute(amina, baraka):
    """From two empty homes to a conversation."""
    begun = time.monotonic()
    a, b = amina.chat(), baraka.chat()
    holds("an empty home is asked for a nickname", lambda: a.wait("What shall others call you"))
    a.enter("Amina")
    holds("and for a network: made or joined, nothing else", lambda: a.wait("1  create a network"),
          lambda: a.wait("2  join one"))
    a.enter("1")
    holds("a network is made at a word", lambda: a.wait("The network is made"), lambda: a.wait("# amina-net"))
    a.keys("F2")
    found = holds("F2 shows a code to be read out", lambda: a.wait(r" (\d+-[a-z]+-[a-z]+-[a-z]+) "))
    b.wait("What shall others call you")
    b.enter("Baraka")
    b.wait("2  join one")
    b.enter("2")
    b.wait("Type or paste the code")
    b.enter(found.group(1))
    holds("who is not found nearby is asked for an address", lambda: b.wait("type an address of theirs"))
    b.enter(amina.address)
    holds("the code lets somebody in", lambda: b.wait("You are in"), lambda: b.wait("# amina-net"))
    holds("and the inviter sees who came", lambda: a.wait("Baraka showed the code and is let in"))
    a.keys("Escape")
    a.gone("Esc closes")
    holds("a text is said and read", lambda: said_in_time(b, "Habari"), lambda: a.wait(r"Baraka \w\w: Habari"))
    holds("and answered", lambda: said_in_time(a, "Nzuri"), lambda: b.wait(r"Amina \w\w: Nzuri"))
    holds("both see that theirs is delivered", lambda: a.wait(r"\+  Amina: Nzuri"), lambda: b.wait(r"\+  Baraka: Habari"))
    spent = time.monotonic() - begun
    case(spent < 60, f"all that within a minute of script time ({spent:.0f} s)")


WINDOWS = (  # kept screen, its keys, its word, what stands in it
    ("help", ("F1",), "/help", "Help"),
    ("invite", ("F2",), "/invite", "One person comes into amina-net"),
    ("members", ("F3",), "/members", "Members of amina-net"),
    ("identity", ("F4", "C-e"), "/id", "Identity"),
    ("links", ("F5",), "/peers", "Link quality"),
    ("topology", (), "/topology", "Topology"),
    ("status", (), "/status", "Status"),
    ("files", (), "/file list", "Files"),
    ("safety", (), "/verify Baraka", "Safety number"),
    ("config", (), "/config", "Done."),
)


def close_window(seen):
    """Escape closes what is open, and then what was told."""
    seen.keys("Escape")
    seen.gone("Esc closes|[▀▄█]{10}")


def windows(amina, a, size):
    """Each window by its keys and by its word, at that size."""
    name = f"{size[0]}x{size[1]}"
    sized(a, size)
    a.enter("")
    for kept, keys, word, title in WINDOWS:
        for way in keys + (word,):
            (a.enter if way[0] == "/" else a.keys)(way)
            if kept == "config":  # it is scrolled to its end
                a.wait_for(lambda text: "Done." in text or not a.keys("End"), "Done.")
                a.keys("Home")
            holds(f"{name}: {way} opens the window {kept}", lambda t=title: kept == "config" or a.wait(t),
                  lambda k=kept, w=way: w == "/invite" or same_screen(a, f"{name}-{k}"))  # what was told behind that one has no order
            if kept in ("help", "safety") and way == word:
                a.keys("End")
                holds(f"{name}: and the end of {kept}", lambda k=kept: same_screen(a, f"{name}-{k}-end"))
            close_window(a)
        if kept == "invite":
            a.keys("Escape")  # an older code's end is told only when it is heard before the new code is
            a.gone("the code that was open before")
    amina.ask("network.inviteClose")  # a name stays while a code is open
    holds(f"{name}: the chat as it is kept", lambda: same_screen(a, f"{name}-chat"))


def rooms(amina, baraka):
    """Rooms and direct chats, what is unread there, and the ways between them."""
    a, b = amina.screen, baraka.screen
    a.enter("/room make boats")
    holds("a room is made and stands in the sidebar", lambda: a.wait(r"# boats"), lambda: b.wait(r"# boats"))
    boats = next(room["id"] for room in amina.ask("room.list")["rooms"] if room["name"] == "boats")
    members = amina.ask("network.members", network=amina.ask("network.list")["networks"][0]["id"])["members"]
    other = next(member["id"] for member in members if not member["isSelf"])
    b.keys("M-1")
    b.wait("^>1 # amina-net")
    amina.ask("room.say", room=boats, text="the tide is low")
    holds("what is unread there is counted", lambda: b.wait(r"^ \d # boats +1 │"))
    amina.ask("room.say", room=boats, text="@Baraka where are you", mentions=[other])
    holds("a mention has another sign", lambda: b.wait(r"^ \d # boats +!1 │"))
    b.type("a draft of mine")
    b.wait("^> a draft of mine")
    b.keys("M-a")
    holds("Alt+A goes there", lambda: b.wait(r"^>\d # boats"), lambda: b.wait("the tide is low"))
    holds("a rule stands above what is new", lambda: b.wait("── new ──"))
    holds("the mention is marked", lambda: b.wait(r"\d\d:\d\d !  Amina"))
    holds("what was typed elsewhere is not here", lambda: b.gone("a draft of mine"))
    b.keys("M-1")
    holds("and there again when one comes back", lambda: b.wait("^> a draft of mine"))
    b.keys("C-u")
    for key, where in (("C-n", "boats"), ("C-p", "amina-net"), ("M-Right", "boats"), ("M-Left", "amina-net")):
        b.keys(key)
        holds(f"{key} goes on or back", lambda w=where: b.wait(rf"^>\d # {w}"))
    a.enter("/dm Baraka for you alone")
    holds("/dm writes to one alone", lambda: a.wait(r"@ Baraka"), lambda: b.wait(r"@ Amina +!1"))
    a.enter("/dm Baraka")
    holds("and goes there; the mark says that it came", lambda: a.wait(r"^>\d @ Baraka"),
          lambda: a.wait(r"\+\+? +Amina: for you alone"))
    a.keys("M-1")
    a.wait("^>1")


def typing(a):
    """The line that is typed."""
    a.type("/mem").keys("Tab")
    holds("Tab completes a command", lambda: a.wait("^> /members"))
    a.keys("C-u").type("hi @Bar").keys("Tab")
    holds("and a name", lambda: a.wait("^> hi @Baraka"))
    a.keys("C-u").type("one").keys("M-Enter").type("two").keys("C-j").type("three")
    holds("Alt+Enter and Ctrl+J begin lines", lambda: a.wait(r"^> one\n  two\n  three"))
    a.keys("Enter")
    holds("which are said together", lambda: a.wait(r"Amina: one\s*\n[^\n]*│ +two\s*\n[^\n]*│ +three"))
    a.paste("pasted one\npasted two\n")
    holds("a paste sends nothing", lambda: a.wait(r"^> pasted one\n  pasted two"), lambda: not a.has("Amina: pasted"))
    a.keys("C-c")
    holds("Ctrl+C empties the line", lambda: a.gone("pasted two"))
    a.keys("Up")
    holds("Up brings it back", lambda: a.wait(r"^> pasted one\n  pasted two"))
    a.keys("C-c").gone("pasted two")
    a.keys("C-r").type("thr")
    holds("Ctrl+R looks in what was sent", lambda: a.wait("looking for: thr"), lambda: a.wait(r"  three"))
    a.keys("Enter").gone("looking for")
    a.keys("C-c").gone("^  three")
    a.type("café 水水🙂x").keys("BSpace", "BSpace", "Left", "Left", "BSpace").type("é")
    holds("letters of all widths are typed and taken back", lambda: a.wait("^> caféé水水$"))
    a.keys("Enter")
    holds("and said", lambda: a.wait("Amina: caféé水水"))
    a.enter("/react last 👍")
    holds("a reaction stands behind the text", lambda: a.wait("Habari.*\\[👍"))
    a.enter("/reply last the answer")
    holds("an answer says what it answers", lambda: a.wait("> to Baraka: Habari"), lambda: a.wait("Amina: the answer"))
    a.type("/edit ").keys("Tab")
    holds("Tab goes through the messages", lambda: a.wait("^> /edit [0-9a-f]{8} *$"))
    a.type("the answer!").keys("Enter")
    holds("and the one that it names is meant", lambda: a.wait(r"Amina: the answer!.*\(edited"))
    a.enter("/edit last the better answer")
    holds("what was edited says so", lambda: a.wait(r"Amina: the better answer.*\(edited"))
    a.enter("/me waves")
    holds("an action is told as one", lambda: a.wait(r"\* Amina waves"))
    a.enter("/nonsense")
    holds("a command that is none is told", lambda: a.wait(r"^.*\?\? .*nonsense"))
    a.keys("Escape")
    a.keys("C-u")


A, B = 0, 1
SAID = (  # kept screen ("": none), who, what is typed (or, in brackets, pressed), what is seen there, and what the other one sees
    ("nick", A, "/nick Amina Pili", "called Amina Pili", ""),
    ("nick-again", A, "/nick Amina", "you are called Amina$", ""),
    ("me", A, "/me waves", r"\* Amina waves", r"\* Amina \w\w waves"),
    ("room-make", A, "/room make pier{n}", "^>[3-9] # pier{n}", "# pier{n}"),
    ("room-list", A, "/room list", "boats", ""),
    ("room", A, "/room main", "^>1 # amina-net", ""),
    ("room-none", A, "/room nowhere", "there is no room", ""),
    ("dm", A, "/dm Baraka a word to you alone", "for Baraka alone", r"@ Amina +!\d"),
    ("unread", B, "", r"@ Amina +!\d", ""),
    ("alt-a", B, ("M-a",), "^>[3-9] @ Amina +│", ""),
    ("alt-1", B, ("M-1",), "^>1 # amina-net", ""),
    ("dm-go", A, "/dm Baraka", "^>[3-9] @ Baraka", ""),
    ("alt-2", A, ("M-2",), "^>2 # boats", ""),
    ("alt-left", A, ("M-Left",), "^>1 # amina-net", ""),
    ("tab", A, ("/mem", "Tab"), "^> /members", ""),
    ("tab-name", A, ("C-u", "/dm Ba", "Tab"), "^> /dm Baraka", ""),
    ("ctrl-u", A, ("C-u",), "^>$", ""),
    ("who", A, "/who Baraka", "Baraka", ""),
    ("networks", A, "/networks", "amina-net", ""),
    ("verify-yes", A, "/verify Baraka yes", "verified", ""),
    ("sos", A, "/sos the bridge is down", "You call for help", "CALLS FOR HELP"),
    ("sos-heard", B, "", "CALLS FOR HELP", ""),
    ("sos-stays", B, "where are you", "Baraka: where are you", "where are you"),
    ("sos-seen", B, "/sos seen", "you have seen it", "seen by: 1"),
    ("sos-known", A, "", "seen by: 1", ""),
    ("sos-cancel", A, "/sos cancel", "your call is over", "needs no help any more"),
    ("", A, "/file {folder}/map.txt", "your file map.txt is offered(?s:.*)looked|looked(?s:.*)your file map.txt is offered", "/accept [0-9a-f]{{8}}"),
    ("file", A, ("Escape",), r"\(a file\) map.txt", ""),  # these two come in either order
    ("file-offered", B, "", "/accept [0-9a-f]{{8}}", ""),
    ("", B, "/accept {file}", "a file is here(?s:.*)is being fetched|is being fetched(?s:.*)a file is here", ""),
    ("accept", B, ("Escape",), r"\(a file\) map.txt", ""),  # nor have these an order
    ("files-here", B, "/file list", "downloads/", ""),
    ("file-none", A, "/file {folder}/nothing", "there is no file", ""),
    ("accept-none", A, "/accept 00000000", "no file is offered", ""),
    ("export", A, "/export {folder}", "Done", ""),
    ("import", B, "/import {folder}", "Done", ""),
    ("join-wrong", A, "/join 7-apple", r"\?\? .*code", ""),
    ("search-none", A, "/search giraffe", "Nothing was found", ""),
    ("search", A, "/search waves", "hit 1 of", ""),
    ("search-over", A, ("Escape",), "F1 or /help", ""),
    ("unknown", A, "/nonsense", "nonsense", ""),
    ("help-of", A, "/help sos", "sos", ""),
    ("revoke", A, "/revoke Baraka", "Type yes or no, and", ""),
    ("revoke-no", A, "no", "^>$", ""),
)


def commands(amina, baraka, size):
    """The commands, typed at that size; what the other one sees of them; and keys between chats."""
    name = f"{size[0]}x{size[1]}"
    people = (amina.screen, baraka.screen)
    for seen in people:
        sized(seen, size)
        seen.keys("M-1")
        seen.keys("C-u")
        seen.keys("Enter")
        seen.wait_for(lambda text: not re.search(ON_ITS_WAY, text), "marks of all that was said")
    words = {"n": size[0], "folder": os.path.join(amina.world.folder, name)}
    os.mkdir(words["folder"])
    with open(os.path.join(words["folder"], "map.txt"), "w", encoding="ascii") as out:
        out.write("north\n" * 100)
    amina.ask("network.inviteClose")  # a name stays while a code is open
    before = 0
    for kept, who, typed, there, elsewhere in SAID:
        a, b = people[who], people[1 - who]
        if "{file}" in typed:
            words["file"] = a.wait("/accept ([0-9a-f]{8})").group(1)
        if kept == "revoke":
            before = len(amina.ask("history.look", max=1000)["messages"])
        if isinstance(typed, tuple):
            a.keys(*typed)
        elif typed:
            if a.has("Esc closes"):
                close_window(a)
            a.keys("C-u")
            a.enter(typed.format(**words))
        holds(f"{name}: {kept}: {typed}", lambda a=a, t=there: a.wait(t.format(**words)),
              lambda b=b, e=elsewhere: not e or b.wait(e.format(**words)),
              lambda a=a, k=kept: not k or same_screen(a, f"{name}-{k}"))
        if kept in ("nick", "nick-again"):  # what is said from now on bears it
            nick = "Amina Pili" if kept == "nick" else "Amina"
            b.wait_for(lambda _, n=nick: any(one["nick"] == n for one in baraka.ask("network.members")["members"]), nick)
    holds(f"{name}: a no leaves all as it is", lambda: len(amina.ask("network.members", network="amina-net")["members"]) == 2)
    holds(f"{name}: and is said to nobody", lambda: len(amina.ask("history.look", max=1000)["messages"]) == before)
    for seen in people:
        seen.enter("")  # what was told goes


def put_out(amina, baraka):
    """At last somebody is put out: of two, so that nobody else brings that one the revocation."""
    a = amina.chat()
    a.wait("after a stop")
    b = baraka.chat()
    b.wait("neighbours 1")
    a.enter("/revoke Baraka")
    a.wait("Type yes or no")
    a.enter("yes")
    holds("a yes puts somebody out", lambda: a.wait_for(
        lambda _: any(one["standing"] == "put out" for one in amina.ask("network.members", network="amina-net")["members"]), "it"))
    holds("and that one reads what the others say, and what to do",
          lambda: b.wait("the others say that you are not in"), lambda: b.wait("ask one of them"))
    holds("the bar says it as long as it is so", lambda: b.wait("OTHERS SAY YOU ARE OUT"))
    b.enter("/networks")
    holds("and so does /networks", lambda: b.wait("that you are not in it any more"))
    b.end()
    a.end()


def sized(seen, size):
    """The window has that size, and the program has drawn it: its pages are as long."""
    seen.resize(*size)
    seen.wait_for(lambda text: "node up" in text.split("\n")[size[1] - 1], "the status bar in the last row")


def mouse(button, column, row):
    """What a terminal says of a button (64: the wheel up, 65: down) at that place, as bytes; a click is let go, too."""
    place = ("1b", "5b", "4d", f"{32 + button:02x}", f"{32 + column:02x}", f"{32 + row:02x}")
    return ("-H",) + place + (("1b", "5b", "4d", "23") + place[4:] if button == 0 else ())


READ = (  # kept screen, what is pressed, how often (0: until it is there), what is seen then, and what is not
    ("pgup", ("PageUp",), 1, r"number \d\d\d of many", "number 149"),
    ("pgdn", ("PageDown",), 2, "number 149", ""),
    ("home", ("Home",), 0, "Habari", "number 149"),
    ("end", ("End",), 1, "number 149", "Habari"),
    ("wheel-up", mouse(64, 40, 9), 5, r"number \d\d\d of many", "number 149"),
    ("wheel-down", mouse(65, 40, 9), 5, "number 149", ""),
    ("click", mouse(0, 5, 4), 1, "^>2 # boats", "number 149"),
    ("ctrl-p", ("C-p",), 1, "^>1 # amina-net", ""),
    ("ctrl-n", ("C-n",), 1, "^>2 # boats", ""),
    ("alt-1", ("M-1",), 1, "number 149", ""),
    ("ctrl-f", ("C-f",), 1, "^> /search", ""),
    ("hit", ("zebra", "Enter"), 1, "hit 1 of 3", ""),
    ("alt-up", ("M-Up",), 1, "hit 2 of 3", ""),
    ("ctrl-f-older", ("C-f",), 1, "hit 3 of 3", ""),
    ("alt-down", ("M-Down",), 1, "hit 2 of 3", ""),
    ("escape", ("Escape",), 1, "number 057", "hit 2"),
    ("end-again", ("End",), 1, "number 149", ""),
)


def history(amina, a):
    """Scrolling through what was said, and looking for it."""
    network = amina.ask("network.list")["networks"][0]["id"]
    for number in range(150):
        amina.ask("room.say", network=network, text=f"number {number:03} of many" + (" zebra" if number % 50 == 7 else ""))
    holds("what comes is followed", lambda: a.wait("number 149"))
    for size in SIZES:
        name = f"{size[0]}x{size[1]}"
        sized(a, size)
        for kept, keys, often, there, gone in READ:
            for _ in range(often):
                a.keys(*keys)
            if often == 0:
                a.wait_for(lambda text, t=there, k=keys: t in text or not a.keys(*k), there)
            holds(f"{name}: {kept} in a long history", lambda t=there: a.wait(t), lambda g=gone: not g or a.gone(g),
                  lambda k=kept: same_screen(a, f"{name}-read-{k}"))
    a.resize(80, 24)
    a.wait_for(lambda text: "Habari" in text or not a.keys("Home"), "Habari")
    amina.ask("room.say", network=network, text="while you read above")
    holds("nothing moves while one reads above", lambda: a.has("Habari"))
    a.keys("End")
    holds("End goes to the newest", lambda: a.wait("while you read above"))


def is_whole(seen, columns=80, rows=24):
    """Title, sidebar's rule, line and status bar stand where they belong."""
    lines = seen.text().split("\n")[:rows]
    side = min(columns // 4, 30)
    for line in lines[1:rows - 2]:
        if len(line) <= side or line[side] != "│":
            raise Missing("the rule of the sidebar is broken:\n" + seen.text())
    if not lines[0].startswith(" # ") or "node up" not in lines[rows - 1] or not lines[rows - 2].startswith(">"):
        raise Missing("a bar is broken:\n" + seen.text())
    return True


def hostile(amina, baraka, a):
    """Texts that were made to break a screen."""
    network = amina.ask("network.list")["networks"][0]["id"]
    texts = {
        "escape sequences": "\x1b[2J\x1b[H\x1b]0;owned\x07\x1b[31m\x1bc\u009b2J end-escape",
        "marks piled up": "z" + "\u0301\u0323\u0334" * 300 + "lgo end-zalgo",
        "right-to-left overrides": "\u202e\u2067abc\u202d\u2066 end-override",
        "many lines": "\n" * 200 + "end-lines",
        "wide and joined": "\u6c34" * 100 + "\U0001f469\u200d\U0001f467" * 50 + " end-wide",
        "bytes of control": "\r\x08\x7f\x0e\x0f end-control",
        "a line of 64 KiB": "x" * 64900 + " end-long",
    }
    for what, text in texts.items():
        (amina if len(text) > 32768 else baraka).ask("room.say", network=network, text=text)
        holds(f"a screen stays whole with {what}", lambda t=text: a.wait(t.split()[-1]), lambda: is_whole(a))
    title = a.tmux("display-message", "-p", "-t", a.name, "#{pane_title}").stdout
    case("owned" not in title, "and nobody names the window", title)


def sizes(a):
    """Sizes from none at all to large ones."""
    for columns, rows in ((200, 60), (60, 10), (80, 24)):
        a.resize(columns, rows)
        holds(f"it fits {columns} x {rows}", lambda r=rows: a.wait_for(lambda text: "F1 or /help" in text.split("\n")[r - 1], "status bar"))
    a.resize(15, 4)
    holds("what is too small is said", lambda: a.wait("Make the window"))
    a.resize(20, 5)
    holds("20 x 5 is enough to say something", lambda: a.wait("^>"), lambda: a.gone("Make the window"))
    a.enter("small")
    holds("and to read it", lambda: a.wait("small"))
    a.resize(80, 24)
    holds("and all is there again", lambda: a.wait("F1 or /help"), lambda: is_whole(a))


def power_cut(amina, a):
    """The node dies in mid-sentence."""
    a.type("an unfinished sen")
    a.wait("^> an unfinished sen")
    amina.kill()
    holds("that the node has gone is said", lambda: a.wait("The node has gone"), lambda: a.wait("no node"))
    holds("with what was typed", lambda: a.has("^> an unfinished sen"))
    amina.up()
    holds("a node that is back is found again", lambda: a.gone("The node has gone"))
    holds("and the sentence is said", lambda: said_in_time(a, "an unfinished sentence", "tence"), lambda: a.has("small"))
    Path(amina.home, "wavu.toml").write_text('bind_addr = "127.0.0.1:0"\ndiscovery_port = 0\n')
    a.type("another on")
    a.wait("^> another on")
    amina.kill()
    a.wait("The node has gone")
    a.keys("Enter")
    holds("Enter starts a node where none is any more", lambda: a.gone("The node has gone"), lambda: a.wait("^> another on"))
    holds("which says what was typed", lambda: said_in_time(a, "another one", "e"))
    a.keys("F4")
    a.wait("Esc closes")
    a.keys("Escape")
    return a


def alone(world):
    """`wavu` and nothing else, on an empty home where no node runs."""
    home = os.path.join(world.folder, "alone")
    os.mkdir(home, 0o700)
    Path(home, "wavu.toml").write_text('bind_addr = "127.0.0.1:0"\ndiscovery_port = 0\n')
    script = Path(world.folder, "alone.sh")
    script.write_text(f"{WAVU}\necho left with $?\nread -r wait\n")  # what ends at once is not always seen
    seen = Screen(world.tmux, f"sh {script}", env=PLAIN | {"WAVU_HOME": home})
    holds("wavu alone starts a node and the chat", lambda: seen.wait("What shall others call you"))
    seen.enter("Chiku")
    seen.wait("1  create a network")
    seen.enter("1")
    holds("and one can speak at once", lambda: seen.wait("The network is made"), lambda: said_in_time(seen, "first words"))
    seen.enter("/quit")
    holds("it ends well", lambda: seen.wait("^left with 0"))
    seen.end()


def leaving(amina):
    """The terminal is as it was, however one leaves."""
    ways = {
        "/quit": lambda seen: seen.enter("/quit"),
        "Ctrl+D": lambda seen: seen.keys("C-d"),
        "Ctrl+C": lambda seen: seen.keys("C-c"),
        "SIGTERM": lambda seen: os.kill(int(Path(amina.world.folder, "pid").read_text()), signal.SIGTERM),
        "SIGHUP": lambda seen: os.kill(int(Path(amina.world.folder, "pid").read_text()), signal.SIGHUP),
        "a crash": lambda seen: os.kill(int(Path(amina.world.folder, "pid").read_text()), signal.SIGABRT),
    }
    script = Path(amina.world.folder, "leaving.sh")
    script.write_text(f"""trap : INT
sh -c 'echo $$ > {amina.world.folder}/pid; exec {WAVU} chat --home {amina.home}'
stty -a
echo left
read -r wait
""")
    for what, leave in ways.items():
        seen = Screen(amina.world.tmux, f"sh {script}", env=PLAIN)
        seen.wait("F1 or /help")
        leave(seen)
        holds(f"{what} leaves the terminal as it was", lambda s=seen: s.wait("^left"),
              lambda s=seen: s.has(r"(?<!-)icanon") and s.has(r"(?<!-)echo "))
        seen.end()
    seen = Screen(amina.world.tmux, "bash --norc -i", env=PLAIN)
    seen.enter(f"{WAVU} chat --home {amina.home}")
    seen.wait("F1 or /help")
    seen.keys("C-z")
    holds("Ctrl+Z gives the terminal to the shell", lambda: seen.wait("Stopped"), lambda: not seen.has("F1 or /help"))
    seen.enter("fg")
    holds("and it goes on", lambda: seen.wait("F1 or /help"), lambda: seen.enter("after a stop") and seen.wait(": after a stop"))
    seen.end()


def desktop(amina, baraka):
    """Notes on a desktop, as its bus sees them."""
    if not all(shutil.which(name) for name in ("dbus-run-session", "dbus-monitor")):
        case(True, "notes on a desktop # SKIP there is no bus: install dbus")
        return
    other = next(member["id"] for member in baraka.ask("network.members")["members"] if not member["isSelf"])
    script = Path(amina.world.folder, "desktop.sh")
    heard = Path(amina.world.folder, "heard")
    script.write_text(f"""dbus-monitor --session interface=org.freedesktop.Notifications >{heard} &
while [ ! -s {heard} ]; do sleep 0.05; done
{WAVU} chat --home {amina.home} "$@"
echo left
kill $!
read -r wait
""")
    for what, words, env, expected in (("hides the words", "", {}, "A new message."),
                                       ("shows them where one wants it", "--notify show", {}, "for your eyes"),
                                       ("does not come over SSH", "", {"SSH_CONNECTION": "x"}, None)):
        heard.write_text("")
        seen = Screen(amina.world.tmux, f"dbus-run-session -- sh {script} {words}", env=PLAIN | env)
        seen.wait("F1 or /help")
        seen.keys("M-1")
        seen.wait("^>1")
        baraka.ask("direct.say", member=other, text=f"for your eyes, {what}")
        seen.wait(r"@ Baraka +!\d")
        is_told = lambda text, e=expected: e is None or e in heard.read_text()
        holds(f"a note on the desktop {what}", lambda s=seen, t=is_told: s.wait_for(t, "a note"))
        told = heard.read_text()
        case(("for your eyes" in told) == (expected == "for your eyes") and ("Notify" in told) == (expected is not None),
             f"and nothing else is told: it {what}", told)
        seen.keys("M-a")
        seen.wait("for your eyes")
        seen.enter("/quit")
        seen.wait("^left")
        seen.end()


def terminals(amina):
    """Terminals that can less."""
    seen = amina.chat(NO_COLOR="1")
    seen.wait("F1 or /help")
    seen.wait("after a stop")
    case(not re.search(r"\x1b\[[0-9;]*[34][0-8](;5)?[;m]", seen.looks()), "NO_COLOR: none", seen.looks())
    case("\x1b[7m" in seen.looks(), "what is chosen is told without colour")
    seen.end()
    for term in ("linux", "xterm", "screen", "vt100"):
        seen = amina.chat(TERM=term)
        holds(f"TERM={term}: the chat is there", lambda s=seen: s.wait("F1 or /help"), lambda s=seen: s.wait("after a stop"),
              lambda s=seen: is_whole(s))
        seen.enter("/help")
        holds(f"TERM={term}: and commands do what keys cannot", lambda s=seen: s.wait("Esc closes"))
        seen.end()
    seen = amina.chat(LANG="C", LC_ALL="C")
    seen.wait("F1 or /help")
    seen.wait("after a stop")
    case(seen.text().isascii(), "a terminal without UTF-8: ASCII alone", seen.text())
    seen.end()
    seen = amina.chat(words="--ascii")
    seen.wait("F1 or /help")
    seen.wait("after a stop")
    text = seen.text()
    case(text.isascii() and "|" in text, "--ascii: ASCII alone", text)
    seen.keys("F1")
    seen.wait("Esc closes")
    case(seen.text().isascii() and "+-" in seen.text(), "--ascii: windows, too", seen.text())
    seen.end()


def main():
    """All of it."""
    if not screen.is_here():
        print("1..1\nok 1 - the terminal chat # SKIP there is no tmux")
        return 0
    if not os.access(WAVU, os.X_OK):
        print("Bail out! there is no wavu to test: name it in WAVU_BIN")
        return 1
    with tempfile.TemporaryDirectory(prefix="wavu-", dir="/tmp") as folder:  # paths are as long everywhere
        world = World(folder)
        try:
            amina, baraka = world.person("Amina"), world.person("Baraka")
            first_minute(amina, baraka)
            for size in SIZES:
                windows(amina, amina.screen, size)
            amina.screen.resize(80, 24)
            rooms(amina, baraka)
            typing(amina.screen)
            for size in SIZES:
                commands(amina, baraka, size)
            amina.screen.resize(80, 24)
            baraka.screen.resize(80, 24)
            history(amina, amina.screen)
            hostile(amina, baraka, amina.screen)
            sizes(amina.screen)
            power_cut(amina, amina.screen).end()
            amina.ask("node.stop")  # the one that the chat has started
            amina.again()
            alone(world)
            leaving(amina)
            desktop(amina, baraka)
            terminals(amina)
            put_out(amina, baraka)
        except Missing as missing:
            case(False, "goes through to the end", missing)
        finally:
            world.end()
    print(f"1..{cases}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
