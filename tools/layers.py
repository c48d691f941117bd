#!/usr/bin/env python3
"""Hold the tree against LAYERS: what a folder includes, what it calls, and whose name a symbol bears.

In:  LAYERS, src/, apps/, include/wavu/; with --build BUILD (or a build/<preset> that is there) its objects, read by nm.
Out: one message a violation, exit 1 when there is any; --tap prints the result as a test does.
"""
import argparse
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import csource  # noqa: E402

PUBLIC = "pub"
# Foreign headers that belong to one layer only: (pattern, folders that may, what the others do).
FOREIGN = [
    (r"uv\.h|uv/.*", {"os"}, "libuv stays in os/: ask port/ for it"),
    (r"sodium.*|openssl/.*", {"crypto"}, "primitives stay in crypto/: call its functions"),
    (r"immintrin\.h", {"crypto"}, "vectors stay in crypto/, in files named *_avx2.c"),
    (r"jansson.*", {"apps"}, "JSON is the programs' business"),
    (r"sqlcipher/.*|sqlite3\.h", {"store"}, "the database stays in store/"),
    (r"errno\.h", {"os", "apps"}, "errno stays in os/: return an enum wavu_err"),
]
STANDARD = {
    "assert.h", "ctype.h", "float.h", "inttypes.h", "limits.h", "math.h", "stdalign.h", "stdarg.h", "stdatomic.h",
    "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h",
}


def read_layers(root, problems):
    """LAYERS as {folder: set of folders}, in its order. A line may name only folders above it: no cycle can be written."""
    layers = {}
    for number, line in enumerate((root / "LAYERS").read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r"([a-z0-9_]+(?:/[a-z0-9_]+)?):((?:\s+[a-z0-9_]+(?:/[a-z0-9_]+)?)*)\s*", line)
        if not match:
            problems.append(f"LAYERS:{number}: cannot read '{line}'; write 'folder: folder folder', without globs")
            continue
        folder, names = match.group(1), match.group(2).split()
        for name in names:
            if name == folder or name not in layers:
                problems.append(f"LAYERS:{number}: '{folder}' names '{name}', which does not stand above it")
        if folder in layers:
            problems.append(f"LAYERS:{number}: '{folder}' stands twice")
        layers[folder] = set(names)
    return layers


def folder_of(root, path):
    """The name in LAYERS of the folder that `path` lies in, "" outside the house."""
    parts = path.relative_to(root).parts
    if parts[:2] == ("include", "wavu"):
        return PUBLIC
    if parts[0] == "src" and len(parts) > 2:
        return "/".join(parts[1:-1])
    if parts[0] == "apps" and len(parts) > 2:
        return "/".join(parts[:-1])
    return ""


def house_files(root):
    for top in ("include", "src", "apps"):
        for path in csource.tree_files(root / top):
            if path.suffix in (".c", ".h"):
                yield path


def included_folder(name):
    """The folder that the include "folder/file.h" means."""
    folder = name.rsplit("/", 1)[0] if "/" in name else ""
    return PUBLIC if folder == "wavu" else folder


def check_quoted(layers, folder, name):
    """Why `folder` may not include "name", or None."""
    target = included_folder(name)
    if target not in layers and f"apps/{target}" in layers and folder.startswith("apps/"):
        target = f"apps/{target}"
    # apps/wavu is a folder of its own beside the public headers: both are written "wavu/file.h".
    if folder == "apps/wavu" and target == PUBLIC:
        return None
    if target == "" or target not in layers:
        return 'write includes as "folder/file.h", with a folder of LAYERS'
    if target != folder and target not in layers[folder]:
        return f"LAYERS lets {folder}/ include {' '.join(sorted(layers[folder])) or 'nothing'}"
    return None


def check_system(folder, name, is_header):
    """Why `folder` may not include <name>, or None."""
    if is_header and folder != "os" and name not in ("stdbool.h", "stddef.h", "stdint.h", "stdarg.h"):
        return "headers include of the system's only stdbool, stddef, stdint, stdarg"
    for pattern, folders, cure in FOREIGN:
        if re.fullmatch(pattern, name):
            return None if folder in folders or folder.split("/")[0] in folders else cure
    if folder == "os" or folder.startswith("apps/") or name in STANDARD:
        return None
    return "outside os/ and apps/ only ISO C's headers: what the system does, port/ gives"


def check_includes(root, layers, problems):
    for path in house_files(root):
        folder = folder_of(root, path)
        where = path.relative_to(root)
        if folder not in layers:
            problems.append(f"{where}: the folder '{folder}' has no line in LAYERS")
            continue
        text = path.read_text(errors="replace")
        quoted = [name[1:-1] for _, name in csource.includes_of(text) if name[0] == '"']
        for line, name in csource.includes_of(text):
            inner = name[1:-1]
            if name[0] == '"':
                reason = check_quoted(layers, folder, inner)
            else:
                reason = check_system(folder, inner, path.suffix == ".h")
            if reason:
                problems.append(f"{where}:{line}: includes {name}: {reason}")
        own = path.with_suffix(".h")
        # The public header of wavu_os.c is wavu/os.h: its own as well.
        first = {own.name, "wavu/" + path.stem.removeprefix("wavu_") + ".h"}
        if path.suffix == ".c" and own.exists() and not (quoted and first & {quoted[0], Path(quoted[0]).name}):
            problems.append(f"{where}: includes its own header {own.name} first, before all others")


