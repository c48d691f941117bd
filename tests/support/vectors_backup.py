#!/usr/bin/env python3
"""Vectors of backup files, from docs/protocol/backup.md alone. Prints the text of tests/vectors/backup.txt.

Argon2id is the reference implementation's command `argon2`, which must be installed to make them (not to test with them).
"""
import hashlib
import subprocess

from vectors_lib import chacha20_poly1305, kdf


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def record(kind, key, value):
    body = b"\x08" + varint(kind) + b"\x12" + varint(len(key)) + key + b"\x1a" + varint(len(value)) + value
    return varint(len(body)) + body


def argon2id(passphrase, salt, passes, log2_kib):
    command = ["argon2", salt.decode(), "-id", "-t", str(passes), "-m", str(log2_kib), "-p", "1", "-l", "32", "-r"]
    return bytes.fromhex(subprocess.run(command, input=passphrase, stdout=subprocess.PIPE, check=True).stdout.decode())


def make(passphrase, salt, passes, log2_kib, chunks):
    bound = b"wavu backup\n" + bytes([1, 1, 1, passes]) + (1 << log2_kib).to_bytes(4, "big") + salt
    keys = kdf(argon2id(passphrase, salt, passes, log2_kib), b"wavu backup keys 1", bound, 64)
    out = bound + hashlib.sha256(bound).digest()[:8] + chacha20_poly1305(keys[:32], bytes(12), b"", bound)
    for i, chunk in enumerate(chunks):
        length = (len(chunk) | (1 << 31 if i == len(chunks) - 1 else 0)).to_bytes(4, "big")
        out += length + chacha20_poly1305(keys[32:], i.to_bytes(12, "little"), chunk, b"\1" + length)
    return out


def main():
    print("# Backup files: ChaCha20-Poly1305. Made by tests/support/vectors_backup.py (Argon2id by the reference's command argon2).")
    seed = hashlib.sha256(b"wavu backup vectors").digest()
    for passphrase, salt, passes, log2_kib, records in (
            (b"correct horse", b"sixteen letters!", 1, 13, []),
            ("neno la siri ñ".encode(), b"another salt 16b", 2, 14,
             [(2, bytes([i]) * 32, b"contact %d" % i) for i in range(3)] + [(3, b"n" * 32, b"log" * 100), (77, b"", b"later")])):
        counts = [1, sum(r[0] == 2 for r in records), sum(r[0] == 3 for r in records),
                  sum(len(r[2]) for r in records if r[0] == 3), sum(r[0] == 77 for r in records)]
        end = record(14, b"", b"".join(c.to_bytes(8, "big") for c in counts))
        body = record(1, b"", seed) + b"".join(record(*r) for r in records)
        print(f"\npassphrase = {passphrase.hex()}\nsalt = {salt.hex()}\npasses = {passes}\nmemory_kib = {1 << log2_kib}")
        print(f"seed = {seed.hex()}\nplain = {body.hex()}\ncounts = {' '.join(map(str, counts))}")
        print(f"file = {make(passphrase, salt, passes, log2_kib, [body, end]).hex()}")


if __name__ == "__main__":
    main()
