#!/usr/bin/env python3
"""Hold the sources against the house's shape: sizes, banned calls, twins, folder readmes, leftovers, promises, the flow, rows,
format.

In:  the tree (--root). Out: one message a violation with its cure, exit 1 when there is any; --tap prints one case a rule.
There is no way to switch a rule off for a place: the rule or the place is wrong.
"""
import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import csource  # noqa: E402
import limits  # noqa: E402

FUNCTION_LINES = 70
PARAMETERS = 6
NESTING = 4
SOURCE_LINES = 800
HEADER_LINES = 250
README_LINES = 40
COLUMNS = 100
CLANG_FORMAT_MAJOR = 14  # Debian 12's; other versions lay the same rules out a little differently

# (calls, where they are allowed, cure). "os" means the folder src/os, "apps" all of apps/.
BANNED = [
    ("strcpy strcat strncpy strncat sprintf vsprintf gets strtok strtok_r", (), "use span, wr or snprintf: they know the room"),
    ("atoi atol atoll atof", (), "it takes rubbish for 0: use span's or rd's numbers"),
    ("rand srand random srandom rand_r drand48 getrandom arc4random", ("src/os", "src/sim", "apps"),
     "randomness is given: use struct random"),
    ("time clock gettimeofday clock_gettime localtime gmtime", ("src/os", "src/sim", "apps"), "time is given: take `now` as an argument"),
    ("sleep usleep nanosleep", ("src/os", "src/sim", "apps"), "nothing blocks: set a timer (base/timers.h)"),
    ("getenv secure_getenv setenv", ("src/os", "src/sim", "apps"), "the environment is the programs' business: take an argument"),
    ("malloc calloc realloc free strdup strndup reallocarray", ("src/base/mem.c",), "use mem_new, mem_resize, mem_free (base/mem.h)"),
    ("assert", (), "use CHECK (base/check.h): it is always on"),
    ("alloca", (), "use an array of a stated size, or mem_new"),
    ("setjmp longjmp", (), "return an enum wavu_err"),
    ("printf puts putchar vprintf perror", ("apps",), "the library prints nothing: use log_*, or return an error"),
    ("fprintf fputs fputc fwrite vfprintf", ("apps", "src/os", "src/base/log.c", "src/base/check.c"),
     "the library prints nothing: use log_*, or return an error"),
    ("memcmp", ("src/base", "src/mux", "src/port", "src/store", "src/transport", "src/net", "src/node", "src/os", "src/sim", "apps"),
     "in crypto/ use secret_equal, or span_is_equal where nothing is secret"),
    ("system popen", (), "start no shells"),
]


def relative(root, path):
    return path.relative_to(root).as_posix()


def house(root, *suffixes):
    for top in ("include", "src", "apps"):
        for path in csource.tree_files(root / top):
            if path.suffix in suffixes:
                yield path


def c_files(root):
    for top in ("include", "src", "apps", "tests", "bench", "tools"):
        for path in csource.tree_files(root / top):
            if path.suffix in (".c", ".h"):
                yield path


def check_sizes(root):
    for path in c_files(root):
        text = path.read_text(errors="replace")
        where = relative(root, path)
        count = text.count("\n")
        limit = HEADER_LINES if path.suffix == ".h" else SOURCE_LINES
        if count > limit:
            yield f"{where}: {count} lines; at most {limit}: find the joint and split it there"
        for number, line in enumerate(text.split("\n"), 1):
            if len(line) > COLUMNS:
                yield f"{where}:{number}: {len(line)} columns; at most {COLUMNS}"
        for f in csource.functions_of(text):
            if f.lines > FUNCTION_LINES:
                yield f"{where}:{f.line}: {f.name} has {f.lines} lines; at most {FUNCTION_LINES}"
            if f.parameters > PARAMETERS:
                yield f"{where}:{f.line}: {f.name} has {f.parameters} parameters; at most {PARAMETERS}: make a struct of what belongs together"
            if f.nesting > NESTING:
                yield f"{where}:{f.line}: {f.name} is {f.nesting} levels deep; at most {NESTING}: return early, or name the inner part"
    for path in csource.tree_files(root / "src"):
        if path.name == "README.md" and path.read_text().count("\n") >= README_LINES:
            yield f"{relative(root, path)}: {README_LINES} lines or more"


def check_banned(root):
    rules = []
    for calls, allowed, cure in BANNED:
        names = "|".join(calls.split())
        rules.append((re.compile(rf"(?<![\w.>])({names})\s*\("), allowed, cure))
    for path in house(root, ".c", ".h"):
        where = relative(root, path)
        code = csource.code_of(path.read_text(errors="replace"))
        for pattern, allowed, cure in rules:
            if any(where == a or where.startswith(a + "/") for a in allowed):
                continue
            for match in pattern.finditer(code):
                yield f"{where}:{code.count(chr(10), 0, match.start()) + 1}: {match.group(1)}(): {cure}"
        for match in re.finditer(r"\btypedef\s+(?:struct|union)\b", code):
            yield f"{where}:{code.count(chr(10), 0, match.start()) + 1}: no typedef of structs: write `struct x`"
        if not where.startswith(("src/os/", "apps/")):
            for match in re.finditer(r"\berrno\b", code):
                yield f"{where}:{code.count(chr(10), 0, match.start()) + 1}: errno stays in os/: return an enum wavu_err"


