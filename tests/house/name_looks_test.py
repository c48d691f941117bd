#!/usr/bin/env python3
"""The table of look-alikes says what Unicode says, and the check of it sees when it does not. TAP."""
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TABLE = ROOT / "src/base/name_looks.c"


def check(path):
    return subprocess.run([sys.executable, ROOT / "tools/name_looks.py", "--check", path], capture_output=True, text=True, check=False)


def main():
    whole = check(TABLE)
    if whole.stdout.startswith("skipped"):
        print("1..0 # SKIP " + whole.stdout.strip())
        return 0
    good = whole.returncode == 0
    print(f"{'ok' if good else 'not ok'} 1 - what looks like what is as Unicode 15 has it")
    text = TABLE.read_text()
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "name_looks.c"
        other.write_text(text.replace("{0x1d41a, 0x1d421,", "{0x1d41a, 0x1d420,"))
        seen = check(other)
    found = seen.returncode == 1 and "U+1D421 looks" in seen.stdout and seen.stdout.count("\n") == 1
    print(f"{'ok' if found else 'not ok'} 2 - a look that the table lacks is seen")
    print("1..2")
    return 0 if good and found else 1


if __name__ == "__main__":
    sys.exit(main())
