"""unittest, told as TAP, which tools/test.py reads; and the program that is tested.

WAVU_BIN names the program; without it the newest build/*/bin/wavu is tested.
"""
import os
import sys
import traceback
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = ROOT / "python"
sys.path.insert(0, str(PYTHON))


def program():
    """The wavu to test."""
    named = os.environ.get("WAVU_BIN")
    built = sorted(ROOT.glob("build/*/bin/wavu"), key=lambda path: path.stat().st_mtime, reverse=True)
    if not named and not built:
        print("Bail out! there is no wavu to test: build it first, or name it in WAVU_BIN")
        sys.exit(1)
    return str(Path(named).resolve() if named else built[0])


class Result(unittest.TestResult):
    """One line a case."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def tell(self, is_good, test, more="", error=None):
        self.count += 1
        if error is not None:
            for line in "".join(traceback.format_exception(*error)).splitlines():
                print(f"# {line}")
        print(f"{'ok' if is_good else 'not ok'} {self.count} - {test}{more}", flush=True)

    def addSuccess(self, test):
        self.tell(True, test._testMethodName)

    def addSkip(self, test, reason):
        self.tell(True, test._testMethodName, f" # SKIP {reason}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.tell(False, test._testMethodName, error=err)

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.tell(False, f"{test._testMethodName} {subtest._subDescription()}", error=err)


def main():
    """Run the tests of the calling file."""
    result = Result()
    unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]).run(result)
    print(f"1..{result.count}")
    sys.exit(0 if result.wasSuccessful() else 1)