def check_twins(root):
    for path in house(root, ".c"):
        where = relative(root, path)
        if where.startswith("src/"):
            twin = root / "tests" / path.relative_to(root / "src").parent / f"{path.stem}_test.c"
            if not twin.exists():
                yield f"{where}: has no test {relative(root, twin)}"


def check_readmes(root):
    for folder in sorted({p.parent for p in house(root, ".c", ".h") if not relative(root, p).startswith("include/")}):
        if not (folder / "README.md").exists():
            yield f"{relative(root, folder)}/: has no README.md (what comes in, what goes up, its machines, its limits)"
        elif relative(root, folder).startswith("src/"):
            words = set(re.findall(r"\w+", (folder / "README.md").read_text()))
            for stem in sorted({p.stem for p in folder.iterdir() if p.suffix in (".c", ".h")} - words):
                yield f"{relative(root, folder)}/README.md: does not say what {stem} is"


def text_files(root):
    for path in csource.tree_files(root):
        if path.stat().st_size > 2_000_000 or "corpus" in path.parts:
            continue
        data = path.read_bytes()
        if b"\0" not in data:
            yield path, data.decode("utf-8", "replace")


def check_leftovers(root):
    marks = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")
    for path, text in text_files(root):
        for match in marks.finditer(text):
            yield f"{relative(root, path)}:{text.count(chr(10), 0, match.start()) + 1}: {match.group(1)}: what is open goes into a note, not into the tree"


def check_places(root):
    # Put together here, so that this file does not name what it looks for.
    hosts = ["registry." + "npmjs.org", "registry." + "yarnpkg.com", "proxy." + "golang.org", "index." + "crates.io",
             "static." + "crates.io", "deb." + "debian.org", "pypi." + "org", "files." + "pythonhosted.org"]
    folders = ["wo" + "rk", "fa" + "rm", "ro" + "ot", r"ho" + r"me/[a-z]\w*"]
    host = re.compile("|".join(re.escape(h) for h in hosts))
    machine = re.compile(r"(?<![\w.$}/~*-])/(?:" + "|".join(folders) + r")/\w")
    for path, text in text_files(root):
        for number, line in enumerate(text.split("\n"), 1):
            if host.search(line):
                yield f"{relative(root, path)}:{number}: names a package registry: the machine's own settings say where packages come from"
            if machine.search(line):
                yield f"{relative(root, path)}:{number}: names a path of one machine: {line.strip()[:80]}"


def check_labels(root):
    """What is signed or derived for one use must not be valid for another: a label stands at one place (docs/protocol/crypto.md)."""
    label = re.compile(r'"(wavu [a-z0-9 -]* \d+)"')
    first = {}
    for path in house(root, ".c", ".h"):
        text = csource.without_comments(path.read_text(errors="replace"))
        for match in label.finditer(text):
            where = f"{relative(root, path)}:{text.count(chr(10), 0, match.start()) + 1}"
            if match.group(1) in first:
                yield f"{where}: the label \"{match.group(1)}\" stands at {first[match.group(1)]}, too: one constant, or another label"
            first.setdefault(match.group(1), where)


def test_names(root):
    """The functions of the tests, where they are written as the house writes them, with and without `test_`."""
    names = set()
    for path in csource.tree_files(root / "tests"):
        if path.suffix == ".c":
            names.update(re.findall(r"^static void (\w+)\(", path.read_text(errors="replace"), re.MULTILINE))
    return names | {name.removeprefix("test_") for name in names}


def promised(section):
    """Pairs (line in the section, name or file of a test) of what a page promises: in the column `test` or `name (and test)` of a
    table; where the section says "Each name is a test" also in the first column of any, and in bold where an item begins."""
    every = "each name is a test" in section.lower()
    column = None
    rows = 0  # lines of the table so far
    for number, line in enumerate(section.split("\n")):
        if every:
            for name in re.findall(r"^- \*\*([a-z][a-z0-9_]*)\*?\*\*", line) + re.findall(r"\*\*([a-z0-9]+_[a-z0-9_]+)\*?\*\*", line):
                yield number, name
        if not line.startswith("|"):
            rows = 0
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        rows += 1
        if rows == 1:
            column = next((i for i, cell in enumerate(cells) if cell.startswith("test") or "(and test)" in cell), 0 if every else None)
        elif rows > 2 and column is not None and column < len(cells):
            for name in re.findall(r"`([\w/.]+)`", cells[column]):
                yield number, name


