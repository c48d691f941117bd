#!/usr/bin/env python3
"""Write src/base/name_looks.c, what looks like what, or see that it still says what Unicode says.

In:  ICU (libicuuc, libicui18n) with the Unicode named below: its decompositions, case folding and confusables (UTS 39).
Out: the file on stdout, for clang-format; with --check nothing, and exit 1 with what differs; skipped where ICU is another one.

A code point goes to what it looks like: decomposed, marks dropped, folded, replaced by its prototype, a small capital or an
i with or without dot by a small letter, over and over until nothing changes.
"""
import argparse
import ctypes
import re
import sys
from pathlib import Path

MAJOR = 15
FILE = Path(__file__).resolve().parent.parent / "src/base/name_looks.c"
MARKS = (6, 7)  # Mn, Me
LETTERS = (1, 2, 3, 4, 5, 9, 10, 11)  # Lu Ll Lt Lm Lo Nd Nl No
OTHERS = (12, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29)  # punctuation and symbols, for those that look like letters
SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "HEBREW", "ARABIC", "DEVANAGARI", "BENGALI", "HIRAGANA", "KATAKANA",
           "HALFWIDTH", "FULLWIDTH", "GEORGIAN", "THAI")
POOL_BITS = 12
HEAD = """/*
 * Made by tools/name_looks.py from Unicode 15: its decompositions, case folding and confusables
 * (UTS 39). A code point goes to the sequence that it looks like, by two tables.
 */
#include "base/name_looks.h"

#include "base/name_marks.h"
#include "base/utf8.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

"""
TAIL = """/* Where `point` is in `singles`, or would be. */
static size_t single_at(uint32_t point)
{
    size_t from = 0;
    size_t to = COUNT_OF(singles);
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (point > singles[middle] >> 15) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

size_t name_looks_of(uint32_t point, uint32_t out[NAME_LOOKS_POINTS_MAX])
{
    const size_t at = single_at(point);
    if (at < COUNT_OF(singles) && singles[at] >> 15 == point) {
        const uint16_t *from = pool + (singles[at] >> 3 & 0xfff);
        const size_t len = singles[at] & 7;
        for (size_t i = 0; i < len; i++) {
            out[i] = from[i];
        }
        return len;
    }
    out[0] = point;
    for (size_t i = 0; i < COUNT_OF(runs); i++) {
        if (point >= runs[i].first && point <= runs[i].last) {
            out[0] = runs[i].to + (point - runs[i].first);
        }
    }
    return 1;
}

static bool is_between(uint32_t point, uint32_t first, uint32_t last)
{
    return point >= first && point <= last;
}

/* Has it twins that the tables leave out? */
static bool is_left_out(uint32_t point)
{
    return is_between(point, 0x1100, 0x11ff) || is_between(point, 0x2e80, 0x2fdf) ||
           is_between(point, 0x3131, 0x318e) || is_between(point, 0x3200, 0x33ff) ||
           is_between(point, 0xf900, 0xfaff) || is_between(point, 0x1ee00, 0x1eeff) ||
           is_between(point, 0x2f800, 0x2fa1f);
}

/* Joiners and presentations: name_check lets them stand where they do not tell names apart. */
static bool is_fine_print(uint32_t point)
{
    return name_marks_of(point) == NAME_MARKS_PILED || is_between(point, 0x200c, 0x200d) ||
           is_between(point, 0xfe0e, 0xfe0f);
}

bool name_looks_write(struct wr *w, struct span name)
{
    bool is_sure = true;
    size_t at = 0;
    while (at < name.len) {
        uint32_t point = 0;
        const size_t len = utf8_next(&point, name, at);
        if (len == 0) {
            return false;
        }
        at += len;
        is_sure = is_sure && !is_left_out(point);
        if (is_fine_print(point)) {
            continue;
        }
        uint32_t looks[NAME_LOOKS_POINTS_MAX];
        const size_t count = name_looks_of(point, looks);
        for (size_t i = 0; i < count; i++) {
            uint8_t bytes[4];
            wr_bytes(w, span_of(bytes, utf8_write(bytes, looks[i])));
        }
    }
    return is_sure;
}
"""


