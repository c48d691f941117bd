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
PLAIN = {"LANG": "C.UTF-8", "TZ": "UTC", "NO_COLOR": ""}
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


def normal(text):
    """A screen without what is different each time; each row keeps its length."""
    for pattern in (r"12D3KooW\w{44}", r"\b[0-9a-f]{8}\b", r"\.\.\.\w{6,8}\b"):
        text = re.sub(pattern, lambda found: "#" * len(found.group()), text)
    text = re.sub(r"\b[a-z][2-9]\b", "##", text)
    text = re.sub(r"\d\d:\d\d", "00:00", text)
    return re.sub(r"[A-Z]\w+day +\d+ \w+ ─*", lambda found: "day".ljust(len(found.group()), "─"), text)


def same_screen(seen, name):
    """The screen is the one that is kept under that name."""
    path = SCREENS / f"{name}.txt"
    text = normal(seen.text())
    if os.environ.get("WAVU_TUI_WRITE"):
        SCREENS.mkdir(exist_ok=True)
        path.write_text(text)
    kept = path.read_text() if path.exists() else ""
    if text != kept:
        raise Missing(f"expected {path.name}:\n{kept}\nsaw:\n{text}")
    return True


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


def windows(a, size):
    """Each window by its key and by its word, at that size."""
    name = f"{size[0]}x{size[1]}"
    a.resize(*size)
    a.enter("")
    by_key = {"F1": "Help", "F3": "Members of amina-net", "F4": "Identity", "F5": "Link quality", "C-e": "Identity"}
    for key, title in by_key.items():
        a.keys(key)
        kept = {"F1": "help" if size[1] < 40 else None, "F3": "members", "F4": "identity"}.get(key)
        holds(f"{name}: {key} opens {title}", lambda t=title: a.wait(t), lambda: a.wait("Esc closes"),
              lambda k=kept: same_screen(a, f"{name}-{k}") if k else True)
        a.keys("Escape")
        holds(f"{name}: Escape closes it", lambda: a.gone("Esc closes"))
    by_word = {"/help": "Help", "/members": "Members of amina-net", "/id": "Identity", "/peers": "Link quality",
               "/topology": "Topology", "/status": "Status", "/file list": "Files", "/verify Baraka": "Safety number",
               "/invite": "One person comes into amina-net"}
    for word, title in by_word.items():
        a.enter(word)
        holds(f"{name}: {word} opens a window", lambda t=title: a.wait(t), lambda: a.wait("Esc closes"))
        a.keys("Escape")
        a.gone("Esc closes")
    a.enter("/config")
    holds(f"{name}: /config shows what the program says", lambda: a.wait("wavu config"), lambda: a.wait("bind_addr|listen|nick"))
    holds(f"{name}: to its end", lambda: a.wait_for(lambda text: "Done." in text or not a.keys("End"), "Done."))
    a.keys("Escape")
    a.gone("Esc closes")
    a.enter("/invite")
    a.wait("Esc closes")
    if size[1] < 40:
        a.keys("PageDown")
    holds(f"{name}: the code is there as a picture", lambda: a.wait("[▀▄█]{10}"))
    a.keys("Escape")
    a.gone("[▀▄█]{10}")
    a.gone("Esc closes")
    a.wait("the code was withdrawn")
    a.keys("Escape")
    a.gone("the code was withdrawn")
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
    a.enter("/edit last the better answer")
    holds("what was edited says so", lambda: a.wait(r"Amina: the better answer.*\(edited"))
    a.enter("/me waves")
    holds("an action is told as one", lambda: a.wait(r"\* Amina waves"))
    a.enter("/nonsense")
    holds("a command that is none is told", lambda: a.wait(r"^.*\?\? .*nonsense"))
    a.keys("Escape")
    a.keys("C-u")


