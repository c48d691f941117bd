#!/usr/bin/env python3
"""Vectors of what people compare, from docs/protocol/safety_number.md alone: Python's hashlib, nothing of the code under test.

Prints the text of tests/vectors/safety_number.txt.
"""
import base64
import hashlib

LABEL = b"wavu safety number 1"


def half(root):
    h = hashlib.sha512(bytes([len(LABEL)]) + LABEL + root).digest()
    for _ in range(5199):
        h = hashlib.sha512(h + root).digest()
    return h


def letters(data):
    return base64.b32encode(data).decode().rstrip("=")


def main():
    print("# Safety numbers of pairs of root keys. Made by tests/support/vectors_members.py.")
    root = [hashlib.sha256(b"wavu safety number vectors" + bytes([i])).digest() for i in range(4)]
    for one, other in ((root[0], root[1]), (root[1], root[0]), (root[2], root[3]), (bytes(32), b"\xff" * 32)):
        halves = sorted((half(one), half(other)))
        groups = [f"{int.from_bytes(h[i:i + 5], 'big') % 100000:05d}" for h in halves for i in range(0, 30, 5)]
        short = letters(half(one)[:10])
        print(f"\none = {one.hex()}\nother = {other.hex()}\ndigits = {' '.join(groups)}")
        print(f"qr = WAVU:SAFETY:1:{letters(halves[0][:32] + halves[1][:32])}")
        print(f"print = {'-'.join(short[i:i + 4] for i in range(0, 16, 4))}")


if __name__ == "__main__":
    main()
