#!/usr/bin/env python3
"""Vectors of room entries, from docs/protocol/entry.md, plumtree.md, crypto.md and RFC 8032 alone. Prints the text of tests/vectors/entry.txt."""
import hashlib

from vectors_lib import ed25519, field, name, sign, varint


def stream(text, length):
    return hashlib.shake_256(b"wavu entry vectors: " + text.encode()).digest(length)


def tree(names, i):
    """Root of a tree of names, and the path of the i-th: sides and neighbours (crypto.md)."""
    level, sides, path = [name(b"wavu tree leaf 1", one) for one in names], 0, []
    while len(level) > 1:
        if i ^ 1 < len(level):
            sides |= (i & 1) << len(path)
            path.append(level[i ^ 1])
        level = [name(b"wavu tree node 1", b"".join(level[k:k + 2])) if k + 1 < len(level) else level[k]
                 for k in range(0, len(level), 2)]
        i //= 2
    return level[0], bytes([sides]) + b"".join(path)


def broadcast(seed, device, network, ids, i, rest):
    """The proof and the signature of a broadcast that names `ids`, for the i-th (entry.md, plumtree.md)."""
    root, path = tree(ids, i)
    number = (77).to_bytes(8, "big"), (1000 + i).to_bytes(4, "big")
    hashed = hashlib.sha256(rest).digest()
    text = b"wavu broadcast 2" + device + b"".join(number) + root + hashlib.sha256(network).digest() + hashed
    return b"".join(number) + hashed + path, ed25519(seed, text)[1]


def main():
    print("# Room entries. Made by tests/support/vectors_entry.py. seed: the device's key; plain: what is sealed;\n"
          "# said: the stored form with a broadcast's proof, which names `names` and has `rest` behind them.")
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
        names = [stream(f"other {i} {k}", 32) for k in range((0, 2, 127)[i])]
        names.insert((0, 2, 90)[i], name(b"wavu entry 1", body))
        proof, of_broadcast = broadcast(seed, device, network, names, (0, 2, 90)[i], stream(f"rest {i}", 50))
        stored = (field(1, 1) + field(2, room) + field(3, device) + field(4, sequence) + field(5, previous)
                  + b"".join(field(6, p) for p in parents) + (field(7, expiry) if expiry else b"")
                  + field(8, content_hash) + field(9, signature) + field(10, salt) + field(11, content))
        said = stored.replace(field(9, signature), field(9, of_broadcast)) + field(12, proof)
        plain = (room[:8] + varint(sequence) + varint(expiry) + bytes([len(parents)]) + hints + links + content)
        for what, value in (("seed", seed), ("network", network), ("body", body), ("id", name(b"wavu entry 1", body)),
                            ("stored", stored), ("said", said),
                            ("names", b"".join(names)), ("rest", stream(f"rest {i}", 50)), ("plain", plain)):
            print(f"{'' if what != 'seed' else chr(10)}{what} = {value.hex()}")


if __name__ == "__main__":
    main()
