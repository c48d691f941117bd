#!/usr/bin/env python3
"""Run every test and add up its cases.

In:  --units BUILD (run all of BUILD/tests), --programs BUILD (where bin/wavu of the scripts lies), --all (also the
     lints, tests/*/*.sh, tests/*/*_test.py, python/tests/*_test.py and tests/interop/run.sh), -j N at a time, words to filter by name.
     Each test prints TAP (cmocka does under CMOCKA_MESSAGE_OUTPUT=TAP).
Out: a line for each test, the whole output of each that failed, the reason of each skip, and at last
     "N passed, N failed" or "N passed, N failed, N skipped". Exit 0 when nothing failed.

A test that prints no case, prints fewer cases than its plan, dies, outlives its time or skips without a reason has failed.
"""
import argparse
import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNIT_SECONDS = 300
SCRIPT_SECONDS = 900
CASE = re.compile(r"^(ok|not ok)\b\s*(\d+)?\s*(?:-\s*)?(.*)$")
SKIP = re.compile(r"#\s*SKIP\b[:\s]*(.*)$", re.IGNORECASE)
LEAKS_REFUSED = "LeakSanitizer has encountered a fatal error"


class Test:
    """One program to run, and what came of it."""

    def __init__(self, name, command, seconds, alone=False):
        self.name = name
        self.command = command
        self.seconds = seconds
        self.alone = alone
        self.passed = 0
        self.failures = []
        self.skips = []
        self.output = ""
        self.took = 0.0


def environment(options):
    env = dict(os.environ)
    env.pop("LANGUAGE", None)
    env["LC_ALL"] = "C.UTF-8"  # tests read English
    env["CMOCKA_MESSAGE_OUTPUT"] = "TAP"
    env["WAVU_ROOT"] = str(ROOT)
    env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "detect_leaks=1:strict_string_checks=1:allocator_may_return_null=1")
    env["UBSAN_OPTIONS"] = env.get("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")
    env["TSAN_OPTIONS"] = env.get("TSAN_OPTIONS", "halt_on_error=1:allocator_may_return_null=1")
    if options.units:
        env["WAVU_UNITS"] = str(options.units.resolve())
    if options.programs:
        env["WAVU_BUILD"] = str(options.programs.resolve())
        env["WAVU_BIN"] = str(options.programs.resolve() / "bin" / "wavu")
    return env


def run_once(test, env):
    """Run the test's process group to its end or its time; return (exit code or None for time, output)."""
    process = subprocess.Popen(test.command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=test.seconds)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        code = None
    return code, output.decode("utf-8", "replace")


def read_tap(test, code):
    plan = None
    results = 0
    remark = ""
    for line in test.output.splitlines():
        found = re.match(r"^1\.\.(\d+)(?:\s*#\s*SKIP\b[:\s]*(.*))?", line, re.IGNORECASE)
        if found:
            plan = (plan or 0) + int(found.group(1))
            if found.group(1) == "0" and found.group(2):
                test.skips.append((test.name, found.group(2)))
                results = -1
            continue
        case = CASE.match(line)
        if not case:
            if line.strip() and not line.startswith(("# ok", "TAP version")):
                remark = line.strip().lstrip("# ")
            continue
        results += 1
        skip = SKIP.search(case.group(3))
        name = SKIP.sub("", case.group(3)).strip(" -")
        if case.group(1) == "not ok" and not skip:
            test.failures.append(name)
        elif skip:
            # cmocka writes the case's name where others write the reason; the reason is then the line before. Some of
            # its versions say "not ok" of a skipped case.
            reason = skip.group(1).strip() if name else remark
            if reason:
                test.skips.append((name or skip.group(1).strip(), reason))
            else:
                test.failures.append((name or skip.group(1)) + ": skipped without a reason")
            remark = ""
        else:
            test.passed += 1
    if code is None:
        test.failures.append(f"not done after {test.seconds} s")
    elif results == 0:
        test.failures.append(f"reported no case (exit {code})")
    elif plan is not None and 0 <= results < plan:
        test.failures.append(f"reported {results} of {plan} cases (exit {code})")
    elif code != 0 and not test.failures:
        test.failures.append(f"exit {code}")


