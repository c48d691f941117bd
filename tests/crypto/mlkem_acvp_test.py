#!/usr/bin/env python3
"""NIST's ACVP vectors of ML-KEM-768 against wavu's, for each set of steps. TAP.

In:  bin/wavu_mlkem of $WAVU_BUILD (default: build/release), and the vectors: prompt.json and expectedResults.json in
     ML-KEM-keyGen-FIPS203 and ML-KEM-encapDecap-FIPS203, plain or packed by gzip, as NIST publishes them. They are
     looked for in $WAVU_ACVP_DIR, otherwise in the Go module that tests/interop/acvp/go.mod names, whose own tests ship
     them. Key checks are tried where the files have them, which came later than the rest.
Out: one case a kind and set; skipped with the reason where there is no Go or no module proxy.
"""
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MODULE = "github.com/cloudflare/circl"
KINDS = ("keyGen", "encapsulation", "decapsulation", "encapsulationKeyCheck", "decapsulationKeyCheck")


class Missing(Exception):
    """Why there are no vectors here."""


def vectors_folder():
    given = os.environ.get("WAVU_ACVP_DIR")
    if given:
        return Path(given)
    env = dict(os.environ, GOTOOLCHAIN="local", GOFLAGS="-mod=readonly")
    try:
        done = subprocess.run(["go", "mod", "download", "-json", MODULE], cwd=ROOT / "tests/interop/acvp", env=env,
                              capture_output=True, text=True, timeout=300, check=False)
    except FileNotFoundError as problem:
        raise Missing("go is not installed") from problem
    except subprocess.TimeoutExpired as problem:
        raise Missing("the module proxy does not answer") from problem
    if done.returncode != 0:
        raise Missing(f"{MODULE} cannot be had: {done.stderr.strip().splitlines()[-1:] or 'no reason given'}")
    return Path(json.loads(done.stdout)["Dir"]) / "kem/mlkem/testdata"


def read(folder, mode, name):
    path = folder / f"ML-KEM-{mode}-FIPS203" / f"{name}.json"
    if path.exists():
        return json.loads(path.read_text())
    with gzip.open(f"{path}.gz", "rt") as packed:
        return json.load(packed)


def cases(folder, mode):
    """(kind, what is asked, what NIST answers) of each test of ML-KEM-768, with what its group gives it."""
    answers = {group["tgId"]: {test["tcId"]: test for test in group["tests"]}
               for group in read(folder, mode, "expectedResults")["testGroups"]}
    for group in read(folder, mode, "prompt")["testGroups"]:
        if group["parameterSet"] != "ML-KEM-768":
            continue
        shared = {key: value for key, value in group.items() if key != "tests"}
        for test in group["tests"]:
            yield group.get("function", mode), {**shared, **test}, answers[group["tgId"]][test["tcId"]]


def request(kind, asked, answer):
    """A line for wavu's side, and whether its answer is right, as a function."""
    if kind == "keyGen":
        return f"make {asked['d']}{asked['z']}", lambda got: got == f"{answer['ek']} {answer['dk']}".lower()
    if kind == "encapsulation":
        return f"encapsulate {asked['ek']} {asked['m']}", lambda got: got == f"{answer['c']} {answer['k']}".lower()
    if kind == "decapsulation":
        return f"decapsulate {asked['dk']} {asked['c']}", lambda got: got == answer["k"].lower()
    if kind == "encapsulationKeyCheck":
        return f"encapsulate {asked['ek']} {'00' * 32}", lambda got: (got != "refused") == answer["testPassed"]
    return f"check {asked['dk']}", lambda got: (got == "good") == answer["testPassed"]


def main():
    program = Path(os.environ.get("WAVU_BUILD", ROOT / "build/release")) / "bin/wavu_mlkem"
    try:
        folder = vectors_folder()
    except Missing as reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    wanted = {kind: [] for kind in KINDS}
    for mode in ("keyGen", "encapDecap"):
        for kind, asked, answer in cases(folder, mode):
            wanted[kind].append(request(kind, asked, answer))
    number, failed = 0, 0
    for kind in KINDS:
        for steps in ("house", "portable", "avx2"):
            if not wanted[kind]:
                continue
            number += 1
            lines = "".join(line + "\n" for line, _ in wanted[kind])
            done = subprocess.run([str(program), steps], input=lines, capture_output=True, text=True, timeout=120, check=False)
            if done.returncode == 77:
                print(f"ok {number} - {kind}, {steps} # SKIP {done.stdout.strip()}")
                continue
            got = done.stdout.splitlines()
            right = len(got) == len(wanted[kind]) and all(is_right(line) for (_, is_right), line in zip(wanted[kind], got))
            failed += not right
            print(f"{'ok' if right else 'not ok'} {number} - {len(wanted[kind])} vectors of {kind}, {steps}")
    for kind in KINDS[:3]:
        if not wanted[kind]:
            number, failed = number + 1, failed + 1
            print(f"not ok {number} - the files have no vector of {kind}")
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
