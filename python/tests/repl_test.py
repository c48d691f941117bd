#!/usr/bin/env python3
"""The shell: lines into words, commands against a real node, a real terminal."""
import asyncio
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
import unittest
from types import SimpleNamespace
from unittest import mock

import tap
from world import WITHIN, folder, node, until

from wavu import repl

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(tap.PYTHON), "TERM": "dumb"}


def address_of(started):
    """HOST:PORT of a node."""
    _, _, host, _, port, *_ = started.addresses[0].split("/")
    return f"{host}:{port}"


class Words(unittest.TestCase):
    def test_lines_are_split_as_people_know_it(self):
        for line, expected in (
                ("", []), ("   # nothing", []), ("status", [["status"]]), ("say  'a b'\t\"c 'd'\"", [["say", "a b", "c 'd'"]]),
                ("a; b ;;c", [["a"], ["b"], ["c"]]), ("say ''", [["say", ""]]), (r"say a\ b\;\#\'", [["say", "a b;#'"]]),
                (r'say "a\"b\\c\d"', [["say", 'a"b\\c\\d']]), (r"say 'a\b'", [["say", r"a\b"]]), ("say a#b # c", [["say", "a#b"]]),
                ("say 'x'\"y\"z", [["say", "xyz"]])):
            self.assertEqual(repl.words_of(line), expected, line)
        for line in ("say 'a", 'say "a', 'say "a\\"', "say a\\"):
            with self.assertRaises(repl.Usage):
                repl.words_of(line)

    def test_options(self):
        self.assertEqual(repl.options_of(["a", "--room", "plans", "--", "--b"], ("room",)), (["a", "--b"], {"room": "plans"}))
        self.assertEqual(repl.options_of(["--room=x y", "--nodes"], ("room",), ("nodes",)), ([], {"room": "x y", "nodes": "yes"}))
        for words in (["--room"], ["--rom", "x"], ["--nodes=1"]):
            with self.assertRaises(repl.Usage):
                repl.options_of(words, ("room",), ("nodes",))