def commands(amina, baraka, size):
    """The commands that do something, typed at that size; what the other one sees of them."""
    a, b = amina.screen, baraka.screen
    name = f"{size[0]}x{size[1]}"
    a.resize(*size)
    b.resize(*size)
    for key in ("M-1", "C-u"):
        a.keys(key)
        b.keys(key)
    folder = os.path.join(amina.world.folder, name)
    os.mkdir(folder)
    with open(os.path.join(folder, "map.txt"), "w", encoding="ascii") as out:
        out.write("north\n" * 100)
    amina.ask("network.inviteClose")  # a name stays while a code is open
    a.enter("/nick Amina Pili")
    holds(f"{name}: /nick", lambda: a.wait("called Amina Pili"))
    a.enter("/nick Amina")
    a.wait("you are called Amina$")
    a.enter("/sos the bridge is down")
    holds(f"{name}: /sos says whom it calls, and whom not", lambda: a.wait("are called for help"), lambda: a.wait("no emergency service"))
    holds(f"{name}: and the other one hears of it", lambda: b.wait("CALLS FOR HELP"))
    b.enter("/sos seen")
    holds(f"{name}: /sos seen", lambda: b.wait("you have seen it"), lambda: a.wait(r"Baraka \(acknowledged\)"))
    a.enter("/sos cancel")
    holds(f"{name}: /sos cancel", lambda: a.wait("needs no help any more|is over"))
    a.enter(f"/file {folder}/map.txt")
    holds(f"{name}: /file offers it", lambda: a.wait("is offered"))
    found = holds(f"{name}: the other one is told how to take it", lambda: b.wait(r"/accept ([0-9a-f]{8})"))
    b.enter(f"/accept {found.group(1)}")
    holds(f"{name}: /accept fetches it", lambda: b.wait("a file is here"))
    a.enter(f"/export {folder}")
    holds(f"{name}: /export", lambda: a.wait("wavu export"), lambda: a.wait("Done|failed"))
    a.keys("Escape")
    a.gone("Esc closes")
    b.enter(f"/import {folder}")
    holds(f"{name}: /import", lambda: b.wait("wavu import"), lambda: b.wait("Done|failed"))
    b.keys("Escape")
    b.gone("Esc closes")
    a.enter("/join 7-apple")
    holds(f"{name}: /join says what is wrong with a code", lambda: a.wait("code"))
    before = len(amina.ask("history.look", max=1000)["messages"])
    a.enter("/revoke Baraka")
    holds(f"{name}: /revoke asks first, in whole", lambda: a.wait("Put Baraka"), lambda: a.wait("Type yes or no, and"))
    a.enter("no")
    holds(f"{name}: a no leaves all as it is", lambda: a.gone("Put Baraka"),
          lambda: len(amina.ask("network.members", network="amina-net")["members"]) == 2)
    holds(f"{name}: and is said to nobody", lambda: len(amina.ask("history.look", max=1000)["messages"]) == before)


def put_out(amina):
    """At last somebody is put out."""
    a = amina.chat()
    a.wait("after a stop")
    a.enter("/revoke Baraka")
    a.wait("Type yes or no")
    a.enter("yes")
    holds("a yes puts somebody out", lambda: a.wait_for(
        lambda _: any(one["standing"] == "put out" for one in amina.ask("network.members", network="amina-net")["members"]), "it"))
    a.end()


def history(amina, a):
    """Scrolling through what was said, and looking for it."""
    network = amina.ask("network.list")["networks"][0]["id"]
    for number in range(150):
        amina.ask("room.say", network=network, text=f"number {number:03} of many" + (" zebra" if number % 50 == 7 else ""))
    holds("what comes is followed", lambda: a.wait("number 149"))
    a.keys("PageUp")
    holds("PgUp goes back", lambda: a.gone("number 149"), lambda: a.wait("number 1[123]"))
    a.keys("PageDown", "PageDown")
    holds("PgDn goes on", lambda: a.wait("number 149"))
    a.keys("Home")
    holds("Home goes to the first", lambda: a.wait("Habari"))
    amina.ask("room.say", network=network, text="while you read above")
    holds("nothing moves while one reads above", lambda: a.has("Habari"))
    a.keys("End")
    holds("End goes to the newest", lambda: a.wait("while you read above"))
    wheel_up = ("-H", "1b", "5b", "4d", f"{32 + 64:02x}", f"{32 + 40:02x}", f"{32 + 9:02x}")
    for _ in range(5):
        a.keys(*wheel_up)
    holds("the wheel scrolls", lambda: a.gone("while you read above"))
    a.keys("-H", "1b", "5b", "4d", f"{32:02x}", f"{32 + 5:02x}", f"{32 + 4:02x}")
    holds("a click chooses a chat", lambda: a.wait("^>2 # boats"))
    a.keys("M-1")
    a.wait("^>1 # amina-net")
    a.wait("while you read above")
    a.keys("C-f")
    a.wait("^> /search")
    a.type("zebra").keys("Enter")
    holds("a search goes to the newest hit", lambda: a.wait(r"hit 1 of 3"), lambda: a.wait("number 107 of many zebra"))
    a.keys("M-Up")
    holds("Alt+Up to the older one", lambda: a.wait("hit 2 of 3"), lambda: a.wait("number 057 of many zebra"))
    a.keys("C-f")
    holds("Ctrl+F, too", lambda: a.wait("hit 3 of 3"), lambda: a.wait("number 007 of many zebra"))
    a.keys("M-Down")
    holds("Alt+Down back", lambda: a.wait("hit 2 of 3"))
    a.keys("Escape")
    a.keys("End")
    holds("Escape and End leave it", lambda: a.wait("while you read above"), lambda: a.gone("hit 2"))


def is_whole(seen, columns=80, rows=24):
    """Title, sidebar's rule, line and status bar stand where they belong."""
    lines = seen.text().split("\n")[:rows]
    side = min(columns // 4, 30)
    for line in lines[1:rows - 2]:
        if len(line) <= side or line[side] != "│":
            raise Missing("the rule of the sidebar is broken:\n" + seen.text())
    if not lines[0].startswith(" # ") or "F1 or /help" not in lines[rows - 1] or not lines[rows - 2].startswith(">"):
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
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        try:
            amina, baraka = world.person("Amina"), world.person("Baraka")
            first_minute(amina, baraka)
            for size in SIZES:
                windows(amina.screen, size)
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
            put_out(amina)
        except Missing as missing:
            case(False, "goes through to the end", missing)
        finally:
            world.end()
    print(f"1..{cases}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
