"""Hold base/pb against protoc's code on random messages.

Usage: pb_oracle.py TOOL FOLDER [SEED [MESSAGES]]
TOOL is base_pb_oracle_tool; FOLDER has pb_oracle_pb2.py. Prints TAP lines; exits 1 when one failed.
"""

import random
import struct
import subprocess
import sys
import warnings

sys.path.insert(0, sys.argv[2])
import pb_oracle_pb2 as oracle  # noqa: E402  (made by protoc for this run)

from google.protobuf.descriptor import FieldDescriptor as Kind  # noqa: E402
from google.protobuf.message import DecodeError  # noqa: E402

DEPTH = 4
INTERESTING = [0, 1, 2, 127, 128, 129, 255, 256, 16383, 16384, 2**31 - 1, 2**31, 2**32 - 1]
INTERESTING += [2**32, 2**35, 2**53, 2**62, 2**63 - 1, 2**63, 2**64 - 1]
RANGES = {
    Kind.TYPE_INT32: (-(2**31), 2**31 - 1), Kind.TYPE_INT64: (-(2**63), 2**63 - 1),
    Kind.TYPE_UINT32: (0, 2**32 - 1), Kind.TYPE_UINT64: (0, 2**64 - 1),
    Kind.TYPE_SINT32: (-(2**31), 2**31 - 1), Kind.TYPE_SINT64: (-(2**63), 2**63 - 1),
    Kind.TYPE_FIXED32: (0, 2**32 - 1), Kind.TYPE_FIXED64: (0, 2**64 - 1),
    Kind.TYPE_SFIXED32: (-(2**31), 2**31 - 1), Kind.TYPE_SFIXED64: (-(2**63), 2**63 - 1),
}
FAILURES_SHOWN = 5


class Tool:
    """The C program: one line in, one line out."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"not ok - the tool died on: {line[:400]}")
        return answer.decode().rstrip("\n")

    def read(self, data):
        """(minimal bytes, dump), or None when refused."""
        answer = self.ask("r " + data.hex())
        if answer == "bad":
            return None
        _, text, *dump = answer.split(" ")
        return bytes.fromhex(text), " ".join(dump)

    def write(self, dump):
        return bytes.fromhex(self.ask("w " + dump).split(" ")[1])


def random_value(rng, field):
    kind = field.type
    if kind in RANGES:
        low, high = RANGES[kind]
        value = rng.choice(INTERESTING) if rng.random() < 0.5 else rng.getrandbits(rng.randint(1, 64))
        if low < 0 and rng.random() < 0.5:
            value = -value
        return min(max(value, low), high)
    if kind == Kind.TYPE_BOOL:
        return rng.random() < 0.5
    if kind == Kind.TYPE_ENUM:
        return rng.choice(list(oracle.Colour.values()))
    if kind == Kind.TYPE_FLOAT:
        return struct.unpack("<f", struct.pack("<f", rng.uniform(-1e9, 1e9)))[0]
    if kind == Kind.TYPE_DOUBLE:
        return rng.choice([0.0, -0.0, 1.5, float("inf"), 5e-324, rng.uniform(-1e300, 1e300)])
    if kind == Kind.TYPE_STRING:
        return "".join(rng.choice("abcXYZ019-/") for _ in range(random_size(rng)))
    return rng.randbytes(random_size(rng))


def random_size(rng):
    return rng.choice([0, 1, 2, 3, 10, 127, 128, 300]) if rng.random() < 0.9 else rng.randint(0, 20000)


def fill(rng, message, depth):
    """Set random fields of `message`."""
    density = rng.choice([0.1, 0.3, 0.8])
    for field in message.DESCRIPTOR.fields:
        if rng.random() > density:
            continue
        if field.type == Kind.TYPE_MESSAGE:
            if depth == DEPTH:
                continue
            if field.label == Kind.LABEL_REPEATED:
                for _ in range(rng.randint(0, 3)):
                    fill(rng, getattr(message, field.name).add(), depth + 1)
            else:
                getattr(message, field.name).SetInParent()
                fill(rng, getattr(message, field.name), depth + 1)
        elif field.label == Kind.LABEL_REPEATED:
            getattr(message, field.name).extend(random_value(rng, field) for _ in range(rng.randint(0, 5)))
        else:
            setattr(message, field.name, random_value(rng, field))


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def on_wire(field, value):
    """(letter of the dump, number on the wire) of a scalar, from the encoding guide."""
    kind = field.type
    if kind in (Kind.TYPE_SINT32, Kind.TYPE_SINT64):
        return "v", 2 * value if value >= 0 else -2 * value - 1
    if kind in (Kind.TYPE_FIXED32, Kind.TYPE_SFIXED32):
        return "d", value % 2**32
    if kind in (Kind.TYPE_FIXED64, Kind.TYPE_SFIXED64):
        return "q", value % 2**64
    if kind == Kind.TYPE_FLOAT:
        return "d", int.from_bytes(struct.pack("<f", value), "little")
    if kind == Kind.TYPE_DOUBLE:
        return "q", int.from_bytes(struct.pack("<d", value), "little")
    return "v", int(value) % 2**64


def dump_packed(field, values):
    out = bytearray()
    for value in values:
        letter, number = on_wire(field, value)
        out += varint(number) if letter == "v" else number.to_bytes(8 if letter == "q" else 4, "little")
    return f"b{field.number}={out.hex()}"


def dump(message, for_writing):
    """The DUMP of the tool, made from the values that protoc's code holds."""
    parts = []
    for field, value in message.ListFields():
        repeated = field.label == Kind.LABEL_REPEATED
        if repeated and field.GetOptions().packed:
            parts.append(dump_packed(field, value))
            continue
        for one in value if repeated else [value]:
            if field.type == Kind.TYPE_MESSAGE:
                parts += [f"m{field.number}", *dump(one, for_writing), "e"]
            elif field.type == Kind.TYPE_STRING and for_writing:
                parts.append(f"t{field.number}={one}")
            elif field.type == Kind.TYPE_BOOL and for_writing:
                parts.append(f"o{field.number}={int(one)}")
            elif field.type in (Kind.TYPE_STRING, Kind.TYPE_BYTES):
                parts.append(f"b{field.number}={(one.encode() if isinstance(one, str) else one).hex()}")
            else:
                letter, number = on_wire(field, one)
                parts.append(f"{letter}{field.number}={number}")
    return parts