def run(test, env):
    start = time.monotonic()
    code, test.output = run_once(test, env)
    if LEAKS_REFUSED in test.output:
        env = dict(env, ASAN_OPTIONS=env["ASAN_OPTIONS"] + ":detect_leaks=0")
        code, test.output = run_once(test, env)
        test.skips.append((test.name + ": leaks", "this machine forbids the ptrace that LeakSanitizer needs"))
    read_tap(test, code)
    test.took = time.monotonic() - start
    return test


def tsan_prefix(build):
    """ThreadSanitizer needs a memory layout without much randomness, where the machine lets us ask for it."""
    if "tsan" not in build.name:
        return []
    prefix = ["setarch", os.uname().machine, "-R"]
    try:
        if subprocess.run(prefix + ["true"], capture_output=True, check=False).returncode == 0:
            return prefix
    except FileNotFoundError:
        pass
    return []


def collect(options):
    tests = []
    if options.units:
        prefix = tsan_prefix(options.units)
        for path in sorted((options.units / "tests").glob("*")):
            if path.is_file() and os.access(path, os.X_OK) and source_exists(path.name):
                tests.append(Test(path.name, prefix + [str(path.resolve())], UNIT_SECONDS))
        if not tests:
            sys.exit(f"no test programs in {options.units}/tests: build it first")
    if not options.all:
        return tests
    build = ["--build", str(options.programs)] if options.programs else []
    tests.append(Test("layers", [sys.executable, "tools/layers.py", "--tap"] + build, UNIT_SECONDS))
    tests.append(Test("lint", [sys.executable, "tools/lint.py", "--tap"], UNIT_SECONDS))
    for path in sorted(ROOT.glob("tests/*/*_test.py")) + sorted(ROOT.glob("tests/*/*.sh")):
        folder = path.parent.name
        if folder not in ("interop", "support", "fuzz") and os.access(path, os.X_OK):
            command = [sys.executable, str(path)] if path.suffix == ".py" else [str(path)]
            tests.append(Test(f"{folder}/{path.name}", command, SCRIPT_SECONDS))
    for path in sorted(ROOT.glob("python/tests/*_test.py")):
        tests.append(Test(f"python/{path.name}", [sys.executable, str(path)], SCRIPT_SECONDS))
    if (ROOT / "tests/interop/run.sh").exists():
        tests.append(Test("interop", ["tests/interop/run.sh"], SCRIPT_SECONDS, alone=True))
    return tests


def source_exists(program):
    """False for a program whose source has gone since: a build folder keeps what it once built."""
    if program.endswith("_fuzz_smoke"):
        return (ROOT / "tests/fuzz" / (program[: -len("_smoke")] + ".c")).exists()
    return any(str(path.relative_to(ROOT / "tests")).replace("/", "_") == program + ".c"
               for path in ROOT.glob("tests/**/*_test.c"))


def report(test):
    state = "FAIL" if test.failures else "skip" if test.skips and not test.passed else "ok"
    print(f"{state:5} {test.name:44} {test.passed:5} cases {test.took:7.1f} s", flush=True)
    if test.failures:
        print("".join(f"      | {line}\n" for line in test.output.splitlines()), end="")
        for failure in test.failures:
            print(f"      failed: {test.name}: {failure}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=Path)
    parser.add_argument("--programs", type=Path)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("-j", type=int, default=2)
    parser.add_argument("only", nargs="*", help="run the tests whose name contains one of these words")
    options = parser.parse_args()
    tests = collect(options)
    if options.only:
        tests = [t for t in tests if any(word in t.name for word in options.only)]
    env = environment(options)
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, options.j)) as pool:
        for future in concurrent.futures.as_completed([pool.submit(run, t, env) for t in tests if not t.alone]):
            report(future.result())
    for test in tests:
        if test.alone:
            report(run(test, env))
    failed = sum(len(t.failures) for t in tests)
    skips = [skip for t in tests for skip in t.skips]
    for test in tests:
        for failure in test.failures:
            print(f"FAILED {test.name}: {failure}")
    for name, reason in skips:
        print(f"skipped {name}: {reason}")
    summary = f"{sum(t.passed for t in tests)} passed, {failed} failed"
    print(summary + (f", {len(skips)} skipped" if skips else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
