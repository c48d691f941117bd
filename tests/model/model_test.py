#!/usr/bin/env python3
"""The models of this folder, walked through by spin: what must hold holds in every state, and what must fail fails. TAP.

  model_test.py [--long] [WORD ...]      the models whose names have one of the words; --long: also lines that say so

In: *.pml; a line of a model's head comment is one case:
  holds: NAME [-DMACRO ...]          no state violates an assertion or stands still where it should not
  fails: NAME [-DMACRO ...]          some state does: a protection is taken away, or a state must be reachable
  holds(long): ... fails(long): ...  likewise, too slow for every day
Out: TAP on stdout. Exit 0 when all cases came out as they say; all are skipped where spin or gcc is missing."""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CASE = re.compile(r"^\s*\*\s*(holds|fails)(\(long\))?:\s*(.*?)((?:\s+-D\w+(?:=\w+)?)*)\s*$", re.M)
DEPTH = 1_000_000
MEMORY_MIB = 2048
SECONDS = {False: 240, True: 3600}


class Broken(Exception):
    """The checker did not come to an end."""


def call(command, where, seconds):
    """Run one step; its output."""
    try:
        done = subprocess.run(command, cwd=where, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise Broken(f"{command[0]} took more than {seconds} s") from None
    if done.returncode != 0:
        raise Broken(f"{command[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[-300:]}")
    return done.stdout


def check(model, macros, seconds):
    """(errors, states) of all runs of the model; the search was complete when there are no errors."""
    with tempfile.TemporaryDirectory() as work:
        call(["spin", "-a", *macros, str(model)], work, seconds)
        call(["gcc", "-O1", "-w", "-DSAFETY", f"-DMEMLIM={MEMORY_MIB}", "-o", "pan", "pan.c"], work, seconds)
        said = call(["./pan", f"-m{DEPTH}"], work, seconds)
    errors = re.search(r"errors: (\d+)", said)
    other = re.search(r"^pan:\d+: (?!assertion violated|invalid end state)(.*)", said, re.M)
    if other:
        raise Broken(other[1])  # a slip of the model's, such as an index beyond its array
    states = re.search(r"(\d+) states, stored", said)
    if not errors or not states:
        raise Broken(said[-300:])
    for word in ("max search depth too small", "out of memory", "Search not completed"):
        if word in said and int(errors[1]) == 0:
            raise Broken(f"the search was not complete: {word}")
    return int(errors[1]), int(states[1])


def cases(words, is_long):
    """(model, wanted, name, macros, long) of every case asked for."""
    for model in sorted(HERE.glob("*.pml")):
        if words and not any(word in model.stem for word in words):
            continue
        found = CASE.findall(model.read_text())
        if not found:
            yield model, "holds", "says what holds", None, False
        for wanted, long, name, macros in found:
            if is_long or not long:
                yield model, wanted, name, macros.split(), bool(long)


def judge(model, wanted, macros, long):
    """(did it come out, what was seen)."""
    if macros is None:
        return False, "no case in its head comment"
    try:
        errors, states = check(model, macros, SECONDS[long])
    except Broken as why:
        return False, str(why)
    return (errors == 0) == (wanted == "holds"), f"{states} states, {errors} errors"


def main():
    """Run the cases."""
    words = [word for word in sys.argv[1:] if word != "--long"]
    failed = 0
    number = 0
    missing = [tool for tool in ("spin", "gcc") if not shutil.which(tool)]
    for number, (model, wanted, name, macros, long) in enumerate(cases(words, "--long" in sys.argv[1:]), 1):
        title = f"{model.stem}: {wanted}: {name}"
        if missing:
            print(f"ok {number} - {title} # SKIP {missing[0]} is not installed")
            continue
        good, seen = judge(model, wanted, macros, long)
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {title}\n# {seen}", flush=True)
    print(f"1..{number}")
    return 1 if failed or number == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
