"""docs/FLOW.md against a real walk: every function of its numbered lists is called, in that order.

usage: flow.py FLOW.md TRACE_PROGRAM   (tests/house/flow_trace.c, built with -finstrument-functions)
"""
import re
import subprocess
import sys


def listed(path, title):
    text = open(path, encoding="utf-8").read()
    section = text.split("\n## " + title + "\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\d+\. `([a-z0-9_]+)`", section, re.M)


def recorded(program):
    symbols = {}
    for line in subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout.splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[1] in "tT":
            symbols[int(parts[0], 16)] = parts[2]
    main = next(address for address, name in symbols.items() if name == "main")
    lines = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split("\n")
    base = int(lines[0].split()[1], 16) - main
    return [symbols.get(int(line.split()[1], 16) - base, "?") for line in lines[1:] if line]


def missing(wanted, calls):
    """The first function of `wanted` that is not called behind the ones before it, or None; and where it ended."""
    at = 0
    for name in wanted:
        while at < len(calls) and calls[at] != name:
            at += 1
        if at == len(calls):
            return name
        at += 1
    return None


def main():
    calls = recorded(sys.argv[2])
    failed = 0
    for title in ("Out", "In", "A broadcast out", "A broadcast in"):
        wanted = listed(sys.argv[1], title)
        lost = missing(wanted, calls) if len(wanted) >= 10 else "(the list itself)"
        failed += lost is not None
        name = f"flow: docs/FLOW.md, {title}: {len(wanted)} hops as they really happen"
        print(("ok - " + name) if lost is None else f"not ok - {name}: {lost} is not called there")
    planted = listed(sys.argv[1], "Out")[::-1]
    backwards = missing(planted, calls) is not None
    print(("ok" if backwards else "not ok") + " - flow: the reversed list is refused")
    return 1 if failed or not backwards else 0


if __name__ == "__main__":
    sys.exit(main())
