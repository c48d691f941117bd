"""A program on a real terminal: tmux gives it one, keys are sent there, and what stands on the screen is read.

Nothing waits for a time: what is awaited is looked for until it is there, and a test that waits too long says what stood
on the screen instead.
"""
import os
import re
import shutil
import subprocess
import time

WAIT_SECONDS = 10


class Missing(Exception):
    """What was awaited did not come; with the screen as it was."""


class Tmux:
    """A server of its own, with its own socket and no settings of anybody's."""

    def __init__(self, folder):
        self.base = ["tmux", "-u", "-S", os.path.join(folder, "tmux"), "-f", "/dev/null"]
        self.count = 0

    def __call__(self, *words):
        return subprocess.run(self.base + list(words), capture_output=True, text=True, check=False)

    def end(self):
        """All that runs there ends."""
        self("kill-server")


def is_here():
    """Whether there is a tmux to test with."""
    return shutil.which("tmux") is not None


class Screen:
    """One program on a terminal of that size."""

    def __init__(self, tmux, command, columns=80, rows=24, env=None):
        tmux.count += 1
        self.tmux, self.name = tmux, f"s{tmux.count}"
        settings = [word for key, value in (env or {}).items() for word in ("-e", f"{key}={value}")]
        shell = "exec env " + " ".join(f"{key}='{value}'" for key, value in (env or {}).items()) + f" {command}"
        said = tmux("new-session", "-d", "-s", self.name, "-x", str(columns), "-y", str(rows), *settings, shell,
                    ";", "set-option", "-g", "remain-on-exit", "on")
        if said.returncode != 0:
            raise Missing(said.stderr)

    def keys(self, *names):
        """Press keys by tmux' names (F1, Enter, M-a, C-c)."""
        self.tmux("send-keys", "-t", self.name, *names)
        return self

    def type(self, text):
        """Type a text, letter by letter as it stands there."""
        self.tmux("send-keys", "-t", self.name, "-l", text)
        return self

    def enter(self, text):
        """Type a text, and Enter once it is seen."""
        self.type(text)
        return self.keys("Enter")

    def paste(self, text):
        """Paste a text as a terminal does that tells pastes from what is typed: its lines end as Enter does."""
        subprocess.run(self.tmux.base + ["load-buffer", "-b", self.name, "-"], input=text.encode(), check=True)
        self.tmux("paste-buffer", "-p", "-b", self.name, "-t", self.name)
        return self

    def resize(self, columns, rows):
        """The window gets another size."""
        self.tmux("resize-window", "-t", self.name, "-x", str(columns), "-y", str(rows))
        return self

    def text(self, *how):
        """The screen as lines."""
        return self.tmux("capture-pane", "-p", "-t", self.name, *how).stdout

    def looks(self):
        """The screen with its colours and attributes, as a terminal is told them."""
        return self.text("-e")

    def has(self, pattern):
        """Does the screen have that (a regular expression) now?"""
        return re.search(pattern, self.text(), re.MULTILINE) is not None

    def wait(self, pattern, seconds=WAIT_SECONDS):
        """Wait until the screen has that; what was found."""
        return self.wait_for(lambda text: re.search(pattern, text, re.MULTILINE), f"/{pattern}/", seconds)

    def gone(self, pattern, seconds=WAIT_SECONDS):
        """Wait until the screen has that no more."""
        return self.wait_for(lambda text: not re.search(pattern, text, re.MULTILINE), f"no /{pattern}/", seconds)

    def wait_for(self, is_so, what, seconds=WAIT_SECONDS):
        """Wait until the screen is so."""
        end = time.monotonic() + seconds
        while True:
            text = self.text()
            found = is_so(text)
            if found:
                return found
            if time.monotonic() > end:
                raise Missing(f"{what} did not come in {seconds} s; there stood:\n{text.rstrip()}")
            time.sleep(0.02)

    def pid(self):
        """Of the program."""
        return int(self.tmux("display-message", "-p", "-t", self.name, "#{pane_pid}").stdout.strip())

    def end(self):
        """Close the terminal."""
        self.tmux("kill-session", "-t", self.name)
