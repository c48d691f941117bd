#!/usr/bin/env python3
"""The lints see what they are for: each rule is shown a small clean tree, then the same with one violation in it. TAP."""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LAYERS = "pub:\nbase: pub\ncrypto: pub base\nnet: pub base crypto\nos: pub base\napps/wavu: pub base os\n"
CLEAN = {
    "LAYERS": LAYERS,
    "include/wavu/err.h": "int wavu_map_get(int key);\n",
    "src/base/README.md": "Base: `map`.\n",
    "src/net/README.md": "Net: `conn`.\n",
    "src/base/map.h": "#include <stddef.h>\n\nint map_get(int key);\n",
    "src/base/map.c": '#include "base/map.h"\n\nint map_get(int key)\n{\n    return key;\n}\n',
    "src/net/conn.h": '#include "base/map.h"\n\nint conn_open(int key);\n',
    "src/net/conn.c": '#include "net/conn.h"\n\n#include <string.h>\n\nint conn_open(int key)\n{\n    return map_get(key);\n}\n',
    "tests/base/map_test.c": "int test_map;\n",
    "tests/net/conn_test.c": "int test_conn;\n",
}
BODY = "int map_get(int key)\n{\n%s    return key;\n}\n"
DEEP = "".join("    " * n + "if (key > %d)\n" % n for n in range(1, 6)) + "    " * 6 + "key++;\n"
LEVEL = "    if (key == 1)\n        key++;\n" + "".join(f"    else if (key == {n})\n        key++;\n" for n in range(2, 9))
MARK = "TO" + "DO"
PAGE = "# X\n\n| property | test |\n|---|---|\n| %s |\n"

