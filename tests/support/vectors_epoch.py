#!/usr/bin/env python3
"""Vectors of group keys, from docs/protocol/epoch.md, entry.md, crypto.md and epoch.proto alone. Prints the text of
tests/vectors/epoch.txt: one group of three devices, a, b and c, with changes of each kind, and a fourth, d, who joins."""
import hashlib

from vectors_lib import MlKem768, chacha20_poly1305, field, kdf, name, sign, varint, x25519, x25519_public

OUT = []


def stream(text, length):
    return hashlib.shake_256(b"wavu epoch vectors: " + text.encode()).digest(length)


def say(what, value):
    OUT.append(f"{what} = {value.hex()}")
    return value


class Device:
    """One installation: its keys, its first leaf, and all that it draws at random, in order."""

    def __init__(self, letter):
        self.seed = say(f"seed_{letter}", stream(f"device {letter}", 32))
        self.key = sign(self.seed, b"", b"")[0]
        self.drawn, self.letter = b"", letter
        self.leaf = self.make_leaf(True)
        say(f"leaf_{letter}", self.leaf[0])
        say(f"mlkem_{letter}", self.leaf[1])

    def draw(self, length):
        """The next bytes of this device's randomness."""
        out = stream(f"random {self.letter} {len(self.drawn)}", length)
        self.drawn += out
        return out

    def make_leaf(self, is_full):
        """X25519 and ML-KEM public keys of a fresh leaf; the latter only of a full one."""
        x = x25519_public(self.draw(32))
        return x, MlKem768.public_key(self.draw(64)) if is_full else None


def encapsulate(author, leaf, context):
    """crypto.md's hybrid encapsulation: what is carried, and z."""
    fresh, m = author.draw(32), author.draw(32)
    s2, c = MlKem768.encapsulate(leaf[1], m)
    r = x25519_public(fresh)
    parts = x25519(fresh, leaf[0]) + r + leaf[0] + hashlib.sha256(c).digest() + hashlib.sha256(leaf[1]).digest()
    return r + c, kdf(s2, b"wavu hybrid 1", parts + context, 32)


def seal(author, to, leaf, change, label, is_full, base=None, beside=b""):
    """carried and sealed of `change`'s seed to one device."""
    bound = change.id + to.key
    if is_full:
        carried, z = encapsulate(author, leaf, bound)
    else:
        fresh = author.draw(32)
        carried, z = x25519_public(fresh), x25519(fresh, leaf[0])
    secret = (base.pair(author, to) if base else b"") + z
    key = kdf(secret, label, bound + (base.id if base else bytes(32)) + carried, 32)
    return carried, chacha20_poly1305(key, bytes(12), change.seed, b"\1" + bound + beside)


def members_hash(devices):
    return name(b"wavu epoch members 1", b"".join(sorted(d.key for d in devices)))


class Change:
    """A change with its secrets."""

    def __init__(self, group, author, sequence, parents, log_head, view, kind="light"):
        self.author, self.view = author, view
        self.parents = sorted(parents, key=lambda c: c.id)
        leaf = None if kind == "derived" else author.make_leaf(kind == "full")
        if kind == "derived":
            context = group + author.key + sequence.to_bytes(8, "big") + members_hash(view)
            self.seed = kdf(b"".join(c.merge for c in self.parents), b"wavu epoch derived 1", context, 32)
        else:
            self.seed = author.draw(32)
        body = field(1, 1) + field(2, group) + field(3, author.key) + field(4, sequence)
        body += field(5, 2 if kind == "derived" else 1) + b"".join(field(6, c.id) for c in self.parents) + field(7, log_head)
        body += field(8, members_hash(view)) + field(9, name(b"wavu epoch seed 1", self.seed))
        if leaf:
            body += field(10, leaf[0]) + (field(11, leaf[1]) if leaf[1] else b"")
        self.signed = field(1, body) + field(2, sign(author.seed, b"wavu epoch change 1", body)[1])
        self.message = field(1, self.signed)
        self.id = name(b"wavu epoch change 1", body)
        secrets = kdf(self.seed, b"wavu epoch secrets 1", self.id, 96)
        self.root, self.merge, self.pair_root = secrets[:32], secrets[32:64], secrets[64:]

    def pair(self, a, b):
        return kdf(self.pair_root, b"wavu epoch pair 1", self.id + a.key + b.key, 32)

    def wrap(self, to, is_full, base=None):
        """The message that brings the seed to one device; its leaf is the first one."""
        carried, sealed = seal(self.author, to, to.leaf, self, b"wavu epoch wrap 1", is_full, base)
        hints = field(1, self.id[:8]) + (field(2, base.id[:8]) if base else b"")
        return field(2, hints + field(3, 1) + field(4, carried) + field(5, sealed))


