#!/usr/bin/env python3
"""The benchmarks do not flatter: an experiment that did not take place gives no figure, and a goal is met only when every
figure of the row is there and meets it. TAP."""
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "bench"))

import long_history  # noqa: E402
import measures  # noqa: E402
from programs import Failure  # noqa: E402
from report import Row, all_under, at_least, at_most, under  # noqa: E402

TREE = {"type": "tree", "delivered": 900, "owed": 900}
SPLIT = {"type": "split", "parts": 2, "components": 1}
CRASH = {"type": "crash", "components": 1}
FOUND = {"crashes": 30, "ours": {"median": 4.0, "p99": 5.0, "missed": 0}}

class Node:
    """A control socket of which `entries` are in the room, and `found` are shown of each look."""

    def __init__(self, entries, found):
        self.entries, self.found, self.spent_ms = entries, found, 1

    def ask(self, method, params):
        """A look, or the list of rooms."""
        shown = self.found if "words" in params else min(params.get("max", 0), self.entries)
        return {"rooms": [{"entries": self.entries}]} if method == "room.list" else {"messages": [{}] * shown}


number = 0
failed = 0


def ok(good, name, seen=""):
    """One case of TAP."""
    global number, failed
    number += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {number} - {name}" + ("" if good else f"\n# saw {seen}"))


def refuses(name, judge, line, word):
    """`judge` gives no figure for `line`, and says `word`."""
    try:
        seen = judge(line)
    except Failure as why:
        ok(word in str(why), name, why)
    else:
        ok(False, name, seen)


def row(*figures, failure=None, goal=None):
    """A row with wavu's figures, and one round that failed when `failure` says so."""
    made = Row("x", "s", 1, [goal] if goal else [])
    for figure in figures:
        made.add("wavu", figure)
    if failure:
        made.fail("wavu", failure)
    return made


def main():
    """All cases."""
    ok(measures.sound(dict(TREE))["percent"] == 100, "a tree that reaches all has figures")
    refuses("a tree that does not reach all has none", measures.sound, {**TREE, "delivered": 899}, "899 of 900")
    refuses("neither has a mesh whose broadcasts do not arrive", measures.sound, {**TREE, "type": "rate", "delivered": 0}, "0 of 900")
    ok(measures.sound(dict(SPLIT)) == SPLIT, "a partition that parts and heals has a figure")
    refuses("a partition that parts nobody has none", measures.sound, {**SPLIT, "parts": 1}, "parted nobody")
    refuses("halves that do not stay together have none", measures.sound, {**SPLIT, "components": 2}, "2 components")
    ok(measures.sound(dict(CRASH)) == CRASH, "survivors in one component have a figure")
    refuses("survivors in two have none", measures.sound, {**CRASH, "components": 2}, "2 components")
    looked = lambda node: long_history.looked(node, os.getpid(), 100)  # noqa: E731
    ok(looked(Node(100, 1))["worst"] > 0, "a long history that is there and searched has figures")
    refuses("one that is shorter has none", looked, Node(99, 1), "99 of 100")
    refuses("neither has one in which nothing is found", looked, Node(100, 0), "no search found anything")
    ok([long_history.word(rank) for rank in (0, 84, 32766)] == ["ne", "tene", "mogore"], "words are those of bench/words.h",
       [long_history.word(rank) for rank in (0, 84, 32766)])
    ok(measures.found_crashes(FOUND) == {"median": 4.0, "p99": 5.0}, "crashes that are all found have figures")
    refuses("one that nobody finds is no figure", measures.found_crashes,
            {**FOUND, "ours": {**FOUND["ours"], "missed": 1}}, "1 of 30")
    refuses("no crash is no figure", measures.found_crashes, {**FOUND, "crashes": 0}, "0 of 0")

    always = all_under(10, "always under 10")
    ok(row(9, 8, goal=always).verdicts() == ["always under 10: met"], "all under the limit: met")
    verdict = row(1, 1, 1, 11, goal=always).verdicts()
    ok(verdict == ["always under 10: NOT met"], "one above it: not met, whatever the median", verdict)
    verdict = row(1, 1, failure="died", goal=always).verdicts()
    ok(verdict == ["always under 10: NOT met"], "one that gave no figure: not met", verdict)
    ok(row(goal=always).verdicts() == ["always under 10: not measured"], "no figure: not measured")
    text = row(1, failure="died").texts(["wavu"])[1]
    ok(text == "1.0; failed: died", "a round that failed stands beside the others", text)
    ok(row(10, goal=under(10, "under")).verdicts() == ["under: NOT met"], "the limit itself is not under it")
    ok(row(10, goal=at_most(10, "at most")).verdicts() == ["at most: met"], "the limit itself is at most it")
    ok(row(10.00001, goal=at_most(10, "at most")).verdicts() == ["at most: NOT met"], "what rounds to the limit is more than it")
    ok(row(9.99999, goal=at_least(10, "all")).verdicts() == ["all: NOT met"], "what rounds to the goal does not meet it")
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
