#!/usr/bin/env python3
"""Each command with --json: objects alone, a line each, on the standard output. What `wavu help --json` lists is tried, so that a
new command cannot be forgotten.

In:  WAVU_BIN (the program). Out: TAP.
"""
import json
import os
import subprocess
import sys
import tempfile
from types import SimpleNamespace

import tui_test
from screen import Missing
from tui_bytes_test import pair, patiently
from tui_test import WAVU, Person, case

SECONDS = 60
# By command: words that make it say something, one line a try, in this order. {..} are of the world below.
TRIED = (
    "version", "help", "help status", "completion bash", "completion zsh", "completion fish", "id", "status", "doctor", "log",
    "log keep=warn", "config check", "config show --origin", "get", "get power", "set auto_accept 64", "unset auto_accept", "reload",
    "module list", "networks", "create boats", "invite --no-wait --network savanna", "invite --close --network savanna",
    "nick", "nick Amina", "members", "members --nodes", "contacts", "contact name Baraka Kaka", "verify Kaka",
    "say habari --network savanna", "rooms", "room make bandari --network savanna", "room read bandari --network savanna",
    "dm Kaka habari", "chats", "history --network savanna", "file send {file} --network savanna", "file list",
    "topic publish harvest habari", "topic list", "sos --to Kaka msaada", "sos status", "sos cancel", "export --all {stick} --network savanna", "import {stick} --network savanna", "peers", "topology",
    "broadcast habari", "send {peer} habari", "events --no-follow", "shell -c status", "ping {address} -c 1",
    "perf {address} --upload-bytes 1000", "revoke Kaka --dry-run --network savanna", "leave --dry-run --network boats",
    "bugreport {folder}/report.txt", "backup create {folder}/backup --passphrase-file {words}",
    "backup verify {folder}/backup --passphrase-file {words}", "chat --plain --network savanna",
    "passphrase set --new-passphrase-file {words}", "join 7-apple-river-stone {address}", "wipe --dry-run", "down",
    "unlock --passphrase-file {words}", "lock", "down")
ELSEWHERE = {"up": "tests/program/up.sh", "sim": "its --json names a file: tests/program/sim.sh",
             "p2pd": "its lines are those of libp2p's daemon: tests/interop/js/p2pd.mjs"}
FAILS = {"join": 5}  # by itself; the answer is on the standard error


def wavu(home, *words):
    """To its end."""
    typed = '"/members"\n' if words[0] == "chat" else ""
    return subprocess.run([WAVU, *words, "--home", home], input=typed, capture_output=True, text=True, timeout=SECONDS, check=False)


def is_objects(text):
    """A line each."""
    try:
        return text != "" and all(isinstance(json.loads(line), dict) for line in text.splitlines())
    except ValueError:
        return False


def attempt(person, line, places):
    """One line of TRIED."""
    words = line.format(**places).split()
    if words[0] == "unlock":  # the home has a passphrase since
        person.node.wait()
        person.node = subprocess.Popen([WAVU, "up", "--discovery-port", "0", "--listen", "127.0.0.1:0", "--home", person.home],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        patiently(lambda: wavu(person.home, "status").returncode in (0, 5))
    done = wavu(person.home, *words, "--json", "--no-input")
    code = FAILS.get(words[0], 0)
    is_good = is_objects(done.stdout) or (code != 0 and done.stdout == "")
    case(done.returncode == code and is_good, f"wavu {line}", f"exit code {done.returncode}\n{done.stdout}{done.stderr}")


def commands():
    """All that have --json."""
    listed = json.loads(wavu("/nowhere", "help", "--json").stdout)["commands"]
    return [one["name"] for one in listed if any(option["name"] == "json" for option in one["options"])]


def main():
    """All of it."""
    if not os.access(WAVU, os.X_OK):
        print("Bail out! there is no wavu to test: name it in WAVU_BIN")
        return 1
    tried = {line.split()[0] for line in TRIED} | set(ELSEWHERE)
    case(set(commands()) <= tried, "each command is tried", f"add to TRIED: {set(commands()) - tried}")
    people = []
    with tempfile.TemporaryDirectory() as folder:
        places = {"folder": folder, "file": f"{folder}/file", "stick": f"{folder}/stick", "words": f"{folder}/words"}
        os.mkdir(places["stick"])
        for name in ("file", "words"):
            with open(places[name], "w", encoding="utf-8") as out:
                out.write("kisima ya maji\n")
        try:
            world = SimpleNamespace(folder=folder, tmux=None)
            people = [Person(world, "Amina"), Person(world, "Baraka")]
            amina, baraka = people
            pair(amina, baraka)
            about = baraka.ask("node.id")
            places |= {"peer": about["peerId"], "address": about["addresses"][0]}
            wavu(amina.home, "shell", "-c", f"connect {baraka.address}")
            patiently(lambda: any(one["peerId"] == about["peerId"] for one in amina.ask("mesh.members")["members"]))
            for line in TRIED:
                attempt(amina, line, places)
            done = wavu(amina.home, "status", "--json")
            case((done.returncode, done.stdout, len(done.stderr.splitlines())) == (3, "", 1),
                 "what is wrong is one sentence on the standard error", done.stdout + done.stderr)
        except (Missing, OSError, subprocess.TimeoutExpired) as problem:
            case(False, "goes through to the end", problem)
        finally:
            for person in people:
                person.kill()
    print(f"1..{tui_test.cases}")
    return tui_test.failed > 0


if __name__ == "__main__":
    sys.exit(main())