class Completion(unittest.TestCase):
    """Tab, with names that others chose."""

    def offered(self, line, people=(), rooms=()):
        node = SimpleNamespace(members=lambda: [SimpleNamespace(shown=one, id="0123456789ab", is_self=False) for one in people],
                               rooms=lambda: [SimpleNamespace(name=one) for one in rooms])
        complete = repl._completer(repl.Shell(node))
        with mock.patch("readline.get_line_buffer", return_value=line), mock.patch("readline.get_begidx", return_value=len(line)):
            return complete("", 0)

    def test_a_name_is_neither_an_option_nor_another_command(self):
        self.assertEqual(self.offered("dm ", ["Baraka"]), "Baraka ")
        for name in ("Bob;leave", "--to=all", "-x", "it's", 'a"b', "a\\b", "#x", "Ba\u202era", "a b", ""):
            self.assertEqual(self.offered("dm ", [name]), "01234567 ", name)
            self.assertIsNone(self.offered("say --room ", rooms=[name]), name)
        self.assertEqual(self.offered("say --room ", rooms=["plans"]), "plans ")


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = folder()
        cls.home = cls.place.__enter__()
        cls.loop = asyncio.new_event_loop()
        cls.started = node(cls.home)
        cls.loop.run_until_complete(cls.started.__aenter__())
        cls.loop.run_until_complete(cls.prepare())

    @classmethod
    async def prepare(cls):
        async with cls.started.connect() as amina:
            await amina.nick("Amina")
            await amina.make_network("savanna")

    @classmethod
    def tearDownClass(cls):
        cls.loop.run_until_complete(cls.started.__aexit__(None, None, None))
        cls.loop.close()
        cls.place.__exit__(None, None, None)

    def run_it(self, *arguments, lines=None):
        done = subprocess.run([sys.executable, "-m", "wavu", "--home", self.home, *arguments], env=ENVIRONMENT, text=True,
                              input=lines or "", capture_output=True, timeout=WITHIN, check=False)
        return done.returncode, done.stdout, done.stderr

    def good(self, *commands):
        code, out, err = self.run_it(*[part for command in commands for part in ("-c", command)])
        self.assertEqual((code, err), (0, ""), commands)
        return out

    def fails(self, command, code, sentence):
        seen, _, err = self.run_it("-c", command)
        self.assertEqual(seen, code, err)
        self.assertRegex(err, rf"^wavu: [^\n]*{sentence}[^\n]*\n$")

    def test_how_things_stand_looks_as_in_the_program(self):
        wavu = [tap.program(), "--home", self.home]
        for command in ("status", "peers", "topology", "members", "rooms", "chats"):
            with self.subTest(command=command):
                theirs = subprocess.run([wavu[0], command, "--home", self.home], capture_output=True, text=True, check=True)
                ours = self.good(command)
                moving = ("up for", "wakeups", "connections", "received", "sent")

                def still(text):
                    return [line for line in text.replace("wavu dm", "dm").splitlines() if not line.startswith(moving)]
                self.assertEqual(still(ours), still(theirs.stdout))

    def test_what_was_said_looks_as_in_the_program(self):
        out = self.good("say 'habari za asubuhi'; say \"second\nline\"", "history --max 2")
        self.assertRegex(out, r"(?m)^said, as [0-9a-f]{8}\n")
        self.assertRegex(out, r"(?m)^[0-9a-f]{8}  \d{4}-\d\d-\d\d \d\d:\d\d  Amina: habari za asubuhi$")
        self.assertIn("second\n    line\n", out)
        theirs = subprocess.run([tap.program(), "history", "--home", self.home, "--peek"], capture_output=True, text=True,
                                check=True)
        self.assertEqual(self.good("history"), theirs.stdout)
        self.assertIn("habari", self.good("history --search asubuhi"))
        self.assertIn("no message there has all", self.good("history --search tembo"))

    def test_events_are_lines_of_json(self):
        self.good("say 'for the events'")
        events = [json.loads(line) for line in self.good("events --no-follow").splitlines()]
        self.assertIn("said", {event["event"] for event in events})
        self.assertEqual([event["number"] for event in events], list(range(1, len(events) + 1)))

    def test_problems_are_one_sentence_with_the_programs_exit_code(self):
        self.fails("no-such-thing", repl.USAGE, "'help' lists them")
        self.fails("say", repl.USAGE, "say takes one TEXT")
        self.fails("say 'a", repl.USAGE, "a ' is open")
        self.fails("send abc hello", repl.USAGE, "at least 6")
        self.fails("send abcdefgh hello", repl.NOT_FOUND, "no node's id begins or ends")
        self.fails("dm Nobody hello", repl.NOT_FOUND, "no member is called 'Nobody'")
        self.fails("history --room nowhere", repl.NOT_FOUND, "room")
        self.fails("members --network nowhere", repl.NOT_FOUND, "no network 'nowhere'")
        self.fails("module load /nothing.so", repl.DENIED, "allow_modules")
        self.fails("trace abcdefgh", repl.NOT_FOUND, "no peer's or member's id")
        self.fails("ping 127.0.0.1:1 1", repl.FAILURE, "nobody listens there")
        code, out, err = self.run_it(lines="status\nno-such\nrooms\n")
        self.assertEqual((code, out.count("peer id"), out.count("UNREAD"), err.count("\n")), (repl.USAGE, 1, 0, 1))

    def test_it_speaks_as_the_shell_does(self):
        other = node(self.home + "/other", "--seed", self.started.addresses[0])
        self.loop.run_until_complete(other.__aenter__())
        try:
            there = other.addresses[0].rpartition("/")[2]
            self.loop.run_until_complete(self.linked(there))
            for command, changes in (("routes", r"[\d.]+ ms"), (f"trace {there[-8:]}", r" +[\d.]+ ms"),
                                     (f"connect {there[-8:]}@{address_of(other)}", ""), ("send 'to all'", ""),
                                     (f"send {there[-8:]} 'to one'", ""), (f"ping {there} 1", r"[\d./]+ ms"),
                                     ("history 1", ""), ("peers", r"[\d.]+ ms *"), (f"disconnect {there}", "")):
                theirs = subprocess.run([tap.program(), "shell", "--home", self.home, "-c", command], capture_output=True,
                                        text=True, timeout=WITHIN, check=False)
                with self.subTest(command=command):
                    if "there is no command 'shell'" in theirs.stderr or "built without" in theirs.stderr:
                        self.skipTest("this wavu has no shell")
                    self.assertEqual((theirs.returncode, theirs.stderr), (0, ""))
                    self.assertEqual(re.sub(changes or "$^", "", self.good(command)), re.sub(changes or "$^", "", theirs.stdout))
        finally:
            self.loop.run_until_complete(other.__aexit__(None, None, None))

    async def linked(self, there):
        async with self.started.connect() as amina:
            async def known():
                return [route for route in await amina.routes() if route.peer_id == there and route.hops]
            await until(known)

    def test_help_names_every_command(self):
        out = self.good("help")
        self.assertEqual([line.split()[0] for line in out.splitlines()], list(repl.COMMANDS))
        self.assertEqual(len(self.good("help say").splitlines()), 1)
        self.assertLessEqual(max(map(len, out.splitlines())), 100)

    def test_without_a_node(self):
        with folder() as empty:
            done = subprocess.run([sys.executable, "-m", "wavu", "--home", empty, "-c", "status"], env=ENVIRONMENT,
                                  text=True, capture_output=True, timeout=WITHIN, check=False)
            self.assertEqual((done.returncode, done.stdout), (repl.NO_NODE, ""))
            self.assertIn("start one with 'wavu up'", done.stderr)

    def test_on_a_terminal(self):
        with Terminal(self, self.home) as terminal:
            terminal.wait_for("wavu> ")
            terminal.type("top\t\n")  # completed by what there is
            terminal.wait_for("* --")
            terminal.type("nonsense\n")
            terminal.wait_for("there is no command")
            terminal.type("events --all\n")
            terminal.wait_for('"said"')
            os.kill(terminal.shell.pid, signal.SIGINT)  # ends what runs, and no more
            terminal.wait_for("wavu> ")
            terminal.type("say 'from a terminal'\n")
            terminal.wait_for("said, as")
            terminal.type("quit\n")
            self.assertEqual(terminal.shell.wait(WITHIN), 0)

    def test_a_node_is_started_for_who_types(self):
        with folder() as empty:
            with open(empty + "/wavu.toml", "w", encoding="utf-8") as settings:
                settings.write('bind_addr = "127.0.0.1:0"\ndiscovery_port = 0\n')
            with Terminal(self, empty) as terminal:
                terminal.wait_for("a node was started in")
                terminal.wait_for("wavu> ")
                terminal.type("status\n")
                terminal.wait_for("peer id")
                terminal.type("quit\n")
                self.assertEqual(terminal.shell.wait(WITHIN), 0)
            # It is there for others, as well.
            subprocess.run([tap.program(), "status", "--home", empty], check=True, capture_output=True)
            subprocess.run([tap.program(), "down", "--home", empty], check=True, capture_output=True)
        with folder() as empty:
            with open(empty + "/wavu.toml", "w", encoding="utf-8") as settings:
                settings.write("nonsense = 1\n")
            with Terminal(self, empty) as terminal:
                terminal.wait_for("nonsense")
                self.assertEqual(terminal.shell.wait(WITHIN), repl.FAILURE)


class Terminal:
    """The shell on a terminal of its own."""

    def __init__(self, case, home):
        self.case = case
        self.ours, theirs = pty.openpty()
        # Who runs this in the background of a script ignores Ctrl+C, and so would the shell.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.shell = subprocess.Popen([sys.executable, "-m", "wavu", "--home", home], stdin=theirs, stdout=theirs,
                                      stderr=theirs, env={**ENVIRONMENT, "WAVU_BIN": tap.program()}, start_new_session=True)
        os.close(theirs)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.shell.kill()
        self.shell.wait()
        os.close(self.ours)

    def type(self, text):
        os.write(self.ours, text.encode())

    def wait_for(self, text):
        seen, end = "", time.monotonic() + WITHIN
        while text not in seen:
            left = end - time.monotonic()
            self.case.assertTrue(left > 0 and select.select([self.ours], [], [], left)[0], f"no {text!r} in {seen!r}")
            seen += os.read(self.ours, 65536).decode()


if __name__ == "__main__":
    tap.main()
