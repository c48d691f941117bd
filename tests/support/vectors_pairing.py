#!/usr/bin/env python3
"""Vectors of a pairing's binding and keys, from docs/protocol/pairing.md alone. Prints the text of tests/vectors/pairing.txt."""
import hashlib

from vectors_cpace import lv_cat, run, scalar, stream
from vectors_lib import kdf


def named(label, body):
    """id(label, body) of crypto.md."""
    return hashlib.sha256(bytes([len(label)]) + label + body).digest()


def main():
    print("# Pairing: what both sides compute of what they have. Made by tests/support/vectors_pairing.py.")
    for i, (words, number) in enumerate(((b"apple-river-stone", 7), (b"safari-twiga-asali", 999))):
        joiner, inviter, session, opening, network = (stream(f"{name} {i}") for name in ("joiner", "inviter", "session", "opening", "network"))
        commitment = named(b"wavu pairing network 1", opening + network)
        channel = lv_cat(b"wavu pairing channel 1", number.to_bytes(2, "big"), joiner, inviter)
        ya, yb = scalar(f"pairing a {i}"), scalar(f"pairing b {i}")
        r = run(words, channel, session, ya, yb, b"joiner", b"inviter" + commitment)
        transcript = named(b"wavu pairing transcript 1",
                           lv_cat(session, channel, r["share_a"], b"joiner", r["share_b"], b"inviter" + commitment))
        keys = kdf(r["isk"], b"wavu pairing keys 1", transcript, 64)
        print(f"\nwords = {words.decode()}\nnumber = {number}")
        for name, value in (("joiner", joiner), ("inviter", inviter), ("session", session), ("opening", opening), ("network", network),
                            ("ya", ya), ("yb", yb), ("commitment", commitment), ("share_a", r["share_a"]), ("share_b", r["share_b"]),
                            ("tag_a", r["tag_a"]), ("tag_b", r["tag_b"]), ("transcript", transcript), ("key_a", keys[:32]), ("key_b", keys[32:])):
            print(f"{name} = {value.hex()}")


if __name__ == "__main__":
    main()