def has_group(message):
    """Whether protoc's code kept a group as an unknown field: we refuse those."""
    if any(unknown.wire_type == 3 for unknown in message.UnknownFields()):
        return True
    for field, value in message.ListFields():
        if field.type == Kind.TYPE_MESSAGE:
            if any(has_group(one) for one in (value if field.label == Kind.LABEL_REPEATED else [value])):
                return True
    return False


def take_varint(data, at):
    value = shift = 0
    while at < len(data):
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            break
    return value, at


def has_wide_tag(data):
    """Whether a tag in accepted `data` has more than 32 bits: protoc's code drops them, we refuse."""
    at = 0
    while at < len(data):
        tag, at = take_varint(data, at)
        if tag >= 2**32:
            return True
        value, behind = take_varint(data, at)
        if tag % 8 == 2 and tag >> 3 == oracle.Narrow.DESCRIPTOR.fields_by_name["child"].number:
            if has_wide_tag(data[behind:behind + value]):
                return True
        at = {0: behind, 1: at + 8, 2: behind + value, 5: at + 4}.get(tag % 8, len(data))
    return False


def mutate(rng, data):
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        choice = rng.random()
        at = rng.randrange(len(data) + 1)
        if choice < 0.3 and data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
        elif choice < 0.5 and data:
            del data[at % len(data):at % len(data) + rng.randint(1, 3)]
        elif choice < 0.7:
            data[at:at] = rng.randbytes(rng.randint(1, 3))
        elif choice < 0.85:
            data[at:at] = stretched(rng, rng.choice([8, 16, 58, 32762]), 5) + stretched(rng, 5, 10)
        else:
            del data[at:]
    return bytes(data)


