#!/usr/bin/env python3
"""Vectors of sealed boxes, from docs/protocol/sealed.md and crypto.md alone. Prints the text of tests/vectors/sealed.txt."""
import hashlib

from vectors_lib import MlKem768, chacha20_poly1305, kdf, x25519, x25519_public


def stream(text, length):
    return hashlib.shake_256(b"wavu sealed vectors: " + text.encode()).digest(length)


def hybrid(public, fresh, m, context):
    """The hybrid encapsulation of crypto.md."""
    s2, c = MlKem768.encapsulate(public[32:], m)
    r = x25519_public(fresh)
    parts = x25519(fresh, public[:32]) + r + public[:32] + hashlib.sha256(c).digest() + hashlib.sha256(public[32:]).digest()
    return r + c, kdf(s2, b"wavu hybrid 1", parts + context, 32)


def main():
    print("# Sealed boxes, ChaCha20-Poly1305. Made by tests/support/vectors_sealed.py. seed: the recipient's X25519 secret and ML-KEM seed;")
    print("# random: what the sender draws, in order.")
    for i, (context, plain) in enumerate(((b"", b""), (b"wavu test", b"Habari ya asubuhi"), (bytes(256), stream("plain", 200)))):
        seed, random = stream(f"seed {i}", 96), stream(f"random {i}", 64)
        public = x25519_public(seed[:32]) + MlKem768.public_key(seed[32:])
        capsule, secret = hybrid(public, random[:32], random[32:], context)
        key = kdf(secret, b"wavu sealed hybrid 1", b"\1", 32)
        box = b"\1" + capsule + b"\1" + chacha20_poly1305(key, bytes(12), plain, b"\1\1")
        classic_key = kdf(x25519(random[:32], public[:32]), b"wavu sealed classic 1",
                          x25519_public(random[:32]) + public[:32] + b"\1" + context, 32)
        classic = b"\2" + x25519_public(random[:32]) + b"\1" + chacha20_poly1305(classic_key, bytes(12), plain, b"\2\1")
        for name, value in (("seed", seed), ("random", random), ("context", context), ("plain", plain),
                            ("public", public), ("box", box), ("classic", classic)):
            print(f"{'' if name != 'seed' else chr(10)}{name} = {value.hex()}")


if __name__ == "__main__":
    main()
