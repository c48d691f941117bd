#!/usr/bin/env python3
"""Vectors of CPACE-RISTR255-SHA512, computed from the specifications alone: draft-irtf-cfrg-cpace and RFC 9496 over
Python's integers and hashlib, nothing shared with the code that they test.

Prints the text of tests/vectors/cpace_ristretto255.txt. With --draft FILE it takes its inputs from the draft's own
test vectors instead (testvectors.json in the draft's repository), first holds every number of theirs against its own, and
prints them in the same form, so that the test can be run on them: crypto_cpace_test takes the file as its argument.
"""
import argparse
import hashlib
import hmac
import json

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
DSI = b"CPaceRistretto255"


def is_negative(x):
    return x % P & 1


def absolute(x):
    return -x % P if is_negative(x) else x % P


def sqrt_ratio(u, v):
    """RFC 9496 4.2: (was u/v a square, its root or that of i*u/v)."""
    r = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    correct, flipped, flipped_i = check == u % P, check == -u % P, check == -u * SQRT_M1 % P
    if flipped or flipped_i:
        r = r * SQRT_M1 % P
    return correct or flipped, absolute(r)


ONE_MINUS_D_SQ = (1 - D * D) % P
D_MINUS_ONE_SQ = (D - 1) ** 2 % P
SQRT_AD_MINUS_ONE = sqrt_ratio((-D - 1) % P, 1)[1]
if is_negative(SQRT_AD_MINUS_ONE) == 0:  # RFC 9496 4.1 fixes the odd root
    SQRT_AD_MINUS_ONE = -SQRT_AD_MINUS_ONE % P
INVSQRT_A_MINUS_D = sqrt_ratio(1, (-1 - D) % P)[1]


def decode(data):
    s = int.from_bytes(data, "little")
    if len(data) != 32 or s >= P or is_negative(s):
        return None
    ss = s * s % P
    u1, u2 = (1 - ss) % P, (1 + ss) % P
    v = (-(D * u1 * u1) - u2 * u2) % P
    square, root = sqrt_ratio(1, v * u2 * u2 % P)
    den_x = root * u2 % P
    x = absolute(2 * s * den_x)
    y = u1 * root * den_x % P * v % P
    if not square or is_negative(x * y) or y == 0:
        return None
    return x, y, 1, x * y % P


def encode(point):
    x0, y0, z0, t0 = point
    u1, u2 = (z0 + y0) * (z0 - y0) % P, x0 * y0 % P
    _, root = sqrt_ratio(1, u1 * u2 * u2 % P)
    den1, den2 = root * u1 % P, root * u2 % P
    z_inv = den1 * den2 * t0 % P
    if is_negative(t0 * z_inv):
        x, y, den = y0 * SQRT_M1 % P, x0 * SQRT_M1 % P, den1 * INVSQRT_A_MINUS_D % P
    else:
        x, y, den = x0, y0, den2
    if is_negative(x * z_inv):
        y = -y
    return absolute(den * (z0 - y)).to_bytes(32, "little")


