#!/usr/bin/env python3
"""Vectors of room entries, from docs/protocol/entry.md, crypto.md and RFC 8032 alone. Prints the text of tests/vectors/entry.txt."""
import hashlib

Q = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, Q) % Q


def stream(text, length):
    return hashlib.shake_256(b"wavu entry vectors: " + text.encode()).digest(length)


def add(a, b):
    k = D * a[0] * b[0] * a[1] * b[1]
    return (a[0] * b[1] + b[0] * a[1]) * pow(1 + k, -1, Q) % Q, (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, -1, Q) % Q


def times(scalar):
    """`scalar` times the base point, as bytes."""
    y = 4 * pow(5, -1, Q) % Q
    square = (y * y - 1) * pow(D * y * y + 1, -1, Q) % Q
    x = pow(square, (Q + 3) // 8, Q)
    if (x * x - square) % Q:
        x = x * pow(2, (Q - 1) // 4, Q) % Q
    point, out = (Q - x if x & 1 else x, y), (0, 1)
    while scalar:
        if scalar & 1:
            out = add(out, point)
        point, scalar = add(point, point), scalar >> 1
    return (out[1] | (out[0] & 1) << 255).to_bytes(32, "little")


def number(data):
    return int.from_bytes(hashlib.sha512(data).digest(), "little")


def sign(seed, label, body):
    """The device's key, and its signature: crypto.md over RFC 8032 5.1.6."""
    h = hashlib.sha512(seed).digest()
    secret = int.from_bytes(h[:32], "little") & ~7 & (2**255 - 1) | 2**254
    public = times(secret)
    text = bytes([len(label)]) + label + hashlib.sha256(body).digest()
    r = number(h[32:] + text) % ORDER
    big_r = times(r)
    return public, big_r + ((r + number(big_r + public + text) * secret) % ORDER).to_bytes(32, "little")


def name(label, body):
    return hashlib.sha256(bytes([len(label)]) + label + body).digest()


def varint(x):
    out = b""
    while x >= 128:
        out, x = out + bytes([x & 127 | 128]), x >> 7
    return out + bytes([x])


def field(tag, value):
    if isinstance(value, int):
        return varint(tag << 3) + varint(value)
    return varint(tag << 3 | 2) + varint(len(value)) + value


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
