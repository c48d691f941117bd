#!/usr/bin/env python3
"""Print tests/vectors/ed25519_agreement.txt: Ed25519 seeds with the X25519 keys that belong to them.

Plain arithmetic of RFC 8032 and RFC 7748 on Python's integers; shares nothing with the code under test.
"""
import hashlib

Q = 2**255 - 19


def inverse(x):
    return pow(x, Q - 2, Q)


D = -121665 * inverse(121666) % Q
BASE_Y = 4 * inverse(5) % Q


def recover(y):
    square = (y * y - 1) * inverse(D * y * y + 1) % Q
    x = pow(square, (Q + 3) // 8, Q)
    if (x * x - square) % Q:
        x = x * pow(2, (Q - 1) // 4, Q) % Q
    return Q - x if x & 1 else x


def add(a, b):
    k = D * a[0] * b[0] * a[1] * b[1]
    return (a[0] * b[1] + b[0] * a[1]) * inverse(1 + k) % Q, (a[1] * b[1] + a[0] * b[0]) * inverse(1 - k) % Q


def times(point, scalar):
    out = (0, 1)
    while scalar:
        if scalar & 1:
            out = add(out, point)
        point = add(point, point)
        scalar >>= 1
    return out


def record(seed):
    secret = bytearray(hashlib.sha512(seed).digest()[:32])
    secret[0] &= 248
    secret[31] = secret[31] & 127 | 64
    x, y = times((recover(BASE_Y), BASE_Y), int.from_bytes(secret, "little"))
    public = bytearray(y.to_bytes(32, "little"))
    public[31] |= (x & 1) << 7
    agreement = (1 + y) * inverse(1 - y) % Q
    return {"seed": seed, "public": public, "agreement_secret": secret, "agreement_public": agreement.to_bytes(32, "little")}


def main():
    print("# Ed25519 seeds and the X25519 keys that belong to them (RFC 7748 4.1); made by ed25519_agreement.py.")
    seeds = [bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"), bytes(range(32))]
    seeds += [hashlib.sha256(b"wavu %d" % i).digest() for i in range(14)]
    for seed in seeds:
        print()
        for name, value in record(seed).items():
            print(f"{name} = {value.hex()}")


main()
