#!/usr/bin/env python3
"""Vectors of a channel's new keys, from docs/protocol/hybrid.md alone. Prints the text of tests/vectors/noise_rekey.txt."""
import hashlib

from vectors_lib import chacha20_poly1305, kdf, x25519, x25519_public


def stream(name):
    return hashlib.sha256(f"noise rekey {name}".encode()).digest()


def frame(key, counter, head, plain):
    """Two bytes of head, the sealed body and its tag; a head that says a kind is bound, a length (Noise) is not."""
    is_kind = int.from_bytes(head, "big") < 16
    return head + chacha20_poly1305(key, bytes(4) + counter.to_bytes(8, "little"), plain, head if is_kind else b"")


def main():
    print("# New keys inside a channel of the hybrid handshake. Made by tests/support/vectors_rekey.py. Keys and counters of the")
    print("# dialler's and the listener's direction, the secrets of a and b, the three frames as they are on the wire, the new keys,")
    print("# and each side's first frame under its own, with the text \"after\".")
    for i, (dialler_count, listener_count) in enumerate(((0, 0), (3, 2**33 + 7))):
        dialler, listener, a, b = (stream(f"{name} {i}") for name in ("dialler", "listener", "a", "b"))
        a_public, b_public = x25519_public(a), x25519_public(b)
        shared = x25519(a, b_public)
        keys = kdf(dialler + listener, b"wavu noise rekey 1", shared + a_public + b_public, 96)
        offer = frame(dialler, dialler_count, bytes([0, 1]), a_public)
        answer = frame(listener, listener_count, bytes([0, 2]), b_public)
        switch = frame(dialler, dialler_count + 1, bytes([0, 3]), keys[64:])
        length = (5 + 16).to_bytes(2, "big")
        print(f"\ndialler_count = {dialler_count.to_bytes(8, 'big').hex()}\nlistener_count = {listener_count.to_bytes(8, 'big').hex()}")
        for name, value in (("dialler", dialler), ("listener", listener), ("a", a), ("b", b), ("offer", offer), ("answer", answer),
                            ("switch", switch), ("new_dialler", keys[:32]), ("new_listener", keys[32:64]),
                            ("dialler_after", frame(keys[:32], 0, length, b"after")),
                            ("listener_after", frame(keys[32:64], 0, length, b"after"))):
            print(f"{name} = {value.hex()}")


if __name__ == "__main__":
    main()