def stretched(rng, value, most):
    """A varint that is longer than it must be, and at times longer than it may be."""
    out = bytearray(varint(value))
    extra = rng.randint(0, most + 1 - len(out))
    if extra > 0:
        out[-1] |= 0x80
        out += b"\x80" * (extra - 1) + b"\x00"
    return bytes(out)


class Report:
    def __init__(self):
        self.failed = 0

    def case(self, name, failures, count):
        for failure in failures[:FAILURES_SHOWN]:
            print(f"# {failure}")
        self.failed += bool(failures)
        print(f"{'not ok' if failures else 'ok'} - {name} ({count} messages)")


def parse(kind, data):
    message = kind()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            message.ParseFromString(data)
        except DecodeError:
            return None
    # It only warns at the end of a group that had no start; what follows is not read then.
    return None if said else message


def test_reading(rng, tool, count, report):
    failures = []
    for _ in range(count):
        message = oracle.Wide()
        fill(rng, message, 0)
        data = message.SerializeToString(deterministic=True)
        got = tool.read(data)
        if got is None:
            failures.append(f"refused {data.hex()[:400]}")
        elif got[1] != " ".join(dump(message, False)):
            failures.append(f"other fields in {data.hex()[:400]}")
        elif got[0] != data:
            failures.append(f"written again it differs: {data.hex()[:400]}")
    report.case("pb reads what protoc's code writes, field by field", failures, count)


def test_writing(rng, tool, count, report):
    failures = []
    for _ in range(count):
        message = oracle.Wide()
        fill(rng, message, 0)
        text = " ".join(dump(message, True))
        if tool.write(text) != message.SerializeToString(deterministic=True):
            failures.append(f"other bytes for {text[:400]}")
    report.case("pb writes what protoc's code writes, byte by byte", failures, count)


def test_unknown(rng, tool, count, report):
    failures = []
    for _ in range(count):
        message = oracle.Wide()
        fill(rng, message, 0)
        through = oracle.Narrow.FromString(message.SerializeToString()).SerializeToString()
        got = tool.read(through)
        back = got and parse(oracle.Wide, got[0])
        if not back or back.SerializeToString(deterministic=True) != message.SerializeToString(deterministic=True):
            failures.append(f"lost something of {through.hex()[:400]}")
    report.case("fields that a reader does not know come through", failures, count)


def test_mutations(rng, tool, count, report):
    """Read as Narrow, whose known fields check nothing that the wire format does not."""
    failures = []
    refused = 0
    for _ in range(count):
        message = oracle.Narrow()
        fill(rng, message, 0)
        data = mutate(rng, message.SerializeToString() + rng.choice([b"", b"\xf8\x07\x01\x25abcd"]))
        # protoc's code parses field 21 only where it knows it: let it be unknown to both.
        if b"\xaa\x01" in data or b"\xaa\x81" in data:
            continue
        theirs = parse(oracle.Narrow, data)
        ours = tool.read(data)
        refused += ours is None
        if theirs is None and ours is not None:
            failures.append(f"accepted what protoc's code refuses: {data.hex()[:400]}")
        elif theirs is not None and ours is None and not has_group(theirs) and not has_wide_tag(data):
            failures.append(f"refused what protoc's code accepts: {data.hex()[:400]}")
        elif theirs is not None and ours is not None:
            again = parse(oracle.Narrow, ours[0])
            same = again and again.SerializeToString(deterministic=True)
            if same != theirs.SerializeToString(deterministic=True):
                failures.append(f"read it differently: {data.hex()[:400]}")
    if not count // 10 < refused < count - count // 10:
        failures.append(f"{refused} of {count} refused: the mutations test one side only")
    report.case("damaged messages are refused where protoc's code refuses them", failures, count)


def main():
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 2000
    rng = random.Random(seed)
    tool = Tool(sys.argv[1])
    report = Report()
    print(f"# seed {seed}")
    test_reading(rng, tool, count, report)
    test_writing(rng, tool, count, report)
    test_unknown(rng, tool, count // 2, report)
    test_mutations(rng, tool, 2 * count, report)
    tool.process.stdin.close()
    if tool.process.wait() != 0:
        print("not ok - the tool ended in good order")
        report.failed += 1
    return 1 if report.failed else 0


sys.exit(main())
