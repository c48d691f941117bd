#!/usr/bin/env python3
"""Vectors of boxes, from docs/protocol/kad.md, kad.proto and crypto.md alone. Prints the text of tests/vectors/kad_box.txt."""
import hashlib

from vectors_lib import chacha20_poly1305, ed25519, field, kdf, sign

DAY_MS = 86400000


def stream(text, length):
    return hashlib.shake_256(b"wavu kad vectors: " + text.encode()).digest(length)


def main():
    print("# Boxes, ChaCha20-Poly1305. Made by tests/support/vectors_kad.py. device: its Ed25519 seed.")
    for i, (kind, day, content) in enumerate(((1, 20780, b""), (2, 0, b"Habari ya asubuhi"), (1, 4294967295, stream("content", 1700)))):
        discovery, device = stream(f"discovery {i}", 32), stream(f"device {i}", 32)
        sequence, end = day * DAY_MS + 1 + i, day * DAY_MS + 100000 * (i + 1)
        keys = kdf(discovery, b"wavu kad keys 1", ed25519(device, b"")[0] + bytes([kind]) + day.to_bytes(4, "big"), 64)
        seed, secret = keys[:32], keys[32:]
        box_key = ed25519(seed, b"")[0]
        times = sequence.to_bytes(8, "big") + end.to_bytes(8, "big")
        plain = len(content).to_bytes(2, "big") + content + sign(device, b"wavu kad content 1", box_key + times + content)[1]
        plain += bytes(-len(plain) % 256)
        salt = kdf(secret, b"wavu kad salt 1", plain, 16)
        key = kdf(secret, b"wavu kad seal 1", salt + times + b"\1", 32)
        sealed = chacha20_poly1305(key, bytes(12), plain, b"\1")
        body = field(1, 1) + field(2, sequence) + field(3, end) + field(4, 1) + field(5, salt) + field(6, sealed)
        value = field(1, body) + field(2, sign(seed, b"wavu kad box 1", body)[1])
        print(f"\nkind = {kind}\nday = {day}\nsequence = {sequence}\nend = {end}")
        for name, item in (("discovery", discovery), ("device", device), ("key", b"/wavu-box/" + box_key), ("content", content),
                           ("value", value)):
            print(f"{name} = {item.hex()}")


if __name__ == "__main__":
    main()