# ---- what the objects say ----------------------------------------------------------------------------------------------


def objects_of(root, build):
    """{object: source} of the house's folders; an object whose source has gone is left over and does not count."""
    found = {}
    for top in (build / "CMakeFiles").glob("wavu_*_objects.dir"):
        for path in top.rglob("*.o"):
            source = root / path.relative_to(top).with_suffix("")
            if source.exists():
                found[path] = source
    return found


def read_symbols(objects):
    """{object: (defined globals, undefined)} of one run of nm."""
    symbols = {path: (set(), set()) for path in objects}
    output = subprocess.run(["nm", "-A", "-P", *map(str, objects)], capture_output=True, text=True, check=True).stdout
    for line in output.splitlines():
        name, rest = line.split(": ", 1)
        fields = rest.split()
        if len(fields) < 2 or fields[0].startswith("__"):
            continue
        if fields[1] in "Uwv":
            symbols[Path(name)][1].add(fields[0])
        elif fields[1].isupper():
            symbols[Path(name)][0].add(fields[0])
    return symbols


def bears_prefix(symbol, source):
    stem = source.stem
    if stem.startswith("wavu_") and symbol.startswith("wavu_"):
        return True
    return symbol == stem or symbol.startswith(stem + "_")


def may_call(layers, order, caller, owner, symbol):
    if owner == caller or owner in layers[caller]:
        return True
    # The public functions are pub's, wherever below the caller they are defined.
    return symbol.startswith("wavu_") and PUBLIC in layers[caller] and order.index(owner) < order.index(caller)


def check_symbols(root, layers, build, problems):
    objects = objects_of(root, build)
    if not objects:
        problems.append(f"{build}: no objects of the house in it; build it first")
        return
    symbols = read_symbols(objects)
    owners = {}
    for path, (defined, _) in symbols.items():
        source = objects[path]
        for symbol in defined:
            if source.stem != "main" and not bears_prefix(symbol, source):
                problems.append(f"{source.relative_to(root)}: the global symbol '{symbol}' must begin with '{source.stem}_', or be static")
            if symbol in owners:
                problems.append(f"{source.relative_to(root)}: '{symbol}' is defined in {owners[symbol][1]} as well")
            owners[symbol] = (folder_of(root, source), source.relative_to(root))
    order = list(layers)
    for path, (_, wanted) in symbols.items():
        caller = folder_of(root, objects[path])
        for symbol in sorted(wanted & owners.keys()):
            owner, defined_in = owners[symbol]
            if caller in layers and owner in layers and not may_call(layers, order, caller, owner, symbol):
                problems.append(f"{objects[path].relative_to(root)}: reaches '{symbol}' of {defined_in}, "
                                f"and LAYERS does not let {caller}/ use {owner}/")


def check_exports(root, build, problems):
    """The shared library shows the names of the public headers and nothing else."""
    library = build / "lib" / "libwavu.so"
    if not library.exists():
        return
    declared = "\n".join(p.read_text() for p in sorted((root / "include/wavu").glob("*.h")))
    output = subprocess.run(["nm", "-D", "-P", "--defined-only", str(library)], capture_output=True, text=True, check=True)
    for line in output.stdout.splitlines():
        name = line.split()[0]
        if name.startswith("__") or name in ("_init", "_fini"):
            continue
        if not name.startswith("wavu_"):
            problems.append(f"libwavu.so exports '{name}': only wavu_* is public; drop its WAVU_API")
        elif not re.search(rf"\b{re.escape(name)}\b", declared):
            problems.append(f"libwavu.so exports '{name}', which no header in include/wavu declares")


def newest_build(root):
    builds = [root / "build" / name for name in ("release", "debug", "asan")]
    builds = [b for b in builds if any((b / "CMakeFiles").glob("wavu_*_objects.dir/**/*.o"))]
    return max(builds, key=lambda b: (b / "CMakeFiles").stat().st_mtime, default=None)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--build", type=Path)
    parser.add_argument("--tap", action="store_true")
    options = parser.parse_args()
    root = options.root.resolve()
    build = options.build.resolve() if options.build else newest_build(root)

    order_problems, include_problems, symbol_problems = [], [], []
    layers = read_layers(root, order_problems)
    check_includes(root, layers, include_problems)
    if build:
        check_symbols(root, layers, build, symbol_problems)
        check_exports(root, build, symbol_problems)
    checks = [("LAYERS is an order", order_problems), ("includes keep to LAYERS", include_problems)]
    if build:
        checks.append(("symbols keep to LAYERS and bear their file's stem", symbol_problems))
    elif options.tap:
        print("ok - symbols keep to LAYERS and bear their file's stem # SKIP nothing is built")
    failed = False
    for name, problems in checks:
        failed = failed or bool(problems)
        for problem in problems:
            print(f"# {problem}" if options.tap else problem)
        if options.tap:
            print(f"{'not ok' if problems else 'ok'} - {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
