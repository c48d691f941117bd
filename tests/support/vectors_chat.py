#!/usr/bin/env python3
"""Vectors of frontiers and direct messages, from docs/protocol/room.md, room.proto, crypto.md and RFC 8032 alone. Prints the text of tests/vectors/chat.txt."""
import hashlib

from vectors_lib import field, name, sign


def stream(text, length):
    return hashlib.shake_256(b"wavu chat vectors: " + text.encode()).digest(length)


def frontier(i, number, authors, read):
    seed, network, room = (stream(f"{what} {i}", 32) for what in ("seed", "network", "room"))
    device = sign(seed, b"", b"")[0]
    rows = sorted(stream(f"author {i} {k}", 32) + (k + 1).to_bytes(8, "big") + stream(f"last {i} {k}", 32) for k in range(authors))
    body = field(1, 1) + field(2, room) + field(3, device) + field(4, number)
    if rows:
        body += field(5, b"".join(rows))
    if read:
        body += field(6, read) + field(7, stream(f"read {i}", 32))
    signature = sign(seed, b"wavu room frontier 1", hashlib.sha256(network + body).digest())[1]
    print(f"\nseed = {seed.hex()}\nnetwork = {network.hex()}\nroom = {room.hex()}\nnumber = {number}\nrows = {b''.join(rows).hex()}\nread = {read}")
    print(f"frontier = {(field(1, body) + field(2, signature)).hex()}")


def direct(i, sequence, height, expiry, content):
    network, a, b, device = (stream(f"{what} {i}", 32) for what in ("network", "a", "b", "device"))
    chat = name(b"wavu direct 1", network + min(a, b) + max(a, b))
    message = (field(1, 1) + field(2, device) + field(3, sequence) + field(4, height) + (field(5, expiry) if expiry else b"")
               + field(6, content))
    print(f"\nnetwork = {network.hex()}\na = {a.hex()}\nb = {b.hex()}\nchat = {chat.hex()}\ndevice = {device.hex()}\nsequence = {sequence}")
    print(f"height = {height}\nexpiry = {expiry}\ncontent = {content.hex()}\nid = {name(b'wavu direct message 1', chat + message).hex()}")
    print(f"direct = {(field(1, chat) + field(2, message)).hex()}")


def main():
    print("# Frontiers and direct messages. Made by tests/support/vectors_chat.py.")
    frontier(0, 1, 0, 0)
    frontier(1, 300, 3, 0)
    frontier(2, 2**62 - 1, 2, 2**40)
    direct(0, 1, 1, 0, b"\x08\x01\x12\x06habari")
    direct(1, 2**35 - 1, 2**62 - 1, 3600, stream("content", 200))


if __name__ == "__main__":
    main()
