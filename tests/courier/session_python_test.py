#!/usr/bin/env python3
"""Computes tests/vectors/session.txt from docs/protocol/session.md alone, in plain Python: cards, bundles, the start and
every message of the talk, byte for byte. Slow, not constant-time, and independent of what it checks. TAP."""
import hashlib
import hmac
import struct
import sys
from pathlib import Path

VECTORS = Path(__file__).resolve().parent.parent / "vectors" / "session.txt"
P25519 = 2**255 - 19


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def named(label, *parts):
    return sha256(bytes([len(label)]), label.encode(), *parts)


def kdf(key, label, context, size):
    prk, out, block = mac(key, context), b"", b""
    while len(out) < size:
        block = mac(prk, block, bytes([len(label)]), label.encode(), bytes([len(out) // 32 + 1]))
        out += block
    return out[:size]


# --- X25519 (RFC 7748) and Ed25519 (RFC 8032) ---

def x25519(secret, point=b"\x09" + bytes(31)):
    k = int.from_bytes(secret, "little") & ~7 & (2**254 - 1) | 2**254
    u = int.from_bytes(point, "little") & (2**255 - 1)
    x2, z2, x3, z3, swap = 1, 0, u, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap != bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P25519, b * b % P25519, d * a % P25519, c * b % P25519
        e = aa - bb
        x3, z3 = (da + cb)**2 % P25519, u * (da - cb)**2 % P25519
        x2, z2 = aa * bb % P25519, e * (aa + 121665 * e) % P25519
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P25519 - 2, P25519) % P25519).to_bytes(32, "little")


D = -121665 * pow(121666, P25519 - 2, P25519) % P25519
ORDER = 2**252 + 27742317777372353535851937790883648493


def ed_add(p, q):
    (x1, y1), (x2, y2) = p, q
    t = D * x1 * x2 * y1 * y2 % P25519
    return ((x1 * y2 + x2 * y1) * pow(1 + t, P25519 - 2, P25519) % P25519,
            (y1 * y2 + x1 * x2) * pow(1 - t, P25519 - 2, P25519) % P25519)


def ed_base(n):
    y = 4 * pow(5, P25519 - 2, P25519) % P25519
    xx = (y * y - 1) * pow(D * y * y + 1, P25519 - 2, P25519) % P25519
    x = pow(xx, (P25519 + 3) // 8, P25519)
    if (x * x - xx) % P25519:
        x = x * pow(2, (P25519 - 1) // 4, P25519) % P25519
    point, out = (x if x % 2 == 0 else P25519 - x, y), (0, 1)
    while n:
        if n & 1:
            out = ed_add(out, point)
        point, n = ed_add(point, point), n >> 1
    return (out[1] | (out[0] & 1) << 255).to_bytes(32, "little")


def ed_sign(seed, message):
    h = hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], "little") & ~7 & (2**254 - 1) | 2**254
    public = ed_base(a)
    r = int.from_bytes(hashlib.sha512(h[32:] + message).digest(), "little") % ORDER
    big_r = ed_base(r)
    k = int.from_bytes(hashlib.sha512(big_r + public + message).digest(), "little") % ORDER
    return public, big_r + ((r + k * a) % ORDER).to_bytes(32, "little")


# --- AEADs (RFC 8439, SP 800-38D) ---

def chacha_block(key, counter, nonce):
    state = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, *struct.unpack("<8I", key), counter,
             *struct.unpack("<3I", nonce)]
    w = list(state)
    for i in range(80):
        a, b, c, d = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                      (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))[i % 8]
        for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            w[x] = (w[x] + w[y]) & 0xffffffff
            v = w[z] ^ w[x]
            w[z] = (v << turn | v >> (32 - turn)) & 0xffffffff
    return struct.pack("<16I", *((x + y) & 0xffffffff for x, y in zip(w, state)))


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def padded(text):
    return text + bytes(-len(text) % 16)


