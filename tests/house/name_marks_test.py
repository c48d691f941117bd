#!/usr/bin/env python3
"""The table of marks says what Unicode says, and the check of it sees when it does not. TAP."""
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TABLE = ROOT / "src/base/name_marks.c"


def check(path):
    return subprocess.run([sys.executable, ROOT / "tools/name_marks.py", "--check", path], capture_output=True, text=True, check=False)


def main():
    whole = check(TABLE)
    if whole.stdout.startswith("skipped"):
        print("1..0 # SKIP " + whole.stdout.strip())
        return 0
    good = whole.returncode == 0
    print(f"{'ok' if good else 'not ok'} 1 - the marks are those of Unicode 15")
    text = TABLE.read_text()
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "name_marks.c"
        other.write_text(text.replace("{0x0300, 0x036f}", "{0x0300, 0x036e}"))
        seen = check(other)
    found = seen.returncode == 1 and "U+036F is Mn" in seen.stdout and seen.stdout.count("\n") == 1
    print(f"{'ok' if found else 'not ok'} 2 - a mark that the table lacks is seen")
    print("1..2")
    return 0 if good and found else 1


if __name__ == "__main__":
    sys.exit(main())
