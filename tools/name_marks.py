#!/usr/bin/env python3
"""Write src/base/name_marks.c, the marks of Unicode 15, or see that it still says what Unicode says.

In:  Python's unicodedata, or the module unicodedata2 where it is installed (a Python before 3.12 has an older Unicode).
Out: the file on stdout, for clang-format; with --check nothing, and exit 1 with what differs. An older Unicode judges the
characters that it knows, a newer one than 15 none.
"""
import argparse
import re
import sys
from pathlib import Path

try:
    import unicodedata2 as unicodedata
except ImportError:
    import unicodedata

MAJOR = 15
FILE = Path(__file__).resolve().parent.parent / "src/base/name_marks.c"
KINDS = {"Mn": "PILED", "Me": "PILED", "Mc": "SPACING"}
HEAD = """/*
 * Made by tools/name_marks.py from Unicode 15: the categories Mn and Me (drawn over or under the
 * letter) and Mc (drawn beside it). Ascending.
 */
#include "base/name_marks.h"

#include <stddef.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct range {
    uint32_t first;
    uint32_t last;
};

"""
TAIL = """static bool is_in(const struct range *ranges, size_t count, uint32_t point)
{
    size_t from = 0;
    size_t to = count;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (point > ranges[middle].last) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < count && point >= ranges[from].first;
}

enum name_marks name_marks_of(uint32_t point)
{
    if (is_in(piled, COUNT_OF(piled), point)) {
        return NAME_MARKS_PILED;
    }
    return is_in(spacing, COUNT_OF(spacing), point) ? NAME_MARKS_SPACING : NAME_MARKS_NONE;
}
"""


def ranges_of(kind):
    ranges = []
    for point in range(0x110000):
        if KINDS.get(unicodedata.category(chr(point))) == kind:
            if ranges and ranges[-1][1] == point - 1:
                ranges[-1][1] = point
            else:
                ranges.append([point, point])
    return ranges


def table(name, ranges):
    cells = ["{0x%04x, 0x%04x}" % tuple(r) for r in ranges]
    lines = ["    " + ", ".join(cells[i:i + 4]) + ",\n" for i in range(0, len(cells), 4)]
    return f"static const struct range {name}[] = {{\n{''.join(lines)}}};\n\n"


def write():
    if int(unicodedata.unidata_version.split(".")[0]) != MAJOR:
        sys.exit(f"this Python knows Unicode {unicodedata.unidata_version}; the table is that of {MAJOR}: install unicodedata2 15")
    sys.stdout.write(HEAD + table("piled", ranges_of("PILED")) + table("spacing", ranges_of("SPACING")) + TAIL)


def check(path):
    if int(unicodedata.unidata_version.split(".")[0]) > MAJOR:
        print(f"skipped: Unicode {unicodedata.unidata_version} is newer than the table")
        return 0
    said = {}
    for name, body in re.findall(r"struct range (\w+)\[\] = \{(.*?)\n\};", path.read_text(), re.DOTALL):
        for first, last in re.findall(r"\{(0x[0-9a-f]+), (0x[0-9a-f]+)\}", body):
            said.update(dict.fromkeys(range(int(first, 16), int(last, 16) + 1), name.upper()))
    wrong = 0
    for point in range(0x110000):
        category = unicodedata.category(chr(point))
        if category != "Cn" and said.get(point) != KINDS.get(category):
            print(f"{path.name}: U+{point:04X} is {category}: make it anew with tools/name_marks.py")
            wrong += 1
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("file", nargs="?", type=Path, default=FILE)
    options = parser.parse_args()
    if options.check:
        sys.exit(check(options.file))
    write()


if __name__ == "__main__":
    main()
