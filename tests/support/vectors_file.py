#!/usr/bin/env python3
"""Vectors of files in pieces, from docs/protocol/file.md and crypto.md alone. Prints the text of tests/vectors/file.txt."""
import hashlib

from vectors_lib import chacha20_poly1305, kdf

PIECE = 65536


def tree(leaves):
    """RFC 9162's tree, as its section 2.1.1 defines it: split at the largest power of two below the count."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while 2 * half < len(leaves):
        half *= 2
    return hashlib.sha256(b"\1" + tree(leaves[:half]) + tree(leaves[half:])).digest()


def label_id(label, body):
    return hashlib.sha256(bytes([len(label)]) + label + body).digest()


def main():
    print("# Files in pieces, ChaCha20-Poly1305. Made by tests/support/vectors_file.py. Byte i of the plain file is")
    print("# (i * 167 + i / 251) modulo 256.")
    for size in (0, 5, PIECE, PIECE + 1, 3 * PIECE + 100):
        secret, plain = hashlib.sha256(b"wavu file vectors %d" % size).digest(), bytes((i * 167 + i // 251) % 256 for i in range(size))
        count = max(1, -(-size // PIECE))
        key = kdf(secret, b"wavu file pieces 1", b"", 32)
        bound = b"\1" + count.to_bytes(4, "big") + size.to_bytes(8, "big")
        sealed = [chacha20_poly1305(key, number.to_bytes(12, "little"), plain[number * PIECE:(number + 1) * PIECE], bound)
                  for number in range(count)]
        root = tree([hashlib.sha256(b"\0" + piece).digest() for piece in sealed])
        print()
        print(f"size = {size}")
        print(f"secret = {secret.hex()}")
        print(f"root = {root.hex()}")
        print(f"id = {label_id(b'wavu file 1', root + size.to_bytes(8, 'big') + bytes([1])).hex()}")


if __name__ == "__main__":
    main()
