#!/usr/bin/env python3
"""Vectors of the membership log, from docs/protocol/members.md, members.proto, crypto.md and RFC 8032 alone: a genesis, each
kind of operation, and the state they come to. Prints the text of tests/vectors/members.txt."""
import hashlib

from vectors_entry import field, name, sign

INVITE, JOIN, DEVICE, REMOVE, REVOKE, COSIGN, SUCCEED, MERGE, LEAVE, LATER = 1, 2, 3, 4, 5, 6, 7, 8, 9, 77
INVITED, BELONGS, REVOKED, LEFT = 1, 2, 4, 5


def stream(text, length):
    return hashlib.shake_256(b"wavu members vectors: " + text.encode()).digest(length)


def public(who):
    return sign(stream(who, 32), b"", b"")[0]


def show(record):
    print()
    for what, value in record:
        print(f"{what} = {value.hex() if isinstance(value, bytes) else value}")


class Log:
    def __init__(self):
        body = (field(1, 1) + field(2, b"familia-1") + field(3, 1) + field(4, public("f root")) + field(5, stream("nonce", 16)))
        self.network = self.put("f root", b"wavu members genesis 1", body, [("genesis", "familia-1")])
        self.member, self.grant, self.join, self.chain = {"f": self.network}, {}, {}, {}

    def put(self, who, label, body, record):
        signature = sign(stream(who, 32), label, body)[1]
        one = name(label, body)
        show(record + [("seed", stream(who, 32)), ("body", body), ("id", one),
                       ("signed", field(1, body) + field(2, signature))])
        return one

    def op(self, who, kind, content=b"", parents=(), record=()):
        """An operation by key `who`: its member's name, a space, and which key of it."""
        member = who.split()[0]
        sequence, previous = self.chain.get(who, (0, None))
        body = field(1, 1) + field(2, self.network) + field(3, kind) + field(5, self.member[member]) + field(6, public(who))
        if who in self.grant:
            body += field(7, self.grant[who])
        if ("device" in who and kind != JOIN or kind == LEAVE) and member in self.join:
            body += field(8, self.join[member])
        body += field(9, sequence + 1) + (field(10, previous) if previous else b"")
        body += b"".join(field(11, p) for p in parents) + (field(12, content) if content else b"")
        one = self.put(who, b"wavu members operation 1", body, [("kind", kind)] + list(record))
        self.chain[who] = sequence + 1, one
        return one

    def cut(self, who):
        sequence, one = self.chain[who]
        return field(1, sequence) + field(2, one)

    def device(self, root, who, has_leaf):
        leaf = stream(f"{who} leaf", 32) if has_leaf else b""
        text = self.network + self.member[root.split()[0]] + public(root) + leaf
        consent = sign(stream(who, 32), b"wavu members device 1", text)[1]
        content = field(1, public(who)) + field(2, consent) + (field(3, leaf) if leaf else b"")
        self.grant[who] = self.op(root, DEVICE, content, (), [("key", stream(who, 32))] + [("leaf", leaf)] * has_leaf)

    def succeed(self, root, who):
        consent = sign(stream(who, 32), b"wavu members succeed 1", self.network + self.member[root.split()[0]] + public(root))[1]
        content = field(1, public(who)) + field(2, consent) + field(15, stream("salt of succession", 16))
        self.grant[who] = self.op(root, SUCCEED, content, (), [("key", stream(who, 32))])

    def invite(self, by, member, parents=()):
        self.member[member] = self.op(by, INVITE, field(1, public(f"{member} root")), parents)
        self.device(f"{member} root", f"{member} device", True)
        self.join[member] = self.op(f"{member} device", JOIN)

    def state(self, members):
        """Of (member, status, key that is its root, live devices)."""
        out = b""
        for member, status, root, devices in sorted(members, key=lambda m: self.member[m[0]]):
            out += self.member[member] + bytes([status, 1]) + len(devices).to_bytes(4, "big") + public(root)
            out += b"".join(sorted(public(d) for d in devices))
        return name(b"wavu members state 1", out)


def main():
    print("# A membership log: a genesis, operations, the hash of their state. Made by tests/support/vectors_log.py.")
    print("# seed: the author's key; key: the seed of the key that a DEVICE or SUCCEED makes.")
    log = Log()
    log.device("f root", "f device", True)
    log.invite("f device", "a")
    log.invite("f device", "b", [log.join["a"]])
    log.device("a root", "a device 2", False)
    log.op("a device 2", LATER, stream("of another program", 20))
    log.op("a root", REMOVE, field(1, log.grant["a device 2"]) + field(2, log.cut("a device 2"))
           + field(15, stream("salt of removal", 16)))
    log.invite("a device", "c")
    revoke = log.op("b device", REVOKE, field(1, log.member["c"]) + field(2, 1) + field(3, log.cut("c root"))
                    + field(3, log.cut("c device")) + field(15, stream("salt of revocation", 16)), [log.join["c"]])
    log.op("f device", COSIGN, field(1, revoke))
    log.succeed("b root", "b root 2")
    log.device("b root 2", "b device 2", False)
    log.op("a device", INVITE, field(1, public("d root")) + field(2, 1))  # by its node's door
    log.member["d"] = log.chain["a device"][1]
    log.invite("a device", "e")
    log.op("e device", LEAVE)
    log.invite("a device", "g")
    log.op("g device", INVITE, field(1, public("h root")))
    log.member["h"] = log.chain["g device"][1]
    log.succeed("g root", "g root 2")
    log.op("g root 2", LEAVE, field(1, log.cut("g root")) + field(1, log.cut("g device")))
    log.op("g device", INVITE, field(1, public("i root")))  # behind the LEAVE's cut: void
    log.op("f device", MERGE, b"", [log.chain["a root"][1], log.chain["b root 2"][1], log.chain["a device"][1]])
    show([("state", log.state((("f", BELONGS, "f root", ["f device"]), ("a", BELONGS, "a root", ["a device"]),
                               ("b", BELONGS, "b root 2", ["b device", "b device 2"]), ("c", REVOKED, "c root", []),
                               ("d", INVITED, "d root", []), ("e", LEFT, "e root", []), ("g", LEFT, "g root 2", []),
                               ("h", INVITED, "h root", []))))])


if __name__ == "__main__":
    main()
