"""The programs that are measured: how each implementation listens and what it does to a listener.

All of them print JSON lines. wavu is driven through its own program and the bench programs beside it; js-libp2p,
go-libp2p and rust-libp2p through the peers of tests/interop, each against a listener of its own kind.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import machine

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests/attack"))
import probe  # noqa: E402
ADDRESS = re.compile(r"/ip[46]/[^\" ]*/p2p/[A-Za-z0-9]+")
RUN_SECONDS_MAX = 60  # no single measurement may take longer


class Failure(Exception):
    """A measurement that gave no figure; the text says why."""


def _pinned(cpus):
    return lambda: os.sched_setaffinity(0, cpus)


class Listener:
    """A running listener. `address` is its full multiaddr, `pid` what /proc knows it by, `home` where its state is."""

    def __init__(self, command, cpus, home):
        self.home = home
        # pylint: disable=consider-using-with
        self.said = tempfile.TemporaryFile()  # a file, not a pipe: a full pipe would hold the listener up
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.said, stderr=self.said, preexec_fn=_pinned(cpus))
        self.pid = self.process.pid
        try:
            self.address = self._await_address()
        except Failure:
            self.close()
            raise

    def _await_address(self):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            text = os.pread(self.said.fileno(), 65536, 0).decode()
            found = ADDRESS.search(text)
            if found and "\n" in text[found.end():]:
                return found.group(0)
            if self.process.poll() is not None:
                words = text.strip().splitlines()
                raise Failure(f"the listener ended: {words[-1] if words else 'it said nothing'}")
            time.sleep(0.02)
        raise Failure("the listener did not start")

    def memory(self):
        """(RssAnon, VmRSS) in KiB."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            text = status.read()
        return tuple(int(re.search(rf"{key}:\s*(\d+)", text).group(1)) for key in ("RssAnon", "VmRSS"))

    def cpu_seconds(self):
        """User and system time that the process has used so far."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def opened(self):
        """How many connections it has opened, handshake and all; None where the program does not tell."""
        if not os.path.exists(f"{self.home}/control.sock"):
            return None
        return probe.metrics(self.home)["conns_opened_total"]

    def close(self):
        """End the process and reap it."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.said.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def run(command, cpus, seconds=RUN_SECONDS_MAX):
    """Run to the end; return its JSON lines, and the CPU seconds that it used."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        # pylint: disable=consider-using-with
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, preexec_fn=_pinned(cpus))
        end = time.monotonic() + seconds
        pid, status, usage = 0, 0, None
        while pid == 0:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid == 0 and time.monotonic() > end:
                process.kill()
                end = float("inf")
            if pid == 0:
                time.sleep(0.005)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        lines = [json.loads(line) for line in out.read().decode().splitlines() if line.startswith("{")]
        if process.returncode != 0:
            words = [line["message"] for line in lines if line.get("event") == "error"]
            words += err.read().decode(errors="replace").strip().splitlines()[-1:]
            raise Failure(words[0] if words else f"exit code {process.returncode}")
    return lines, usage.ru_utime + usage.ru_stime


class Implementation:
    """One column of the table."""

    def __init__(self, name, version, commands):
        self.name = name
        self.version = version
        self.commands = commands
        self.homes = []

    def listen(self, cpus, bare=False):
        """Start a listener. `bare`: without identify, for handshakes alone."""
        home = tempfile.mkdtemp(prefix="wavu-bench-")
        self.homes.append(home)
        return Listener(self.commands["listen"](home, bare), cpus, home)

    def command(self, role, address, *options):
        """The command line that does `role` to the listener at `address`."""
        return self.commands[role](address, [str(option) for option in options])

    def clear(self):
        """Remove what the listeners left on disk."""
        for home in self.homes:
            shutil.rmtree(home, ignore_errors=True)
        self.homes = []


def wavu(binary, bench):
    """wavu's own program, and the bench programs in the folder `bench`."""
    listen = ["up", "--discovery-port", "0", "--listen", "/ip4/127.0.0.1/tcp/0", "--home"]
    version = subprocess.run([binary, "version"], capture_output=True, text=True, check=False).stdout.split()
    return Implementation("wavu", version[-1] if version else "", {
        "listen": lambda home, _: [binary, *listen, home],
        "perf": lambda address, options: [binary, "perf", address, *options],
        "ping": lambda address, options: [str(bench / "bench_ping"), address, *options],
        # The peers that it is compared with speak no other security.
        "handshakes": lambda address, options: [str(bench / "bench_handshake"), address, "--security", "noise", *options],
        "hybrid": lambda address, options: [str(bench / "bench_handshake"), address, "--security", "hybrid", *options],
        "idle": lambda address, options: [str(bench / "bench_idle"), address, *options],
    })


def rival(name, binary, version):
    """One of the peers of tests/interop."""
    def role(word, *more):
        return lambda address, options: [binary, word, address, *options, *more]

    return Implementation(name, version, {
        "listen": lambda _, bare: [binary, "listen", *(["--bare"] if bare else [])],
        "perf": role("perf"),
        "ping": role("ping"),
        "handshakes": role("handshakes", "--bare"),
        "idle": role("idle", "--bare"),
    })


def _rival_versions():
    js = json.loads((ROOT / "tests/interop/js/package.json").read_text())["dependencies"]["libp2p"]
    go = re.search(r"go-libp2p v(\S+)", (ROOT / "tests/interop/go/go.mod").read_text()).group(1)
    rust = re.search(r'libp2p = \{ version = "=([^"]+)', (ROOT / "tests/interop/rust/Cargo.toml").read_text()).group(1)
    return {"js": js, "go": go, "rust": rust}


def rivals(build_all):
    """The rivals that this machine has, and a sentence for each that it lacks."""
    found, missing = [], []
    cache = Path(os.environ.get("INTEROP_DIR", ROOT / "build/interop")) / "bin"
    for name, version in _rival_versions().items():
        built = cache / f"{name}_peer"
        if name == "js" or build_all:
            made = subprocess.run([ROOT / "tests/interop/peers.sh", name], capture_output=True, text=True, check=False)
            if made.returncode != 0:
                missing.append(f"{name}-libp2p: {made.stderr.strip().splitlines()[-1]}")
                continue
            built = made.stdout.strip()
        elif not built.exists():
            missing.append(f"{name}-libp2p: not built here (make interop builds it)")
            continue
        found.append(rival(f"{name}-libp2p", str(built), version))
    return found, missing


def find_wavu():
    """(the program, the folder of the bench programs); None where there is no program yet."""
    named = os.environ.get("WAVU_BIN")
    binary = Path(named) if named else ROOT / "build/release/bin/wavu"
    bench = Path(os.environ.get("WAVU_BENCH_DIR", binary.resolve().parent.parent / "bench"))
    return (str(binary) if os.access(binary, os.X_OK) else None), bench


TWO_CORES = set(machine.cores())
ONE_CORE = {machine.cores()[0]}
ALL_CORES = os.sched_getaffinity(0)
