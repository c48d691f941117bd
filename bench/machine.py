"""What the figures were measured on, in words that name no host and no path."""

import os
import platform
import re
import resource
import subprocess


def cores():
    """The two cores that both ends of every measurement share (one, where there is only one)."""
    return sorted(os.sched_getaffinity(0))[:2]


def raise_open_files():
    """Let the programs that are started hold as many sockets as the system allows; return that number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def _cpu():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        found = re.search(r"^(?:model name|Model|Hardware)\s*:\s*(.+)$", info.read(), re.M)
    return " ".join(found.group(1).split()) if found else platform.machine()


def _first_line(command):
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return None
    lines = (run.stdout or run.stderr).splitlines()
    return lines[0].strip() if run.returncode == 0 and lines else None


def _system():
    name = "Linux"
    try:
        with open("/etc/os-release", encoding="utf-8") as release:
            found = re.search(r'^PRETTY_NAME="?([^"\n]+)', release.read(), re.M)
            name = found.group(1) if found else name
    except OSError:
        pass
    return f"{name}, kernel {platform.release()}"


def versions():
    """The libraries and compilers that decide the figures, one text each."""
    found = []
    for name, command in (
        ("OpenSSL", ["pkg-config", "--modversion", "openssl"]),
        ("libsodium", ["pkg-config", "--modversion", "libsodium"]),
        ("libuv", ["pkg-config", "--modversion", "libuv"]),
        ("gcc", ["gcc", "-dumpfullversion"]),
    ):
        version = _first_line(command)
        if version:
            found.append(f"{name} {version}")
    return found


def describe():
    """Lines of the machine's description."""
    with open("/proc/meminfo", encoding="ascii") as info:
        total = int(re.search(r"MemTotal:\s*(\d+)", info.read()).group(1)) / 2**20
    used = len(cores())
    return [
        f"{_cpu()}, {os.cpu_count()} cores of which {used} were used, {total:.0f} GiB of memory",
        _system(),
        ", ".join(versions()),
    ]


def load():
    """What else the machine was doing before the bench began: figures from a busy machine are no good."""
    with open("/proc/loadavg", encoding="ascii") as average:
        busy = float(average.read().split()[0])
    state = "idle" if busy < 0.3 else "BUSY, so that the figures are too low"
    return f"load before the start {busy:.2f} ({state})"