# (what is planted, tool, rule, {file: text}, a word that the message must have)
PLANTED = [
    ("a line that names a folder below it", "layers", "", {"LAYERS": LAYERS.replace("base: pub", "base: pub net")}, "stand above"),
    ("a line that names its own folder", "layers", "", {"LAYERS": LAYERS.replace("base: pub", "base: base")}, "stand above"),
    ("a folder written twice", "layers", "", {"LAYERS": LAYERS + "base: pub\n"}, "twice"),
    ("a glob in LAYERS", "layers", "", {"LAYERS": LAYERS + "swarm: *\n"}, "cannot read"),
    ("a folder without a line", "layers", "", {"src/stray/x.h": "int x;\n"}, "no line"),
    ("an include that goes up", "layers", "", {"src/base/map.h": '#include "net/conn.h"\n'}, "LAYERS lets"),
    ("an include between siblings", "layers", "", {"src/os/x.h": '#include "net/conn.h"\n'}, "LAYERS lets"),
    ("an include without its folder", "layers", "", {"src/net/conn.h": '#include "map.h"\n'}, "folder/file.h"),
    ("an include with blanks before the hash", "layers", "", {"src/base/map.h": '  #  include "net/conn.h"\n'}, "LAYERS lets"),
    ("an app that reaches into the library", "layers", "", {"apps/wavu/main.c": '#include "net/conn.h"\n'}, "LAYERS lets"),
    ("vectors outside crypto/", "layers", "", {"src/net/conn.c": '#include "net/conn.h"\n#include <immintrin.h>\n'}, "vectors stay"),
    ("libuv outside os/", "layers", "", {"src/net/conn.c": '#include "net/conn.h"\n#include <uv.h>\n'}, "libuv stays"),
    ("OpenSSL outside crypto/", "layers", "", {"src/net/conn.c": '#include "net/conn.h"\n#include <openssl/evp.h>\n'}, "crypto/"),
    ("errno.h outside os/", "layers", "", {"src/net/conn.c": '#include "net/conn.h"\n#include <errno.h>\n'}, "errno stays"),
    ("POSIX outside os/", "layers", "", {"src/net/conn.c": '#include "net/conn.h"\n#include <unistd.h>\n'}, "ISO C"),
    ("a system header in a header", "layers", "", {"src/base/map.h": "#include <string.h>\n"}, "headers include"),
    ("a source that does not begin with its own header", "layers", "",
     {"src/net/conn.c": '#include "base/map.h"\n#include "net/conn.h"\n'}, "own header"),
    ("a function of 71 lines", "lint", "sizes", {"src/base/map.c": BODY % ("    key++;\n" * 67)}, "71 lines"),
    ("a static function of 71 lines", "lint", "sizes", {"src/base/map.c": "static " + BODY % ("    key++;\n" * 67)}, "71 lines"),
    ("a function of 7 parameters", "lint", "sizes",
     {"src/base/map.c": "int map_get(int a, int b, int c, int d, int e, int f, int g)\n{\n    return a;\n}\n"}, "7 parameters"),
    ("five levels", "lint", "sizes", {"src/base/map.c": BODY % DEEP}, "5 levels"),
    ("a source of 801 lines", "lint", "sizes", {"src/base/map.c": "\n" * 801}, "801 lines"),
    ("a header of 251 lines", "lint", "sizes", {"src/base/map.h": "\n" * 251}, "251 lines"),
    ("a line of 101 columns", "lint", "sizes", {"src/base/map.h": "/*" + "-" * 97 + "*/\n"}, "101 columns"),
    ("a readme of 40 lines", "lint", "sizes", {"src/base/README.md": "x\n" * 40}, "README"),
    ("strcpy", "lint", "banned", {"src/base/map.c": BODY % "    strcpy(a, b);\n"}, "use span"),
    ("malloc outside mem.c", "lint", "banned", {"src/net/conn.c": BODY % "    a = malloc(1);\n"}, "mem_new"),
    ("a clock in the library", "lint", "banned", {"src/net/conn.c": BODY % "    a = time (NULL);\n"}, "time is given"),
    ("a sleep in the library", "lint", "banned", {"src/net/conn.c": BODY % "    usleep(1);\n"}, "nothing blocks"),
    ("getenv in the library", "lint", "banned", {"src/net/conn.c": BODY % '    getenv("X");\n'}, "environment"),
    ("random in the library", "lint", "banned", {"src/net/conn.c": BODY % "    key = random();\n"}, "given"),
    ("assert", "lint", "banned", {"src/net/conn.c": BODY % "    assert(key);\n"}, "CHECK"),
    ("printf in the library", "lint", "banned", {"src/net/conn.c": BODY % '    printf("x");\n'}, "prints nothing"),
    ("memcmp in crypto", "lint", "banned", {"src/crypto/x.c": BODY % "    memcmp(a, b, 1);\n"}, "secret_equal"),
    ("errno in the library", "lint", "banned", {"src/net/conn.c": BODY % "    errno = 0;\n"}, "errno stays"),
    ("a typedef of a struct", "lint", "banned", {"src/base/map.h": "typedef struct map map_t;\n"}, "typedef"),
    ("a source without its test", "lint", "twins", {"src/base/ring.c": "int ring_x;\n"}, "ring_test.c"),
    ("a folder without a readme", "lint", "readmes", {"src/os/x.h": "int x;\n"}, "src/os/"),
    ("a file that its folder's readme does not name", "lint", "readmes", {"src/base/README.md": "Base: maps.\n"}, "what map is"),
    ("a label at two places", "lint", "labels",
     {"src/net/conn.c": '#include "net/conn.h"\nconst char A[] = "wavu net use 1";\nconst char B[] = "wavu net use 1";\n'}, "the label"),
    ("a leftover mark", "lint", "leftovers", {"docs/x.md": MARK + ": later\n"}, MARK),
    ("a registry's host", "lint", "places", {"tools/x.sh": "curl https://registry." + "npmjs.org/x\n"}, "registry"),
    ("a machine's path", "lint", "places", {"tools/x.sh": "cd /ho" + "me/alice/wavu\n"}, "path of one machine"),
    ("a promise without its test", "lint", "promises", {"docs/protocol/x.md": PAGE % "`test_map` | `no_test_has_this`"}, "x.md:5: promises no_test"),
    ("a promise in a file that is not there", "lint", "promises", {"docs/protocol/x.md": PAGE % "`x` | `tests/base/ring_test.c`"}, "ring_test.c"),
    ("a promise in a table that names tests in front", "lint", "promises",
     {"docs/protocol/x.md": "| name (and test) | what |\n|---|---|\n| `gone` | `map` |\n"}, "x.md:3: promises gone"),
    ("a promise in a list", "lint", "promises", {"docs/protocol/x.md": "Each name is a test.\n\n- **gone*** Nobody.\n"}, "x.md:3: promises gone"),
    ("a limit that is another one", "lint", "limits", {"src/base/map.h": "#define MAP_KEYS_MAX 1024 /* 4,096 */\n",
     "docs/LIMITS.md": "| limit | value |\n|---|---|\n| `MAP_KEYS_MAX` | 4,096 keys |\n"}, "LIMITS.md:3: MAP_KEYS_MAX is 1,024"),
    ("a limit that is gone", "lint", "limits", {"docs/LIMITS.md": "| `MAP_KEYS_MAX` | 4,096 keys |\n"}, "no such constant"),
    ("a walk by what is gone", "lint", "flow", {"docs/FLOW.md": "1. `map_get` first\n2. `map_put_take` then\n"}, "FLOW.md:2: map_put_take"),
    ("two rows for one thing", "lint", "rows", {"docs/x.md": "| a | b |\n|---|---|\n| `x` | old |\n| `y` | |\n| `x` | new |\n"}, "x.md:5: `x` has a row in line 3"),
    ("a badly laid out source", "lint", "format", {"src/base/map.c": "int   x ;\n"}, "make format"),
]

