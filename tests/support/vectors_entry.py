#!/usr/bin/env python3
"""Vectors of room entries, from docs/protocol/entry.md, crypto.md and RFC 8032 alone. Prints the text of tests/vectors/entry.txt."""
import hashlib

from vectors_lib import field, name, sign, varint


def stream(text, length):
    return hashlib.shake_256(b"wavu entry vectors: " + text.encode()).digest(length)


def main():
    print("# Room entries. Made by tests/support/vectors_entry.py. seed: the device's key; plain: what is sealed.")
    for i, (sequence, expiry, parents, content) in enumerate((
            (1, 0, 0, b""), (300, 3600, 1, b"habari ya leo"), (2**35 - 1, 2**35 - 1, 8, stream("content", 200)))):
        seed, network, room, salt = (stream(f"{what} {i}", 32) for what in ("seed", "network", "room", "salt"))
        previous = bytes(32) if sequence == 1 else stream(f"previous {i}", 32)
        parents = [stream(f"parent {i} {k}", 32) for k in range(parents)]
        links = name(b"wavu entry links 1", previous + b"".join(parents))
        content_hash = name(b"wavu entry content 1", salt + content)
        hints = b"".join(p[:4] for p in parents[:2])
        device = sign(seed, b"", b"")[0]
        body = (b"\1" + network + room + device + sequence.to_bytes(8, "big") + links + bytes([len(parents)])
                + hints.ljust(8, b"\0") + expiry.to_bytes(8, "big") + content_hash)
        signature = sign(seed, b"wavu entry 1", body)[1]
        stored = (field(1, 1) + field(2, room) + field(3, device) + field(4, sequence) + field(5, previous)
                  + b"".join(field(6, p) for p in parents) + (field(7, expiry) if expiry else b"")
                  + field(8, content_hash) + field(9, signature) + field(10, salt) + field(11, content))
        plain = (room[:8] + varint(sequence) + varint(expiry) + bytes([len(parents)]) + hints + links + signature + content)
        for what, value in (("seed", seed), ("network", network), ("body", body), ("id", name(b"wavu entry 1", body)),
                            ("stored", stored), ("plain", plain)):
            print(f"{'' if what != 'seed' else chr(10)}{what} = {value.hex()}")


if __name__ == "__main__":
    main()