def check_promises(root):
    """A page that is built promises nothing that no test holds. Pages or parts of them that are not built say so."""
    tests = test_names(root)
    files = {name for path in csource.tree_files(root / "tests") for name in (path.name, relative(root, path))}
    for path in sorted((root / "docs/protocol").glob("*.md")):
        text = path.read_text()
        if re.search(r"design, before (?:its|their) code", text, re.IGNORECASE):
            continue
        line = 1
        for section in re.split(r"^(?=## )", text, flags=re.MULTILINE):
            for number, name in promised(section):
                if name not in (files if re.search(r"[/.]", name) else tests):
                    yield f"{relative(root, path)}:{line + number}: promises {name}, and no test has that name: write it, or the page as it is"
            line += section.count("\n")


def check_limits(root):
    """docs/LIMITS.md names what there is, and says the numbers that the headers have."""
    page = root / "docs/LIMITS.md"
    texts = [p.read_text(errors="replace") for p in house(root, ".h", ".c")]
    texts += [p.read_text(errors="replace") for p in csource.tree_files(root / "tests/support") if p.suffix == ".h"]
    constants = limits.constants_of(texts)
    for number, line in enumerate(page.read_text().split("\n") if page.exists() else [], 1):
        cells = line.strip().strip("|").split("|")
        for name in re.findall(r"`([A-Z][A-Z0-9_]{3,})`", cells[0]) if line.startswith("|") else []:
            value = limits.value_of(constants, constants[name]) if name in constants else None
            if name not in constants:
                yield f"{relative(root, page)}:{number}: {name}: there is no such constant"
            elif value is not None and not limits.says("|".join(cells[1:]), name, value):
                yield f"{relative(root, page)}:{number}: {name} is {value:,}, and the row does not say so"


def check_flow(root):
    """docs/FLOW.md walks by functions that there are. (Which call which the numbered lists are held to: tests/house/flow.sh.)"""
    page = root / "docs/FLOW.md"
    there = set()
    for path in house(root, ".h", ".c"):
        there.update(re.findall(r"\w+", path.read_text(errors="replace")))
    for number, line in enumerate(page.read_text().split("\n") if page.exists() else [], 1):
        for name in re.findall(r"`(?:\w+\.)?([a-z][a-z0-9]*_\w+)`", line):
            if name not in there:
                yield f"docs/FLOW.md:{number}: {name}: there is nothing of that name; walk the way again"


def check_rows(root):
    """A table of a page has one row for a thing: two are what is left when two hands wrote it, and one of them is old."""
    for path, text in text_files(root):
        seen = {}
        for number, line in enumerate(text.split("\n") if path.suffix == ".md" else [], 1):
            name = line.strip().strip("|").split("|")[0].strip() if line.startswith("|") else None
            if name is None:
                seen = {}
            elif name.startswith("`"):
                if name in seen:
                    yield f"{relative(root, path)}:{number}: {name} has a row in line {seen[name]}: make one of them"
                seen.setdefault(name, number)


def check_format(root):
    files = [str(p) for p in c_files(root)]
    for start in range(0, len(files), 50):
        result = subprocess.run(["clang-format", "--style=file", "--dry-run", "-Werror", *files[start:start + 50]],
                                capture_output=True, text=True, cwd=root, check=False)
        for name in sorted(set(re.findall(r"^(\S+?):\d+:\d+: error: code should be clang-formatted", result.stderr, re.MULTILINE))):
            yield f"{relative(root, Path(name))}: is not laid out by .clang-format: run make format"


def no_format_reason():
    """Why the format cannot be checked here, or None."""
    if not shutil.which("clang-format"):
        return "clang-format is not installed"
    version = subprocess.run(["clang-format", "--version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"version (\d+)", version)
    if not match or int(match.group(1)) != CLANG_FORMAT_MAJOR:
        return f"the layout is that of clang-format {CLANG_FORMAT_MAJOR}, here is {match.group(1) if match else 'another'}"
    return None


CHECKS = [
    ("sizes", "functions, files and lines keep their sizes", check_sizes),
    ("banned", "no banned calls", check_banned),
    ("twins", "each source has its test", check_twins),
    ("readmes", "each folder has its README, which names its files", check_readmes),
    ("leftovers", "nothing is left to do in the tree", check_leftovers),
    ("places", "no machine's paths, no registry's hosts", check_places),
    ("labels", "each cryptographic label stands at one place", check_labels),
    ("promises", "what pages promise is held by tests", check_promises),
    ("limits", "docs/LIMITS.md says what the headers say", check_limits),
    ("flow", "docs/FLOW.md names what there is", check_flow),
    ("rows", "tables of pages have one row for a thing", check_rows),
    ("format", "sources are laid out by .clang-format", check_format),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--tap", action="store_true")
    parser.add_argument("only", nargs="*", help="of: " + " ".join(name for name, _, _ in CHECKS))
    options = parser.parse_args()
    root = options.root.resolve()
    failed = False
    for name, sentence, check in CHECKS:
        if options.only and name not in options.only:
            continue
        reason = no_format_reason() if name == "format" else None
        if reason:
            print(f"ok - {sentence} # SKIP {reason}" if options.tap else f"skipped: {sentence}: {reason}")
            continue
        problems = list(check(root))
        failed = failed or bool(problems)
        for problem in problems:
            print(f"# {problem}" if options.tap else problem)
        if options.tap:
            print(f"{'not ok' if problems else 'ok'} - {sentence}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