# What looks like a violation and is none.
INNOCENT = [
    ("banned words in comments and texts", "lint", "banned",
     {"src/base/map.c": '/* malloc(1) */ // free(2)\nconst char *map_x = "strcpy(a)";\n'}),
    ("fields and longer names like banned calls", "lint", "banned",
     {"src/net/conn.c": BODY % "    ops->free(key);\n    ops.time(key);\n    mem_free(a);\n    struct random r;\n"}),
    ("a long chain of else if", "lint", "sizes", {"src/base/map.c": BODY % LEVEL}),
    ("a function of 70 lines", "lint", "sizes", {"src/base/map.c": BODY % ("    key++;\n" * 66)}),
    ("a table of 100 lines", "lint", "sizes", {"src/base/map.c": "static const int map_x[] = {\n" + "    1,\n" * 100 + "};\n"}),
    ("promises that are held, and what is no promise", "lint", "promises",
     {"docs/protocol/x.md": PAGE % "`gone` | `holds`; `tests/base/map_test.c`: `test_holds`" + "\n| use | label |\n|---|---|\n| `gone` | `gone` |\n",
      "tests/base/map_test.c": "static void test_holds(void **state)\n{\n}\n"}),
    ("limits in words, sums and units", "lint", "limits",
     {"src/base/map.h": "#define MAP_BYTES_MAX (3 * MAP_UNIT)\n#define MAP_UNIT ((size_t)1 << 20)\n#define MAP_LIFE_NS (UINT64_C(600) * 1000000000)\n"
      "enum { MAP_SOURCE_SHARE = 4, MAP_STRUCT_MAX = sizeof(struct map) };\n#define MAP_BIG_MAX 17055744\n",
      "docs/LIMITS.md": "| `MAP_BYTES_MAX`, `MAP_LIFE_NS`, `MAP_SOURCE_SHARE` | 3 MiB for 10 min, a quarter of one source |\n"
      "| `MAP_STRUCT_MAX` | what it is |\n| `MAP_BIG_MAX` | 16.3 MiB |\n"}),
    ("promises of a page before its code", "lint", "promises",
     {"docs/protocol/x.md": "**Design, before its code:** nothing.\n" + PAGE % "`x` | `gone`"}),
    ("a walk by functions, files and events", "lint", "flow", {"docs/FLOW.md": "`map_get` in `base/map`, MAP_X, `conn.open`, `take`\n"}),
    ("one thing in two tables, and words that repeat", "lint", "rows",
     {"docs/x.md": "| `x` | a |\n| no | b |\n| no | c |\n\n| `x` | d |\n"}),
    ("ISO C's headers in a source", "layers", "", {"src/net/conn.c": '#include "net/conn.h"\n#include <stdlib.h>\n'}),
]

