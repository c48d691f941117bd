#!/usr/bin/env python3
"""Manual pages of the public functions, made of the headers' own words.

In:  include/wavu/*.h and a folder.
Out: there, for each header with functions a page wavu_<header>.h.3 (the header's head, its constants and structures as they stand
     in it, each function with its contract), and for each function a page that points to that one, so that `man wavu_say` shows
     it. Written only where they differ.
"""
import re
import sys
from pathlib import Path

FUNCTION = re.compile(r"^WAVU_API\s+(.*?;)$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"\b(wavu_\w+)\(")


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)


def comment_text(comment):
    """The words of a comment, without its frame; one paragraph a list item."""
    lines = [re.sub(r"^\s*/?\*+ ?/?", "", line).removesuffix("*/").rstrip() for line in comment.splitlines()]
    return [line.rstrip("*/ ").rstrip() if line.endswith("*/") else line for line in lines]


def paragraphs(lines):
    """Roff of a comment: indented lines stand as they are, the others are filled."""
    out = []
    is_code = False
    for line in lines:
        starts_code = line.startswith("    ") or (is_code and line.startswith("  "))
        if starts_code != is_code:
            out.append(".EX" if starts_code else ".EE")
            is_code = starts_code
        if not line:
            out.append(".PP" if not is_code else "")
        else:
            out.append(escape(line if is_code else line.strip()))
    if is_code:
        out.append(".EE")
    while out and out[0] in (".PP", ""):
        out.pop(0)
    while out and out[-1] in (".PP", ""):
        out.pop()
    return out


def functions(text):
    """(names, comment, declarations) in order: a comment is of all that stand under it without an empty line."""
    found = []
    for match in FUNCTION.finditer(text):
        declaration = re.sub(r"\bWAVU_API\b\s*|\bWARN_UNUSED\b\s*", "", match.group(0))
        before = text[: match.start()]
        comment = re.search(r"/\*\*((?:[^*]|\*(?!/))*)\*/\n$", before)
        name = NAME.search(declaration).group(1)
        if comment is None and found and before.endswith(";\n"):
            found[-1][0].append(name)
            found[-1][2].append(declaration)
        else:
            found.append(([name], comment.group(0) if comment else "", [declaration]))
    return found


def data(text):
    """Constants and structures, each with the comment before it, as they stand in the header."""
    pattern = r"(?:/\*(?!\*)(?:[^*]|\*(?!/))*\*/\n)?^(?:#define WAVU_[A-Z0-9_]+ .*?(?:\\\n.*?)*$|(?:struct|enum) wavu_\w+ \{.*?^\};)"
    return [m.group(0) for m in re.finditer(pattern, text, re.MULTILINE | re.DOTALL)]


def page(stem, text):
    head = comment_text(re.match(r"/\*.*?\*/", text, re.DOTALL).group(0))
    groups = functions(text)
    out = [f'.TH WAVU_{stem.upper()}.H 3 "" "wavu" "Library Functions"', ".SH NAME"]
    first = next(line for line in head if line)
    out.append(", ".join(name for names, _, _ in groups for name in names) + " \\- " + escape(first.rstrip(".:;,")))
    out += [".SH SYNOPSIS", ".nf", f".B #include <wavu/{stem}.h>", ".fi", ".SH DESCRIPTION", *paragraphs(head)]
    if data(text):
        out += [".SH DATA", ".EX"]
        for one in data(text):
            out += [escape(one), ""]
        out += [".EE"]
    out.append(".SH FUNCTIONS")
    for _, comment, declarations in groups:
        out += [*([] if out[-1].startswith(".SH") else [".PP"]), ".EX", *[escape(d) for d in declarations], ".EE", ".RS", *(paragraphs(comment_text(comment)) or ["As its name says."]), ".RE"]
    out += [".SH SEE ALSO", ".BR wavu (3)"]
    return "\n".join(out) + "\n"


def write(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main():
    headers, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for header in sorted(headers.glob("*.h")):
        text = header.read_text()
        groups = functions(text)
        if not groups:
            continue
        stem = f"wavu_{header.stem}.h"
        write(folder / f"{stem}.3", page(header.stem, text))
        for names, _, _ in groups:
            for name in names:
                write(folder / f"{name}.3", f".so man3/{stem}.3\n")


if __name__ == "__main__":
    main()
