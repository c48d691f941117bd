#!/usr/bin/env python3
"""Look into a running node from outside: its counters, its memory, its processor time.

In:  metrics HOME          -> one "name value" a line, from the node's control socket
     memory PID            -> RssAnon in KiB
     watch PID SECONDS     -> the highest RssAnon in KiB seen meanwhile, looked at every 20 ms
Others import it: metrics(home), memory_kib(pid), cpu_seconds(pid).
"""
import json
import os
import re
import socket
import sys
import time


def metrics(home):
    """The node's counters as a dictionary."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        s.connect(os.path.join(home, "control.sock"))
        s.sendall(b'{"jsonrpc":"2.0","method":"node.metrics","id":1}\n')
        answer = b""
        while not answer.endswith(b"\n"):
            piece = s.recv(65536)
            if not piece:
                raise OSError("the node closed its control socket")
            answer += piece
    return json.loads(answer)["result"]["counters"]


def memory_kib(pid):
    """What the process itself holds (RssAnon)."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"RssAnon:\s*(\d+)", status.read()).group(1))


def cpu_seconds(pid):
    """User and system time so far. schedstat counts nanoseconds, where stat counts ticks of 10 ms."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as stat:
        return int(stat.read().split()[0]) / 1e9


def main():
    """See the head."""
    what, of = sys.argv[1], sys.argv[2]
    if what == "metrics":
        for name, value in sorted(metrics(of).items()):
            print(name, value)
    elif what == "memory":
        print(memory_kib(of))
    elif what == "watch":
        end = time.monotonic() + float(sys.argv[3])
        highest = 0
        while time.monotonic() < end:
            highest = max(highest, memory_kib(of))
            time.sleep(0.02)
        print(highest)


if __name__ == "__main__":
    main()