def chacha20_poly1305(key, nonce, ad, text):
    stream = b"".join(chacha_block(key, 1 + i, nonce) for i in range(len(text) // 64 + 1))
    sealed = xor(text, stream)
    one = chacha_block(key, 0, nonce)[:32]
    r = int.from_bytes(one[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    acc, data = 0, padded(ad) + padded(sealed) + struct.pack("<QQ", len(ad), len(sealed))
    for i in range(0, len(data), 16):
        acc = (acc + int.from_bytes(data[i:i + 16] + b"\x01", "little")) * r % (2**130 - 5)
    tag = (acc + int.from_bytes(one[16:], "little")) & (2**128 - 1)
    return sealed + tag.to_bytes(16, "little")


def gf8(a, b):
    out = 0
    while b:
        out ^= a if b & 1 else 0
        a, b = a << 1 ^ (0x11b if a & 0x80 else 0), b >> 1
    return out


def make_sbox():
    box = []
    for i in range(256):
        inverse = next((j for j in range(256) if gf8(i, j) == 1), 0)
        value = 0x63
        for shift in range(5):
            value ^= (inverse << shift | inverse >> (8 - shift)) & 0xff
        box.append(value)
    return box


SBOX = make_sbox()


def aes256(key, block):
    words = [list(key[i:i + 4]) for i in range(0, 32, 4)]
    rcon = 1
    for i in range(8, 60):
        w = list(words[-1])
        if i % 8 == 0:
            w = [SBOX[x] for x in w[1:] + w[:1]]
            w[0] ^= rcon
            rcon = gf8(rcon, 2)
        elif i % 8 == 4:
            w = [SBOX[x] for x in w]
        words.append([x ^ y for x, y in zip(w, words[-8])])
    keys = [sum(words[4 * i:4 * i + 4], []) for i in range(15)]
    s = [x ^ y for x, y in zip(block, keys[0])]
    for turn in range(1, 15):
        s = [SBOX[s[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if turn < 14:
            s = [gf8(s[4 * c + r], 2) ^ gf8(s[4 * c + (r + 1) % 4], 3) ^ s[4 * c + (r + 2) % 4] ^ s[4 * c + (r + 3) % 4]
                 for c in range(4) for r in range(4)]
        s = [x ^ y for x, y in zip(s, keys[turn])]
    return bytes(s)


def aes256_gcm(key, nonce, ad, text):
    stream = b"".join(aes256(key, nonce + struct.pack(">I", 2 + i)) for i in range(len(text) // 16 + 1))
    sealed = xor(text, stream)
    h, acc = int.from_bytes(aes256(key, bytes(16)), "big"), 0
    data = padded(ad) + padded(sealed) + struct.pack(">QQ", 8 * len(ad), 8 * len(sealed))
    for i in range(0, len(data), 16):
        x, v, z = acc ^ int.from_bytes(data[i:i + 16], "big"), h, 0
        for bit in reversed(range(128)):
            z ^= v if x >> bit & 1 else 0
            v = v >> 1 ^ (0xe1 << 120 if v & 1 else 0)
        acc = z
    return sealed + xor(acc.to_bytes(16, "big"), aes256(key, nonce + struct.pack(">I", 1)))


def seal(aead, key, nonce, ad, text):
    return (chacha20_poly1305 if aead == 1 else aes256_gcm)(key, nonce, ad, text)


# --- ML-KEM-768 (FIPS 203) ---

Q = 3329
ZETA = [pow(17, int(f"{i:07b}"[::-1], 2), Q) for i in range(128)]
GAMMA = [pow(17, 2 * int(f"{i:07b}"[::-1], 2) + 1, Q) for i in range(128)]


def ntt(f):
    f, k, size = list(f), 1, 128
    while size >= 2:
        for start in range(0, 256, 2 * size):
            for j in range(start, start + size):
                t = ZETA[k] * f[j + size] % Q
                f[j + size], f[j] = (f[j] - t) % Q, (f[j] + t) % Q
            k += 1
        size //= 2
    return f


def ntt_back(f):
    f, k, size = list(f), 127, 2
    while size <= 128:
        for start in range(0, 256, 2 * size):
            for j in range(start, start + size):
                t = f[j]
                f[j], f[j + size] = (t + f[j + size]) % Q, ZETA[k] * (f[j + size] - t) % Q
            k -= 1
        size *= 2
    return [x * 3303 % Q for x in f]


def times(a, b):
    out = []
    for i in range(128):
        (a0, a1), (b0, b1) = a[2 * i:2 * i + 2], b[2 * i:2 * i + 2]
        out += [(a0 * b0 + a1 * b1 * GAMMA[i]) % Q, (a0 * b1 + a1 * b0) % Q]
    return out


def plus(*polys):
    return [sum(x) % Q for x in zip(*polys)]


def uniform(rho, i, j):
    data, out = hashlib.shake_128(rho + bytes([j, i])).digest(3 * 672), []
    for at in range(0, len(data), 3):
        a, b, c = data[at:at + 3]
        out += [d for d in (a + 256 * (b % 16), b // 16 + 16 * c) if d < Q]
    return out[:256]


def noise(seed, n):
    bits = int.from_bytes(hashlib.shake_256(seed + bytes([n])).digest(128), "little")
    return [((bits >> 4 * i & 1) + (bits >> 4 * i + 1 & 1) - (bits >> 4 * i + 2 & 1) - (bits >> 4 * i + 3 & 1)) % Q
            for i in range(256)]


def pack(f, bits):
    return sum(x << bits * i for i, x in enumerate(f)).to_bytes(32 * bits, "little")


def unpack(data, bits):
    n = int.from_bytes(data, "little")
    return [n >> bits * i & (2**bits - 1) for i in range(256)]


def squeeze(f, bits):
    return [((x << bits + 1) + Q) // (2 * Q) % 2**bits for x in f]


def mlkem_public(seed):
    g = hashlib.sha3_512(seed[:32] + b"\x03").digest()
    rho, sigma = g[:32], g[32:]
    s = [ntt(noise(sigma, i)) for i in range(3)]
    e = [ntt(noise(sigma, 3 + i)) for i in range(3)]
    t = [plus(e[i], *(times(uniform(rho, i, j), s[j]) for j in range(3))) for i in range(3)]
    return b"".join(pack(x, 12) for x in t) + rho


def mlkem_encapsulate(public, message):
    g = hashlib.sha3_512(message + hashlib.sha3_256(public).digest()).digest()
    shared, r = g[:32], g[32:]
    t, rho = [unpack(public[384 * i:384 * i + 384], 12) for i in range(3)], public[1152:]
    y = [ntt(noise(r, i)) for i in range(3)]
    u = [plus(noise(r, 3 + i), ntt_back(plus(*(times(uniform(rho, j, i), y[j]) for j in range(3))))) for i in range(3)]
    mu = [1665 * bit for bit in unpack(message, 1)]
    v = plus(ntt_back(plus(*(times(t[i], y[i]) for i in range(3)))), noise(r, 6), mu)
    return b"".join(pack(squeeze(x, 10), 10) for x in u) + pack(squeeze(v, 4), 4), shared


# --- sessions, from the page ---

def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, value):
    return varint(number << 3) + varint(value) if isinstance(value, int) else varint(number << 3 | 2) + varint(len(value)) + value


class Party:
    """A device: its draws and keys, its half of the ratchet."""
    network = b"a network of thirty-two letters."

    def __init__(self, name):
        self.name, self.count = name, 0
        seed, self.agreement, self.prekey, self.mlkem_seed = (self.draw(n) for n in (32, 32, 32, 64))
        self.number = {"alice": 700, "bob": 701}[name] * 32 + 1  # the days of their clocks
        self.device = ed_sign(seed, b"")[0]
        body = field(1, 1) + field(2, self.network) + field(3, self.device) + field(4, x25519(self.agreement))
        self.card = self.signed(seed, "wavu session card 1", body)
        self.mlkem = mlkem_public(self.mlkem_seed)
        self.body = body + field(5, self.number) + field(6, x25519(self.prekey)) + field(7, self.mlkem)
        self.bundle = self.signed(seed, "wavu session bundle 1", self.body)
        self.units = None

    def draw(self, size):
        out = b"".join(sha256(b"wavu vectors", self.name.encode(), struct.pack(">II", self.count, i)) for i in range((size + 31) // 32))
        self.count += 1
        return out[:size]

    @staticmethod
    def signed(seed, label, body):
        return field(1, body) + field(2, ed_sign(seed, bytes([len(label)]) + label.encode() + sha256(body))[1])


class Talk:
    """Both halves at once: what one turns, the other follows when it hears it."""

    def __init__(self, a, b):
        self.a, self.b = a, b
        self.prelude, self.pq, self.mixed, self.step = b"", b"", 0, "due"
        self.have = set()  # units of the answer that bob has
        self.chain = {}  # of each sender: key, header key, next index, length before, count of exchanges
        self.length = {"alice": 0, "bob": 0}
        self.turned = {"alice": False, "bob": False}

    def start(self, aead):
        a, b = self.a, self.b
        ephemeral = a.draw(32)
        ciphertext, shared = mlkem_encapsulate(b.mlkem, a.draw(32))
        sealed_size = 8 + len(a.card) + 16
        dh = [x25519(a.agreement, x25519(b.prekey)), x25519(ephemeral, x25519(b.agreement)), x25519(ephemeral, x25519(b.prekey))]
        number = xor(struct.pack(">I", b.number), kdf(dh[1], "wavu session number 1", x25519(ephemeral), 4))
        opened = bytes([2, aead]) + x25519(ephemeral) + number + ciphertext + struct.pack(">H", sealed_size)
        t = named("wavu session prelude 1", b.network, b.device, sha256(b.body), opened)
        text = struct.pack(">II", 1, a.number) + a.card
        key = kdf(shared, "wavu session seal 1", t + dh[1] + dh[2], 32)
        self.prelude = opened + seal(aead, key, bytes(12), bytes([aead]) + t, text)
        self.session = named("wavu session transcript 1", t, text)
        keys = kdf(shared, "wavu session root 1", self.session + b"".join(dh), 96)
        self.root, self.header = keys[:32], {"alice": keys[32:64], "bob": keys[64:]}
        self.theirs = x25519(b.prekey)

    def turn(self, who):
        secret = who.draw(32)
        mixing = b""
        if self.step == "answered" and who.name == "bob":
            mixing, self.step = self.pq, "rest"
            self.mixed += 1
        keys = kdf(self.root, "wavu session turn 1", x25519(secret, self.theirs) + mixing, 96)
        self.root, self.theirs = keys[:32], x25519(secret)
        before = self.length[who.name]
        self.chain[who.name] = [keys[32:64], self.header[who.name], 0, before, x25519(secret)]
        self.header[who.name] = keys[64:]
        self.length[who.name] = 0
        self.turned = {"alice": who.name == "alice", "bob": who.name == "bob"}

    def parts(self, who, room):
        """Units of what is under way, as many as fit; bob offers, alice answers."""
        if who.name == "bob" and self.step == "due" and room >= 38:
            who.units, who.cursor, who.pause = mlkem_public(who.draw(64)), 0, 0
            self.offer, self.step = who.units, "offering"
        if who.name == "alice" and self.step == "offered" and room >= 38:
            who.units, self.pq = mlkem_encapsulate(self.offer, who.draw(32))
            who.cursor, who.pause, self.step = 0, 0, "answering"
        # Bob cannot know that all is there before he hears something of the answer.
        sends = self.step == "answering" if who.name == "alice" else self.step in ("offering", "offered", "answering") and not self.have
        if sends and who.pause > 0:
            who.pause -= 1
            return b"\0"
        count = min(len(who.units) // 32 - who.cursor, (room - 6) // 32) if sends and room >= 38 else 0
        if count == 0:
            return b"\0"
        out = bytes([1 if who.name == "bob" else 2]) + struct.pack(">I", self.mixed + 1) + bytes([who.cursor, count])
        out += who.units[32 * who.cursor:32 * (who.cursor + count)]
        self.sent = set(range(who.cursor, who.cursor + count))
        who.cursor += count
        if who.cursor == len(who.units) // 32:
            who.cursor, who.pause = 0, 16
        return out

    def say(self, who, aead, room, text):
        if not self.prelude:
            self.start(aead)
        if not self.turned[who.name]:
            self.turn(who)
        prelude = self.prelude if "bob" not in self.chain else b""
        self.sent = set()
        body = self.parts(who, room - len(prelude) - 88 - len(text)) + text
        chain = self.chain[who.name]
        keys = kdf(chain[0], "wavu session chain 1", b"", 96)
        header = chain[4] + struct.pack(">IIB", chain[3], chain[2], self.mixed)
        nonce = mac(keys[64:], header, body)[:12]
        ad = bytes([aead]) + self.session
        sealed = seal(aead, chain[1], nonce, ad, header)
        chain[0], chain[2] = keys[:32], chain[2] + 1
        self.length[who.name] += 1
        return prelude + bytes([1, aead]) + nonce + sealed + seal(aead, keys[32:64], nonce, ad + sealed, body)

    def hear(self, who):
        """The other heard what `who` said last: a pass may be repeated, and units that came are there."""
        other = self.b if who is self.a else self.a
        if self.chain[who.name][2] >= 1 and not getattr(self, "heard_turn", None) == (who.name, self.chain[who.name][4]):
            self.heard_turn = (who.name, self.chain[who.name][4])
            other.pause = 0
        if who.name == "bob" and self.step == "offering" and len(self.sent) == 37:
            self.step = "offered"
        if self.step == "answering" and who.name == "alice":
            self.have |= self.sent
            self.step = "answered" if len(self.have) == 34 else self.step


def records():
    for text in VECTORS.read_text(encoding="utf-8").split("\n\n")[1:]:
        yield dict(line.split(" = ", 1) if " = " in line else (line.rstrip(" ="), "") for line in text.strip("\n").split("\n"))


def main():
    number, failed = 0, 0
    parties = {"alice": Party("alice"), "bob": Party("bob")}
    talk = Talk(parties["alice"], parties["bob"])
    for record in records():
        if "party" in record:
            who = parties[record["party"]]
            cases = [(f"{field_name} of {who.name}", getattr(who, field_name), record[field_name]) for field_name in ("device", "card", "bundle")]
        else:
            who = parties[record["from"]]
            made = talk.say(who, int(record["aead"]), int(record["room"]), record["text"].encode())
            if record["heard"] == "1":
                talk.hear(who)
            cases = [(f"{who.name}: {record['text']}", made, record["message"])]
        for name, made, want in cases:
            number += 1
            failed += made.hex() != want
            print(f"{'ok' if made.hex() == want else 'not ok'} {number} - {name}")
    print(f"1..{number}")
    return 1 if failed or number != 16 else 0


if __name__ == "__main__":
    sys.exit(main())
