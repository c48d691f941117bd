#!/usr/bin/env python3
"""Type at `wavu shell` as a person does: shell_pty.py WAVU HOME PEER PEER_HOME, where PEER is the end of the id of a
connected peer, whose home is PEER_HOME.

Prints "yes NAME" or "no NAME" and what the screen showed for each thing that was tried; ends with 1 when one failed.
"""
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time

PATIENCE = 20  # seconds; only a failing test waits so long
PROMPT = r"\nwavu> (\x1b\[K)?$"


class Shell:
    """One shell on a terminal of its own."""

    def __init__(self, argv):
        self.screen = ""
        self.failed = False
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            os.environ["LC_ALL"] = "C"
            os.execv(argv[0], argv)

    def read(self):
        """What comes within a moment; False at the end."""
        ready, _, _ = select.select([self.terminal], [], [], 0.05)
        if not ready:
            return True
        try:
            got = os.read(self.terminal, 65536)
        except OSError:
            return False
        self.screen += got.decode("utf-8", "replace")
        return bool(got)

    def sees(self, pattern):
        """Wait until the screen shows it since the last keys."""
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.screen):
            if time.monotonic() > end or not self.read():
                return re.search(pattern, self.screen) is not None
        return True

    def listens(self):
        """Wait until keys are its own: behind the prompt it takes the terminal over."""
        end = time.monotonic() + PATIENCE
        while termios.tcgetattr(self.terminal)[3] & termios.ICANON and time.monotonic() < end:
            time.sleep(0.01)

    def type(self, keys):
        """Press keys on a clean screen."""
        self.screen = ""
        os.write(self.terminal, keys.encode())

    def check(self, name, keys, *patterns):
        """The keys make all of these appear, one after the other."""
        self.type(keys)
        seen = all(self.sees(pattern) for pattern in patterns)
        if patterns[-1] == PROMPT:
            self.listens()
        print("yes" if seen else "no", name)
        if not seen:
            print(f"# {patterns} in {self.screen!r}")
            self.failed = True

    def end(self):
        """Its exit code, once it has ended."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid == self.pid:
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, 9)
        return None


def main():
    """Everything that takes a terminal."""
    wavu, home, peer, peer_home = sys.argv[1:5]
    shell = Shell([wavu, "shell", "--home", home])
    shell.check("it greets, and asks", "", "'help' lists the commands", PROMPT)
    shell.check("Tab completes a command", "sta\t", r"tus ")
    shell.check("and it runs", "\n", "peer id +12D3KooW", PROMPT)
    shell.check("Tab twice lists what fits", "con\t\t", r"config +connect +contact +contacts", r"wavu> con")
    shell.check("Ctrl+C drops the line", "garbage\x03", r"\^C\r\n", PROMPT)
    shell.check("Tab completes a peer", f"ping {peer[:3]}\t", re.escape(peer[3:]))
    shell.check("and an option", "\x15say --rep\t", r"ly ")
    shell.check("and a file", "\x15module load /et\t", "c/")
    shell.check("an open quotation mark goes on", '\x15send "two\n', "    > ")
    shell.check("until it is closed", 'lines"\n', "said to 1 neighbour", PROMPT)
    shell.check("ping runs", f"ping {peer} 100\n", "seq=1 ", "seq=2 ")
    shell.check("Ctrl+C ends it, and not the shell", "\x03", "came back", PROMPT)
    shell.check("events run", "events --all\n", '"event":"neighbour"')
    shell.check("Ctrl+C ends a command of the program", "\x03", PROMPT)
    shell.check("the arrow up brings back what was typed", "\x1b[A", "events --all$")
    shell.check("and what was before", "\x1b[A", f"ping {peer} 100$")
    shell.check("a line is begun", "\x15stat", "stat$")
    shell.screen = ""
    subprocess.run([wavu, "broadcast", "habari \x1b[2J zenu", "--home", peer_home], check=True, stdout=subprocess.DEVNULL)
    shell.check("what others say stands above it", "", peer + r" to all nodes: habari \?\[2J zenu\r\n", "wavu> stat$")
    shell.check("and it goes on", "us\n", "peer id +12D3KooW", PROMPT)
    shell.check("keys of several bytes are one", "\x15nick J\u00fcrg\x1b[D\x1b[D\x7f\x03", r"\^C", PROMPT)
    shell.check("a line that begins with a space is not kept", "\x15 nick\n", PROMPT)
    shell.check("nor is a join code", "join 7-nobody-knows 127.0.0.1:1\n", r"127\.0\.0\.1:1\r\n.+")
    shell.check("which Ctrl+C ends, too", "\x03", PROMPT)
    shell.check("the last kept line is another", "\x1b[A", "status$")
    shell.check("a wrong command is said", "\x15conekt\n", "did you mean 'connect'", PROMPT)
    shell.check("Ctrl+D leaves", "\x04", r"\n")
    code = shell.end()
    print("yes" if code == 0 else "no", "its exit code is 0")
    again = Shell([wavu, "shell", "--home", home])
    again.check("another shell knows what was typed", "\x1b[A", "conekt")
    again.check("exit leaves", "\x15exit\n", r"\n")
    last = again.end()
    print("yes" if last == 0 else "no", "and its exit code is 0, too")
    sys.exit(1 if shell.failed or again.failed or code != 0 or last != 0 else 0)


if __name__ == "__main__":
    main()