class Icu:
    """What is asked of ICU; OSError or AttributeError where there is none of that version."""

    def __init__(self):
        version = next(v for v in range(60, 90) if self.loads(v))
        self.suffix = f"_{version}"
        self.common = ctypes.CDLL(f"libicuuc.so.{version}")
        self.i18n = ctypes.CDLL(f"libicui18n.so.{version}")
        numbers = (ctypes.c_uint8 * 4)()
        self.of(self.common, "u_getUnicodeVersion")(numbers)
        self.unicode = numbers[0]
        self.error = ctypes.c_int(0)
        opener = self.of(self.i18n, "uspoof_open")
        opener.restype = ctypes.c_void_p
        self.spoof = ctypes.c_void_p(opener(ctypes.byref(self.error)))
        normal = self.of(self.common, "unorm2_getNFKDInstance")
        normal.restype = ctypes.c_void_p
        self.nfkd = ctypes.c_void_p(normal(ctypes.byref(self.error)))

    @staticmethod
    def loads(version):
        try:
            ctypes.CDLL(f"libicui18n.so.{version}")
            return True
        except OSError:
            return False

    def of(self, library, name):
        return getattr(library, name + self.suffix)

    def text(self, call, text):
        source = text.encode("utf-16-le")
        out = ctypes.create_string_buffer(2048)
        error = ctypes.c_int(0)
        count = call(source, len(source) // 2, out, len(out) // 2, ctypes.byref(error))
        if error.value > 0:
            sys.exit(f"ICU: error {error.value}")
        return out.raw[:2 * count].decode("utf-16-le")

    def category(self, char):
        return self.of(self.common, "u_charType")(ord(char))

    def name(self, char):
        out = ctypes.create_string_buffer(128)
        self.of(self.common, "u_charName")(ord(char), 0, out, 128, ctypes.byref(ctypes.c_int(0)))
        return out.value.decode()

    def decompose(self, text):
        call = self.of(self.common, "unorm2_normalize")
        whole = self.text(lambda s, n, o, m, e: call(self.nfkd, s, n, o, m, e), text)
        return "".join(c for c in whole if self.category(c) not in MARKS) or text

    def fold(self, text):
        call = self.of(self.common, "u_strFoldCase")
        return self.text(lambda s, n, o, m, e: call(o, m, s, n, 0, e), text)

    def prototype(self, text):
        call = self.of(self.i18n, "uspoof_getSkeleton")
        return "".join(self.text(lambda s, n, o, m, e: call(self.spoof, 0, s, n, o, m, e), c) for c in text)

    def small(self, char):
        name = self.name(char)
        if name.startswith("LATIN LETTER SMALL CAPITAL ") and len(name) == 28:
            return name[-1].lower()
        return "l" if char in "i\u0131\u0269" else char

    def looks(self, text):
        for _ in range(16):
            before = text
            text = self.decompose(self.prototype(self.decompose(text)))
            text = "".join(self.small(c) for c in self.fold(text))
            if text == before:
                return text
        return sys.exit(f"{text!r} comes to no end")


def is_left_out(point):
    """Syllables that are composed by rule, ideographs and radicals, symbols for mathematics in Arabic: name.md."""
    return (0x2e80 <= point < 0x2fe0 or 0x3131 <= point < 0x318f or 0x3200 <= point < 0xa000 or 0xac00 <= point < 0xd7a4 or
            0xd800 <= point < 0xfb00 or 0x1d000 <= point < 0x1d400 or 0x1ee00 <= point < 0x1ef00)


def rows(icu):
    """(point, what it looks like), ascending, for those that do not look like themselves."""
    for point in range(0x21, 0x20000):
        char = chr(point)
        if is_left_out(point) or icu.category(char) not in LETTERS + OTHERS:
            continue
        looks = icu.looks(char)
        plain = all(ord(c) < 0x80 and c.isalnum() for c in looks)
        if looks == char or len(looks) > 7 or any(ord(c) > 0xffff for c in looks):
            continue
        if plain or (icu.category(char) in LETTERS and icu.name(char).split(" ")[0] in SCRIPTS):
            yield point, looks


def shape(pairs):
    """Runs (first, last, to) of three and more that shift alike; the rest."""
    runs = []
    for point, looks in pairs:
        if runs and len(looks) == 1 and runs[-1][1] + 1 == point and len(runs[-1][2]) == 1 and \
                ord(looks) - ord(runs[-1][2]) == point - runs[-1][0]:
            runs[-1][1] = point
        else:
            runs.append([point, point, looks])
    long = [tuple(r) for r in runs if r[1] - r[0] >= 2]
    single = [(p, chr(ord(r[2]) + p - r[0]) if p > r[0] else r[2]) for r in runs if r[1] - r[0] < 2 for p in range(r[0], r[1] + 1)]
    return long, single


def lines(cells, each):
    return "".join("    " + ", ".join(cells[i:i + each]) + ",\n" for i in range(0, len(cells), each))


def write(icu):
    long, single = shape(rows(icu))
    pool = ""
    for looks in sorted({s[1] for s in single}, key=lambda s: (-len(s), s)):
        if looks not in pool:
            pool += looks
    if len(pool) > 1 << POOL_BITS:
        sys.exit("the sequences do not fit")
    packed = [point << (POOL_BITS + 3) | pool.index(looks) << 3 | len(looks) for point, looks in single]
    sys.stdout.write(HEAD + "/* What others look like, in sequences. */\nstatic const uint16_t pool[] = {\n" +
                     lines([f"0x{ord(c):x}" for c in pool], 12) + "};\n\n"
                     "/* A code point's 17 bits, 12 of where its sequence begins, 3 of how long it is. Ascending. */\n"
                     "static const uint32_t singles[] = {\n" + lines([f"0x{p:x}" for p in packed], 8) + "};\n\n"
                     "/* Neighbours that look like neighbours. Ascending. */\nstatic const struct {\n    uint32_t first;\n"
                     "    uint32_t last;\n    uint32_t to;\n} runs[] = {\n" +
                     lines(["{0x%x, 0x%x, 0x%x}" % (a, b, ord(c)) for a, b, c in long], 3) + "};\n\n" + TAIL)


def read(path):
    text = path.read_text()
    body = dict(re.findall(r"(\w+)\[\] = \{\n(.*?)\n\};", text, re.DOTALL))
    numbers = {name: [int(n, 16) for n in re.findall(r"0x[0-9a-f]+", cells)] for name, cells in body.items()}
    said = {}
    for packed in numbers["singles"]:
        start = packed >> 3 & ((1 << POOL_BITS) - 1)
        said[packed >> (POOL_BITS + 3)] = "".join(map(chr, numbers["pool"][start:start + (packed & 7)]))
    for i in range(0, len(numbers["runs"]), 3):
        first, last, to = numbers["runs"][i:i + 3]
        said.update({p: chr(to + p - first) for p in range(first, last + 1)})
    return said


def check(path, icu):
    said = read(path)
    wanted = dict(rows(icu))
    wrong = sorted(p for p in said.keys() | wanted.keys() if said.get(p) != wanted.get(p))
    for point in wrong:
        print(f"{path.name}: U+{point:04X} looks otherwise: make it anew with tools/name_looks.py")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("file", nargs="?", type=Path, default=FILE)
    options = parser.parse_args()
    try:
        icu = Icu()
        if icu.unicode != MAJOR:
            raise OSError
    except (OSError, AttributeError, StopIteration):
        print(f"skipped: there is no ICU with Unicode {MAJOR}")
        sys.exit(0 if options.check else 1)
    sys.exit(check(options.file, icu) if options.check else write(icu))


if __name__ == "__main__":
    main()