# (what is planted, {file: text}, a word of the message): compiled, and read by nm.
COMPILED = [
    ("a clean tree", {}, None),
    ("a symbol without its file's stem", {"src/base/map.c": '#include "base/map.h"\nint map_get(int key) { return key; }\nint get(void);\nint get(void) { return 1; }\n'}, "map_"),
    ("a call that goes up without an include", {"src/base/map.c": '#include "base/map.h"\nint conn_open(int key);\nint map_get(int key) { return conn_open(key); }\n'}, "reaches 'conn_open'"),
    ("a call up through a public name", {
        "src/net/wavu_net.c": "int wavu_net(void);\nint wavu_net(void) { return 1; }\n",
        "src/base/map.c": '#include "base/map.h"\nint wavu_net(void);\nint map_get(int key) { return key + wavu_net(); }\n'}, "reaches 'wavu_net'"),
    ("one symbol in two files", {
        "src/net/wavu_a.c": "int wavu_x(void);\nint wavu_x(void) { return 1; }\n",
        "src/net/wavu_b.c": "int wavu_x(void);\nint wavu_x(void) { return 1; }\n"}, "as well"),
]

count = 0
failed = 0


def ok(passed, name, remark=""):
    global count, failed
    count += 1
    failed += not passed
    for line in remark.splitlines() if not passed else []:
        print("# " + line)
    print(f"{'ok' if passed else 'not ok'} {count} - {name}")


def plant(folder, files):
    for name, text in {**CLEAN, **files}.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (Path(folder) / ".clang-format").write_text((ROOT / ".clang-format").read_text())


def judge(tool, rule, folder, *more):
    command = [sys.executable, str(ROOT / "tools" / f"{tool}.py"), "--root", folder, *more] + ([rule] if rule else [])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def compile_tree(folder):
    """Compile the sources to where CMake would put their objects."""
    for source in sorted(Path(folder).glob("src/*/*.c")):
        within = source.relative_to(folder)
        target = Path(folder) / "build/x/CMakeFiles" / f"wavu_{source.parent.name}_objects.dir" / f"{within}.o"
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-I", f"{folder}/src", "-c", str(source), "-o", str(target)], check=True)


def main():
    for tool, rule in [("layers", "")] + [("lint", r) for r in ("sizes", "banned", "twins", "readmes", "leftovers", "places", "labels", "promises", "limits", "rows")]:
        with tempfile.TemporaryDirectory() as folder:
            plant(folder, {})
            code, output = judge(tool, rule, folder)
            ok(code == 0, f"{tool} {rule}: a clean tree passes".replace(" :", ":"), output)
    for name, tool, rule, files, word in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            plant(folder, files)
            code, output = judge(tool, rule, folder)
            if output.startswith("skipped"):
                print(f"ok - {tool} catches {name} # SKIP {output.strip().split(': ', 2)[2]}")
            else:
                ok(code == 1 and word in output, f"{tool} catches {name}", output)
    for name, tool, rule, files in INNOCENT:
        with tempfile.TemporaryDirectory() as folder:
            plant(folder, files)
            code, output = judge(tool, rule, folder)
            ok(code == 0, f"{tool} lets pass {name}", output)
    for name, files, word in COMPILED:
        with tempfile.TemporaryDirectory() as folder:
            plant(folder, files)
            compile_tree(folder)
            code, output = judge("layers", "", folder, "--build", f"{folder}/build/x")
            ok(code == (0 if word is None else 1) and (word or "") in output, f"layers on objects: {name}", output)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