def add(p, q):
    """Twisted Edwards, a = -1, extended coordinates."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def map_to_point(data):
    t = (int.from_bytes(data, "little") & (2**255 - 1)) % P
    r = SQRT_M1 * t * t % P
    u = (r + 1) * ONE_MINUS_D_SQ % P
    v = (-1 - r * D) * (r + D) % P
    square, s = sqrt_ratio(u, v)
    c = -1
    if not square:
        s, c = -absolute(s * t) % P, r
    n = (c * (r - 1) * D_MINUS_ONE_SQ - v) % P
    w0, w1 = 2 * s * v % P, n * SQRT_AD_MINUS_ONE % P
    w2, w3 = (1 - s * s) % P, (1 + s * s) % P
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


def derive(data):
    return add(map_to_point(data[:32]), map_to_point(data[32:]))


def prepend_len(data):
    length, out = len(data), b""
    while True:
        out += bytes([(length & 0x7F) | (0x80 if length > 127 else 0)])
        length >>= 7
        if not length:
            return out + data


def lv_cat(*pieces):
    return b"".join(prepend_len(p) for p in pieces)


def sha512(data):
    return hashlib.sha512(data).digest()


def run(prs, ci, sid, ya, yb, ada, adb):
    """One exchange, as section 6.2 has it; all that both sides compute."""
    pad = bytes(max(0, 128 - 1 - len(prepend_len(prs)) - len(prepend_len(DSI))))
    g = derive(sha512(lv_cat(DSI, prs, pad, ci, sid)))
    scalars = [int.from_bytes(y, "little") for y in (ya, yb)]
    a, b = (encode(multiply(s, g)) for s in scalars)
    k = encode(multiply(scalars[0], decode(b)))
    assert k == encode(multiply(scalars[1], decode(a)))
    isk = sha512(lv_cat(DSI + b"_ISK", sid, k) + lv_cat(a, ada) + lv_cat(b, adb))
    mac = sha512(b"CPaceMac" + sid + isk)
    tags = [hmac.new(mac, lv_cat(*side), "sha256").digest() for side in ((a, ada), (b, adb))]
    return {"prs": prs, "ci": ci, "sid": sid, "ya": ya, "yb": yb, "ada": ada, "adb": adb, "generator": encode(g),
            "share_a": a, "share_b": b, "isk": isk, "tag_a": tags[0], "tag_b": tags[1]}


def show(kind, record):
    print(f"\nkind = {kind}")
    for name, value in record.items():
        print(f"{name} = {value.hex()}")


def stream(text):
    return hashlib.sha256(b"wavu cpace vectors: " + text.encode()).digest()


def scalar(text):
    value = bytearray(stream(text))
    value[31] &= 0x0F
    return bytes(value)


def own():
    print("# CPACE-RISTR255-SHA512 (draft-irtf-cfrg-cpace of 2026-04), initiator and responder, with the confirmation of its section")
    print("# 9.4 by HMAC-SHA-256. Made by tests/support/vectors_cpace.py, which computes the draft's own vectors, too.")
    show("run", run(b"apple-river-stone", b"channel", stream("sid")[:16], scalar("a1"), scalar("b1"), b"joiner", b"inviter"))
    show("run", run(b"", b"", b"", scalar("a2"), scalar("b2"), b"", b"x"))
    for length in (107, 108, 109, 127, 128, 300):  # about the end of the first hash block, and of one byte of length
        show("run", run(b"p" * length, stream("ci") * 5, stream("sid"), scalar(f"a{length}"), scalar(f"b{length}"),
                        b"a" * 130, b"b" * 129))
    for name, point in bad_points():
        print(f"\nkind = bad\nwhat = {name}\npoint = {point.hex()}")


def bad_points():
    """RFC 9496 4.3.1: what must not decode, computed, and the identity."""
    def little(x):
        return x.to_bytes(32, "little")
    good = encode(derive(sha512(b"good")))
    value = int.from_bytes(good, "little")
    yield "the identity", bytes(32)
    yield "the field's order: zero again", little(P)
    yield "negative: the same point's other sign", little(P - value)
    yield "not below the field's order", little(P + 18)
    yield "top bit set", little(value | 1 << 255)
    yield "all ones", b"\xff" * 32
    found = 0
    for x in range(2, 1000, 2):
        if decode(little(x)) is None:
            found += 1
            yield "no point of the group", little(x)
        if found == 6:
            return


def draft(path):
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    v = {k: bytes.fromhex(x) for k, x in data["G_Coffee25519"].items()}
    made = run(v["PRS"], v["CI"], v["sid"], v["ya"], v["yb"], v["ADa"], v["ADb"])
    for ours, theirs in (("generator", "g"), ("share_a", "Ya"), ("share_b", "Yb"), ("isk", "ISK_IR")):
        assert made[ours] == v[theirs], theirs
    points = data["G_Coffee25519_points"]
    s, x = (bytes.fromhex(points["Valid"][k]) for k in ("s", "X"))
    assert encode(multiply(int.from_bytes(s, "little"), decode(x))).hex().upper() == points["Valid"]["G.scalar_mult_vfy(s,X)"]
    show("run", made)
    for name in ("Invalid Y1", "Invalid Y2"):
        point = bytes.fromhex(points[name])
        assert decode(point) is None or point == bytes(32)
        print(f"\nkind = bad\nwhat = {name}\npoint = {point.hex()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draft")
    options = parser.parse_args()
    if options.draft:
        draft(options.draft)
    else:
        own()


if __name__ == "__main__":
    main()
