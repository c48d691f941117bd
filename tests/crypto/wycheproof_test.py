#!/usr/bin/env python3
"""Project Wycheproof's vectors against wavu's primitives. TAP.

In:  tools/crypto_wycheproof_tool of $WAVU_BUILD (default: build/release), and the vectors (testvectors_v1): in $WAVU_WYCHEPROOF_DIR,
     otherwise in the crate that tests/interop/wycheproof/Cargo.lock names, which ships them.
Out: one case a file; skipped with the reason where there is no cargo or no crate to be had. A case that Wycheproof leaves open
     ("acceptable") must go the way that stands here, by its flags; how many there were of each is said behind the case.
"""
import collections
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ZERO = "00" * 32

# X25519, all flags that "acceptable" vectors have. A shared secret of zero is refused (RFC 7748 6.1); every other public key is taken,
# as RFC 7748 5 wants it: not canonical ones are reduced, points of the twist are multiplied.
X25519_TAKEN = {"Twist", "NonCanonicalPublic", "EdgeCaseShared", "Ktv", "Normal", "EdgeCaseMultiplication", "SpecialPublicKey"}


class Missing(Exception):
    """Why there are no vectors here."""


def vectors_folder():
    given = os.environ.get("WAVU_WYCHEPROOF_DIR")
    if given:
        return Path(given)
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    try:
        done = subprocess.run(command, cwd=ROOT / "tests/interop/wycheproof", capture_output=True, text=True, timeout=300, check=False)
    except FileNotFoundError as problem:
        raise Missing("cargo is not installed") from problem
    except subprocess.TimeoutExpired as problem:
        raise Missing("the crate registry does not answer") from problem
    if done.returncode != 0:
        raise Missing(f"the crate cannot be had: {' '.join(done.stderr.strip().splitlines()[-1:])}")
    package = next(p for p in json.loads(done.stdout)["packages"] if p["name"] == "wycheproof")
    return Path(package["manifest_path"]).parent / "src/data"


def word(text):
    return text if text else "-"


def x25519(_, test):
    line = f"x25519 {word(test['private'])} {word(test['public'])}"
    if test["shared"] == ZERO or test["result"] == "invalid":
        return [(line, "refused")]
    if test["result"] == "acceptable" and not set(test["flags"]) <= X25519_TAKEN:
        raise ValueError(f"x25519 {test['tcId']}: {test['flags']} are not decided here")
    return [(line, test["shared"])]


def ed25519(group, test):
    line = f"ed25519 {group['publicKey']['pk']} {word(test['msg'])} {word(test['sig'])}"
    return [(line, "good" if test["result"] == "valid" else "refused")]


def aead(kind):
    def ask(group, test):
        if group["keySize"] != 256 or group["ivSize"] != 96 or group["tagSize"] != 128:
            return []
        head = f"{kind} {test['key']} {test['iv']} {word(test['aad'])}"
        opened = (f"open {head} {word(test['ct'])} {test['tag']}", f"plain {test['msg']}".strip() if test["result"] == "valid" else "refused")
        sealed = (f"seal {head} {word(test['msg'])}", test["ct"] + test["tag"])
        return [opened, sealed] if test["result"] == "valid" else [opened]
    return ask


def hkdf(_, test):
    line = f"hkdf {word(test['ikm'])} {word(test['salt'])} {word(test['info'])} {test['size']:04x}"
    return [(line, test["okm"] if test["result"] == "valid" else "refused")]


# File, least number of vectors that it must give, and how one is asked.
FILES = (("x25519_test", 500, x25519), ("ed25519_test", 140, ed25519), ("aes_gcm_test", 60, aead("gcm")),
         ("chacha20_poly1305_test", 250, aead("chacha")), ("hkdf_sha256_test", 80, hkdf))


def run_file(program, path, least, ask):
    """(whether all is right, what to say of it, what was wrong)."""
    questions, kinds, count = [], collections.Counter(), 0
    for group in json.loads(path.read_text())["testGroups"]:
        for test in group["tests"]:
            asked = ask(group, test)
            questions += [(line, expected, test) for line, expected in asked]
            count += bool(asked)
            kinds[test["result"]] += bool(asked)
    done = subprocess.run([str(program)], input="".join(f"{line}\n" for line, _, _ in questions), capture_output=True, text=True,
                          timeout=120, check=False)
    got = done.stdout.splitlines()
    wrong = [f"{test['tcId']} {test['result']} {test['flags']} {test['comment']}: {answer[:40]} instead of {expected[:40]}"
             for (_, expected, test), answer in zip(questions, got) if answer.strip() != expected]
    text = ", ".join(f"{number} {result}" for result, number in sorted(kinds.items()) if number)
    return done.returncode == 0 and len(got) == len(questions) and not wrong and count >= least, f"{count} vectors: {text}", wrong


def main():
    program = Path(os.environ.get("WAVU_BUILD", ROOT / "build/release")) / "tools/crypto_wycheproof_tool"
    try:
        folder = vectors_folder()
    except Missing as reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    failed = 0
    print(f"1..{len(FILES)}")
    for number, (name, least, ask) in enumerate(FILES, 1):
        right, text, wrong = run_file(program, folder / f"{name}.json", least, ask)
        failed += not right
        for line in wrong[:20]:
            print(f"# {line}")
        print(f"{'ok' if right else 'not ok'} {number} - {name}, {text}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
