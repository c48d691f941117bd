#!/usr/bin/env python3
"""Vectors of envelopes, from docs/protocol/envelope.md, envelope.proto and crypto.md alone. Prints the text of
tests/vectors/envelope.txt; with `frames` as argument that of tests/vectors/courier_msg.txt."""
import hashlib
import sys

from vectors_lib import kdf


def stream(text, length):
    return hashlib.shake_256(b"wavu envelope vectors: " + text.encode()).digest(length)


def named(label, *parts):
    return hashlib.sha256(bytes([len(label)]) + label + b"".join(parts)).digest()


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def padded(content):
    steps = [64, 128, 256, 512]
    size = next((s for s in steps if s >= len(content)), -(-len(content) // 1024) * 1024)
    return content + bytes(size - len(content))


def field(number, value):
    """A field of bytes, or of a number."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def frames():
    print("# Frames of /wavu/courier/1 behind their lengths. Made by tests/support/vectors_envelope.py frames.")
    for i, count in enumerate((1, 3, 64)):
        names = [stream(f"frame name {i} {j}", 16) for j in range(count)]
        heads = [stream(f"frame head {i} {j}", 55) for j in range(count)]
        sizes, ages = [j * 1500 + 100 for j in range(count)], [j * j * 40 for j in range(count)]
        body = b"".join(field(1, field(1, n) + field(2, h) + field(3, s) + field(4, a))
                        for n, h, s, a in zip(names, heads, sizes, ages))
        print(f"\nnames = {b''.join(names).hex()}\nheads = {b''.join(heads).hex()}")
        print(f"sizes = {b''.join(n.to_bytes(4, 'big') for n in sizes).hex()}")
        print(f"ages = {b''.join(n.to_bytes(4, 'big') for n in ages).hex()}\nframe = {(bytes([2]) + body).hex()}")
    for kind, count in ((3, 0), (5, 1), (6, 2), (7, 64)):
        names = stream(f"names {kind}", 16 * count)
        print(f"\nnames = {names.hex()}\nframe = {(bytes([kind]) + field(1, names)).hex()}")
    envelope = stream("any envelope", 100)
    print(f"\nenvelope = {envelope.hex()}\nframe = {(bytes([4]) + envelope).hex()}")


def main():
    print("# Envelopes: what is computed of one, and its bytes. Made by tests/support/vectors_envelope.py. sealed is any bytes here:")
    print("# what seals content is session.md's.")
    cases = ((3, 604800, 0, 8, 16, 1, 0), (1, 3600, 3599, 0, 1, 7, 14), (2, 2592000, 100000, 15, 4, 2, 461),
             (4, 1, 0, 3, 2, 2**32 - 1, 3000))
    for i, (kind_of_way, lifetime, age, hops, copies, kind, length) in enumerate(cases):
        network, device, prekey = stream(f"network {i}", 32), stream(f"device {i}", 32), stream(f"prekey {i}", 32)
        number, token, message = i * 1000003, stream(f"token {i}", 16), stream(f"message {i}", 16)
        body, sealed = stream(f"body {i}", length), stream(f"sealed {i}", 40 + 100 * i)
        tag = kdf(prekey, b"wavu envelope tag 1", network + device + number.to_bytes(4, "big"), 32)[:16]
        lock = named(b"wavu envelope lock 1", token)
        head = bytes([1, kind_of_way, 1]) + lifetime.to_bytes(4, "big") + tag + lock
        content = padded(token + message + varint(kind) + varint(len(body)) + body)
        envelope = (b"\x0a" + varint(len(head)) + head + b"\x12" + varint(len(sealed)) + sealed
                    + b"\x18" + varint(age) + b"\x20" + varint(hops) + b"\x28" + varint(copies))
        fields = {"network": network, "device": device, "prekey": prekey, "number": number.to_bytes(4, "big"),
                  "class": bytes([kind_of_way]), "lifetime": lifetime.to_bytes(4, "big"), "age": age.to_bytes(4, "big"),
                  "hops": bytes([hops]), "copies": bytes([copies]), "kind": kind.to_bytes(4, "big"), "token": token,
                  "message": message, "body": body, "sealed": sealed, "tag": tag, "lock": lock, "head": head,
                  "name": named(b"wavu envelope name 1", head, sealed)[:16], "content": content, "envelope": envelope,
                  "key": named(b"wavu envelope message 1", device, message)[:16]}
        for j, (name, value) in enumerate(fields.items()):
            print(f"{chr(10) if j == 0 else ''}{name} = {value.hex()}")


if __name__ == "__main__":
    frames() if sys.argv[1:] == ["frames"] else main()
