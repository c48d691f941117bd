#!/usr/bin/env python3
"""What a node gives Prometheus, held to the text format's rules and to the pages that speak of it.

In:  a command and files: `lawful TEXT`; `listed TEXT PAGE SOURCE` (docs/metrics.md has the same metrics as the text, but for those
     of discovery on the LAN, which are then in SOURCE; `--write` writes its table); `board TEXT JSON` (each query of a Grafana board
     names metrics of the text); `silent TEXT WORDS` (no line of WORDS stands in it).
Out: what is wrong, a line each; exit code 1 if anything is.
"""
import json
import re
import sys
from pathlib import Path

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)\Z")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|\Z)')
VALUE = re.compile(r"(?:[+-]?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Inf)|NaN)\Z")
UNITS = ("ms", "milliseconds", "microseconds", "minutes", "hours", "kib", "kilobytes", "megabytes", "percent", "bits")
LABELS_KNOWN = {"wavu_build_info": {"version"}}
LAN_ONLY = ("wavu_beacon_", "wavu_mdns_")


class Family:
    """One metric: its kind, help and samples."""

    def __init__(self, name):
        self.name = name
        self.kind = None
        self.help = None
        self.samples = []


def read_sample(line, wrong):
    found = SAMPLE.match(line)
    if not found or not VALUE.match(found["value"]):
        wrong.append(f"no sample: {line!r}")
        return None, {}
    labels = {}
    text = found["labels"] or ""
    at = 0
    while at < len(text):
        label = LABEL.match(text, at)
        if not label or label[1] in labels:
            wrong.append(f"bad labels: {line!r}")
            break
        labels[label[1]] = label[2]
        at = label.end()
    return found["name"], labels


def parse(text, wrong):
    """Families by name, in order: each HELP, TYPE, then all its samples together."""
    families = {}
    now = None
    if not text.endswith("\n") or "\r" in text or "\n\n" in text:
        wrong.append("lines end with one newline each, the last one, too")
    for line in text.splitlines():
        if line.startswith("#"):
            words = line.split(" ", 3)
            if len(words) != 4 or words[1] not in ("HELP", "TYPE") or not NAME.match(words[2]):
                wrong.append(f"no HELP and no TYPE: {line!r}")
                continue
            if words[1] == "HELP":
                if words[2] in families:
                    wrong.append(f"{words[2]} stands twice")
                now = families[words[2]] = Family(words[2])
                now.help = words[3]
            elif now is None or now.name != words[2] or now.kind is not None or now.samples:
                wrong.append(f"TYPE apart from its HELP: {line!r}")
            else:
                now.kind = words[3]
            continue
        name, labels = read_sample(line, wrong)
        if name is None:
            continue
        if now is None or now.name != name:
            wrong.append(f"a sample apart from its HELP: {line!r}")
        elif labels in now.samples:
            wrong.append(f"a sample twice: {line!r}")
        else:
            now.samples.append(labels)
    return families


def lawful(families, wrong):
    """Prometheus' rules for names, units and kinds; and ours: no labels but the known."""
    for name, family in families.items():
        words = name.split("_")
        if family.kind not in ("counter", "gauge"):
            wrong.append(f"{name} is a {family.kind}")
        if (family.kind == "counter") != name.endswith("_total"):
            wrong.append(f"{name}: only counters end with _total, and all of them do")
        if name.endswith("_info") and family.kind != "gauge":
            wrong.append(f"{name}: an info is a gauge")
        if words[0] not in ("wavu", "process") or name != name.lower():
            wrong.append(f"{name} does not begin with wavu_")
        wrong += [f"{name} has a unit that is no base unit" for unit in UNITS if unit in words]
        units = [i for i, word in enumerate(words) if word in ("seconds", "bytes")]
        if any(i < len(words) - (2 if words[-1] == "total" else 1) for i in units) and "per" not in words:
            wrong.append(f"{name}: the unit stands last")
        if not family.samples:
            wrong.append(f"{name} has no sample")
        if not family.help or not family.help.endswith("."):
            wrong.append(f"{name} has no sentence of help")
        for labels in family.samples:
            if set(labels) != LABELS_KNOWN.get(name, set()):
                wrong.append(f"{name} has labels {sorted(labels)}")


def row(family):
    return f"| `{family.name}` | {family.kind} | {family.help} |"


def listed(families, page, source, wrong):
    """The page's table says what the node does, word by word."""
    rows = {m[1]: line for line in page.splitlines() if (m := re.match(r"\| `([a-z_]+)` \|", line))}
    for name, family in families.items():
        if rows.get(name) != row(family):
            wrong.append(f"the page lacks the line {row(family)}")
    for name in rows.keys() - families.keys():
        if not name.startswith(LAN_ONLY) or f'"{name.removeprefix("wavu_")}"' not in source:
            wrong.append(f"the page has {name}, the node does not")


def write(families, page):
    """The page with its table made anew, by name."""
    head, _, rest = page.partition("| metric | kind | what |\n|---|---|---|\n")
    tail = "\n".join(line for line in rest.splitlines() if not line.startswith("| `"))
    table = "\n".join(row(families[name]) for name in sorted(families))
    return f"{head}| metric | kind | what |\n|---|---|---|\n{table}\n{tail}".rstrip() + "\n"


def queries(board):
    """All expressions of a board, however deep its panels lie."""
    if isinstance(board, dict):
        for key, value in board.items():
            if key in ("expr", "query") and isinstance(value, str):
                yield value
            else:
                yield from queries(value)
    elif isinstance(board, list):
        for value in board:
            yield from queries(value)


def board_of(families, board, wrong):
    found = [name for query in queries(board) for name in re.findall(r"\b(?:wavu|process)_\w+", query)]
    wrong += [f"the board asks for {name}, which no node has" for name in set(found) - families.keys()
              if not name.startswith(LAN_ONLY)]
    if len(set(found)) < 10:
        wrong.append("the board asks for hardly anything")


def main():
    """Check, tell."""
    command, text, *rest = [word for word in sys.argv[1:] if word != "--write"]
    wrong = []
    text = Path(text).read_text(encoding="utf-8")
    families = parse(text, wrong)
    if command == "lawful":
        lawful(families, wrong)
    elif command == "listed":
        page = Path(rest[0])
        if "--write" in sys.argv:
            page.write_text(write(families, page.read_text(encoding="utf-8")), encoding="utf-8")
        listed(families, page.read_text(encoding="utf-8"), Path(rest[1]).read_text(encoding="utf-8"), wrong)
    elif command == "board":
        board_of(families, json.loads(Path(rest[0]).read_text(encoding="utf-8")), wrong)
    elif command == "silent":
        words = [word for word in Path(rest[0]).read_text(encoding="utf-8").splitlines() if len(word) > 3]
        wrong += [f"{word} stands there" for word in words if word.lower() in text.lower()]
        if not words:
            wrong.append("no words to look for")
    else:
        wrong.append(f"no command {command}")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
