"""Primitives over Python's integers and hashlib for the generators of vectors beside this file: slow, and nothing of the code
that they test. Sources: RFC 5869, RFC 7748, RFC 8439, RFC 8032, FIPS 203."""
import hashlib
import hmac


def kdf(key, label, context, length):
    """docs/protocol/crypto.md."""
    prk = hmac.new(key, context, "sha256").digest()
    info, out, block = bytes([len(label)]) + label, b"", b""
    while len(out) < length:
        block = hmac.new(prk, block + info + bytes([len(out) // 32 + 1]), "sha256").digest()
        out += block
    return out[:length]


def x25519(secret, point):
    p = 2**255 - 19
    k = int.from_bytes(secret, "little") & ~7 & (2**255 - 1) | 2**254
    u = int.from_bytes(point, "little") & (2**255 - 1)
    x2, z2, x3, z3 = 1, 0, u, 1
    for bit in range(254, -1, -1):
        if k >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % p, b * b % p, d * a % p, c * b % p
        x3, z3 = (da + cb) ** 2 % p, u * (da - cb) ** 2 % p
        x2, z2 = aa * bb % p, (aa - bb) * (aa + 121665 * (aa - bb)) % p
        if k >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, p - 2, p) % p).to_bytes(32, "little")


def x25519_public(secret):
    return x25519(secret, bytes([9]) + bytes(31))


def chacha20_block(key, counter, nonce):
    def words(data):
        return [int.from_bytes(data[i:i + 4], "little") for i in range(0, len(data), 4)]

    def rotate(x, n):
        return (x << n | x >> 32 - n) & 0xFFFFFFFF

    def quarter(s, a, b, c, d):
        for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = (s[x] + s[y]) & 0xFFFFFFFF
            s[z] = rotate(s[z] ^ s[x], n)
    start = words(b"expand 32-byte k") + words(key) + [counter] + words(nonce)
    s = start[:]
    for _ in range(10):
        for i in range(4):
            quarter(s, i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return b"".join((x + y & 0xFFFFFFFF).to_bytes(4, "little") for x, y in zip(s, start))


def chacha20_poly1305(key, nonce, data, bound):
    """Ciphertext and tag."""
    stream = b"".join(chacha20_block(key, 1 + i, nonce) for i in range((len(data) + 63) // 64))
    cipher = bytes(a ^ b for a, b in zip(data, stream))
    one_time = chacha20_block(key, 0, nonce)
    r = int.from_bytes(one_time[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    text = bound + bytes(-len(bound) % 16) + cipher + bytes(-len(cipher) % 16)
    text += len(bound).to_bytes(8, "little") + len(cipher).to_bytes(8, "little")
    total = 0
    for i in range(0, len(text), 16):
        total = (total + int.from_bytes(text[i:i + 16] + b"\1", "little")) * r % (2**130 - 5)
    tag = (total + int.from_bytes(one_time[16:32], "little")) % 2**128
    return cipher + tag.to_bytes(16, "little")


class MlKem768:
    """FIPS 203, algorithm by algorithm."""
    Q, N, K = 3329, 256, 3

    @staticmethod
    def reversed_bits(i):
        return int(f"{i:07b}"[::-1], 2)

    @classmethod
    def ntt(cls, f):
        f, i, length = f[:], 1, 128
        while length >= 2:
            for start in range(0, 256, 2 * length):
                zeta = pow(17, cls.reversed_bits(i), cls.Q)
                i += 1
                for j in range(start, start + length):
                    t = zeta * f[j + length] % cls.Q
                    f[j + length], f[j] = (f[j] - t) % cls.Q, (f[j] + t) % cls.Q
            length //= 2
        return f

    @classmethod
    def ntt_inverse(cls, f):
        f, i, length = f[:], 127, 2
        while length <= 128:
            for start in range(0, 256, 2 * length):
                zeta = pow(17, cls.reversed_bits(i), cls.Q)
                i -= 1
                for j in range(start, start + length):
                    t = f[j]
                    f[j], f[j + length] = (t + f[j + length]) % cls.Q, zeta * (f[j + length] - t) % cls.Q
            length *= 2
        return [x * 3303 % cls.Q for x in f]

    @classmethod
    def multiply(cls, f, g):
        out = []
        for i in range(128):
            gamma = pow(17, 2 * cls.reversed_bits(i) + 1, cls.Q)
            a0, a1, b0, b1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
            out += [(a0 * b0 + a1 * b1 * gamma) % cls.Q, (a0 * b1 + a1 * b0) % cls.Q]
        return out

    @classmethod
    def add(cls, f, g):
        return [(a + b) % cls.Q for a, b in zip(f, g)]

    @classmethod
    def sample_uniform(cls, seed):
        data, out, at = hashlib.shake_128(seed).digest(4096), [], 0
        while len(out) < 256:
            a, b, c = data[at:at + 3]
            at += 3
            out += [x for x in (a + 256 * (b % 16), b // 16 + 16 * c) if x < cls.Q]
        return out[:256]

    @classmethod
    def sample_small(cls, seed, counter):
        data = int.from_bytes(hashlib.shake_256(seed + bytes([counter])).digest(128), "little")
        bits = [data >> i & 1 for i in range(1024)]
        return [(bits[4 * i] + bits[4 * i + 1] - bits[4 * i + 2] - bits[4 * i + 3]) % cls.Q for i in range(256)]

    @staticmethod
    def encode(f, width):
        return sum(x << width * i for i, x in enumerate(f)).to_bytes(32 * width, "little")

    @staticmethod
    def decode(data, width):
        value = int.from_bytes(data, "little")
        return [value >> width * i & (1 << width) - 1 for i in range(256)]

    @classmethod
    def compress(cls, f, width):
        return [((x << width) * 2 + cls.Q) // (2 * cls.Q) % (1 << width) for x in f]

    @classmethod
    def matrix(cls, rho):
        return [[cls.sample_uniform(rho + bytes([j, i])) for j in range(3)] for i in range(3)]

    @classmethod
    def public_key(cls, seed):
        """The encapsulation key of the 64-byte seed d | z."""
        g = hashlib.sha3_512(seed[:32] + bytes([3])).digest()
        rho, sigma = g[:32], g[32:]
        a = cls.matrix(rho)
        s = [cls.ntt(cls.sample_small(sigma, i)) for i in range(3)]
        e = [cls.ntt(cls.sample_small(sigma, 3 + i)) for i in range(3)]
        t = []
        for i in range(3):
            row = e[i]
            for j in range(3):
                row = cls.add(row, cls.multiply(a[i][j], s[j]))
            t.append(row)
        return b"".join(cls.encode(x, 12) for x in t) + rho

    @classmethod
    def encapsulate(cls, key, m):
        """Shared secret and ciphertext of the 32 random bytes m."""
        g = hashlib.sha3_512(m + hashlib.sha3_256(key).digest()).digest()
        shared, r = g[:32], g[32:]
        t = [cls.decode(key[384 * i:384 * (i + 1)], 12) for i in range(3)]
        a = cls.matrix(key[1152:])
        y = [cls.ntt(cls.sample_small(r, i)) for i in range(3)]
        u = []
        for i in range(3):
            total = [0] * 256
            for j in range(3):
                total = cls.add(total, cls.multiply(a[j][i], y[j]))
            u.append(cls.add(cls.ntt_inverse(total), cls.sample_small(r, 3 + i)))
        total = [0] * 256
        for j in range(3):
            total = cls.add(total, cls.multiply(t[j], y[j]))
        message = [1665 * bit for bit in cls.decode(m, 1)]
        v = cls.add(cls.add(cls.ntt_inverse(total), cls.sample_small(r, 6)), message)
        return shared, b"".join(cls.encode(cls.compress(x, 10), 10) for x in u) + cls.encode(cls.compress(v, 4), 4)


# Ed25519 (RFC 8032) as crypto.md signs with it, names and protobuf.
ED_Q = 2**255 - 19
ED_ORDER = 2**252 + 27742317777372353535851937790883648493
ED_D = -121665 * pow(121666, -1, ED_Q) % ED_Q


def ed_add(a, b):
    k = ED_D * a[0] * b[0] * a[1] * b[1]
    return (a[0] * b[1] + b[0] * a[1]) * pow(1 + k, -1, ED_Q) % ED_Q, (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, -1, ED_Q) % ED_Q


def ed_times(scalar):
    """`scalar` times the base point, as bytes."""
    y = 4 * pow(5, -1, ED_Q) % ED_Q
    square = (y * y - 1) * pow(ED_D * y * y + 1, -1, ED_Q) % ED_Q
    x = pow(square, (ED_Q + 3) // 8, ED_Q)
    if (x * x - square) % ED_Q:
        x = x * pow(2, (ED_Q - 1) // 4, ED_Q) % ED_Q
    point, out = (ED_Q - x if x & 1 else x, y), (0, 1)
    while scalar:
        if scalar & 1:
            out = ed_add(out, point)
        point, scalar = ed_add(point, point), scalar >> 1
    return (out[1] | (out[0] & 1) << 255).to_bytes(32, "little")


def ed_number(data):
    return int.from_bytes(hashlib.sha512(data).digest(), "little")


def sign(seed, label, body):
    """The device's key, and its signature under a label (crypto.md)."""
    return ed25519(seed, bytes([len(label)]) + label + hashlib.sha256(body).digest())


def ed25519(seed, text):
    """The device's key, and its signature: RFC 8032 5.1.6."""
    h = hashlib.sha512(seed).digest()
    secret = int.from_bytes(h[:32], "little") & ~7 & (2**255 - 1) | 2**254
    public = ed_times(secret)
    r = ed_number(h[32:] + text) % ED_ORDER
    big_r = ed_times(r)
    return public, big_r + ((r + ed_number(big_r + public + text) * secret) % ED_ORDER).to_bytes(32, "little")


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