class Epoch:
    """The epoch of some heads."""

    def __init__(self, group, heads):
        self.group = group
        heads = sorted(heads, key=lambda c: c.id)
        members = [d for d in heads[0].view if all(d in c.view for c in heads)]
        ids = b"".join(c.id for c in heads)
        self.id = name(b"wavu epoch 1", group + len(heads).to_bytes(4, "big") + ids + members_hash(members))
        self.root = heads[0].root
        if len(heads) > 1:
            self.root = kdf(b"".join(c.merge for c in heads), b"wavu epoch merge 1", self.id, 32)
        self.name = field(3, field(1, group) + b"".join(field(2, c.id) for c in heads))

    def chain(self, device):
        return kdf(self.root, b"wavu epoch chain 1", self.id + device.key, 32)

    def entry(self, device, room, content, generation):
        """A sealed entry, the device's first in the room, and its id."""
        chain = self.chain(device)
        for _ in range(generation + 1):
            step = kdf(chain, b"wavu epoch step 1", b"", 96)
            chain, key, salt = step[:32], step[32:64], step[64:]
        links = name(b"wavu entry links 1", bytes(32))
        body = (b"\1" + self.group + room + device.key + (1).to_bytes(8, "big") + links + bytes(1 + 8 + 8)
                + name(b"wavu entry content 1", salt + content))
        plain = room[:8] + varint(1) + varint(0) + b"\0" + links + content
        bound = b"\1\2" + self.group + self.id + device.key + generation.to_bytes(4, "big")
        sealed = b"\1" + device.key[:8] + self.id[:8] + varint(generation) + chacha20_poly1305(key, bytes(12), plain, bound)
        return sealed, name(b"wavu entry 1", body)


def ordered(devices):
    return sorted(devices, key=lambda d: d.key)


def main():
    group, room, log, log_later = (say(what, stream(what, 32)) for what in ("group", "room", "log", "log_later"))
    a, b, c, d = (Device(letter) for letter in "abcd")
    three, content = [a, b, c], say("content", b"Habari za mchana")

    full = Change(group, a, 1, [], log, three, "full")
    say("change_full", full.message)
    for to in ordered([b, c]):
        say(f"wrap_full_{to.letter}", full.wrap(to, True))
    one = Epoch(group, [full])
    for what, value in (("id_full", full.id), ("merge_full", full.merge), ("epoch_one", one.id), ("chain_one_a", one.chain(a)),
                        ("pair_full_ab", full.pair(a, b)), ("pair_full_ba", full.pair(b, a)), *zip(("entry_one", "entry_one_id"), one.entry(a, room, content, 0))):
        say(what, value)

    light = Change(group, a, 2, [full], log, three)
    say("change_light", light.message)
    for to in ordered([b, c]):
        say(f"wrap_light_{to.letter}", light.wrap(to, False, full))
    other = Change(group, c, 1, [full], log, three)
    say("change_other", other.message)
    for to in ordered([a, b]):
        say(f"wrap_other_{to.letter}", other.wrap(to, False, full))
    both = Epoch(group, [light, other])
    for what, value in (("merge_light", light.merge), ("merge_other", other.merge), ("name", both.name), ("epoch_both", both.id),
                        *zip(("entry_both", "entry_both_id"), both.entry(c, room, content, 3))):
        say(what, value)

    x, mlkem = d.make_leaf(True)
    body = field(1, 1) + field(2, group) + field(3, d.key) + field(4, 1) + field(5, x + mlkem) + field(6, 0) + field(7, 1)
    say("ask", field(4, field(1, body) + field(2, sign(d.seed, b"wavu epoch ask 1", body)[1])))
    body = field(1, 1) + field(2, group) + field(3, d.key) + field(4, d.leaf[0]) + field(5, d.leaf[1])
    say("leaf_said_d", field(6, field(1, body) + field(2, sign(d.seed, b"wavu epoch leaf 1", body)[1])))
    derived = Change(group, a, 3, [light, other], log_later, three + [d], "derived")
    past = [full.id, light.id, other.id]  # in the order in which they came to a
    beside = name(b"wavu epoch past 1", b"".join(past))
    carried, sealed = seal(a, d, (x, mlkem), derived, b"wavu epoch welcome 1", True, None, beside)
    say("change_derived", derived.message)
    say("welcome", field(5, field(1, derived.signed) + field(2, d.key) + field(3, 1) + field(4, 1) + field(5, carried)
                         + field(6, sealed) + b"".join(field(7, one) for one in past)))
    say("merge_derived", derived.merge)
    say("epoch_derived", Epoch(group, [derived]).id)
    x, mlkem = b.make_leaf(True)
    body = field(1, 1) + field(2, group) + field(3, b.key) + field(4, 1) + field(5, x + mlkem) + field(6, 0)
    say("ask_b", field(4, field(1, body) + field(2, sign(b.seed, b"wavu epoch ask 1", body)[1])))
    carried, sealed = seal(a, b, (x, mlkem), derived, b"wavu epoch given 1", True)
    say("given_b", field(2, field(1, derived.id[:8]) + field(3, 1) + field(4, carried) + field(5, sealed)))
    for device in (a, b, c, d):
        say(f"random_{device.letter}", device.drawn)
    print("# Group keys, ChaCha20-Poly1305. Made by tests/support/vectors_epoch.py, which says what each is. random: what a device draws,")
    print("# in order. a makes a full and a light change, c another light one, beside it; d asks, and a welcomes it with a")
    print("# derived one. b may have missed wraps: it asks, and a gives it the derived one's secret.")
    print("\n".join(OUT))


if __name__ == "__main__":
    main()
