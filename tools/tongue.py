#!/usr/bin/env python3
"""The texts of the program that are translated: po/wavu.pot, and the catalogues beside it.

Usage: tongue.py [--check]

Without an option it writes po/wavu.pot anew and merges it into po/*.po. --check changes nothing: it says whether the
pot is that of the sources. Either refuses a text with a piece put to a word ("member%s"). What is a text: whatever is marked (tongue, tongue_many, TONGUE), and each literal that has
words one after the other, or a word beside a place for a value. JSON, patterns and examples are none.
"""
import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
POT = ROOT / "po/wavu.pot"
FOLDERS = ["apps/doctor", "apps/rpc", "apps/settings", "apps/shell", "apps/talk", "apps/term", "apps/tui", "apps/wavu"]
MORE = ["src/base/wavu_err.c"]
# What people paste into reports, shells' scripts, and what measures for developers: they stay English.
ENGLISH = ["apps/doctor/bugreport.c", "apps/wavu/complete.c", "apps/wavu/completion.c", "apps/wavu/cmd_perf.c",
           "apps/wavu/cmd_sim.c", "apps/tui/notify.c", "apps/tui/theme.c"]
MARKS = ["tongue:1", "tongue_many:1,2", "TONGUE:1", "doctor_say:4", "doctor_next:2"]
MARKED = re.compile(r"apps/doctor/doctor")  # where nothing but what is marked is for people
FORMATS = ["say_out:1", "say_hint:1", "say_note:1", "say_warning:1", "say_problem:2", "talk_tell:4",
           "talk_words_tell:3", "popup_add:3", "doctor_say:4", "doctor_next:2", "tongue_many:1", "tongue_many:2"]
# Words that come over the control socket and are shown as they are.
WIRE = ["member", "invited", "left", "put out", "verified", "changed", "unverified", "good", "failing", "damaged",
        "connected", "inbound", "outbound", "own", "offered", "coming", "here", "stopped",
        "queued", "sent", "stored", "delivered", "read", "expired", "refused", "waiting", "acknowledged",
        "no member", "not reached", "hybrid", "classic"]
HEADER = '''# The texts of wavu. Made by tools/tongue.py: do not edit.
msgid ""
msgstr ""
"Project-Id-Version: wavu\\n"
"Language: \\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;\\n"
'''
PLACE = re.compile(r"%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+)?)?(?:<PRI\w+>|(?:hh|h|ll|l|z|j)?[a-zA-Z])")
WORDS = re.compile(r"[^\W\d_]{2,}[.,:;!?')]* +(?:a +)?['(/]*[^\W\d_]{2,}")
WORD = re.compile(r"(?<![-\w/=.])[^\W\d_]{3,}(?![-\w/=(])")


def is_text(text):
    """Is that of a language?"""
    if text.startswith(("{", ",{", ",\\\"", "  wavu ", "this method takes", "/proc", "graph ", "}", " ...: ")):
        return False
    if '\\":' in text or "{s:" in text or text.endswith(("}", "}\\n")) or "%*u" in text:
        return False
    if "|" in text and len(text.split()) < 5 or text.startswith(("MemAvailable", "socket:[")):
        return False
    bare = PLACE.sub(" ", text)
    has_place = bare != text or "\\n" in text
    bare = re.sub(r"\\[nrt]|\\033\[[0-9;]*m", " ", bare)
    if WORDS.search(bare):
        return has_place or re.search(r"[a-z]{2}", bare) is not None
    return has_place and WORD.search(bare) is not None and " " in bare.strip() + " "


def blocks_of(arguments, files):
    """The messages that xgettext finds, as (location and flags, msgid lines, plain msgid, plural)."""
    run = subprocess.run(
        ["xgettext", "--language=C", "--from-code=UTF-8", "--no-wrap", "--add-location=file", "--omit-header",
         "--files-from=-", "--output=-", *[f"--flag={flag}:c-format" for flag in FORMATS],
         *[f"--keyword={mark}" for mark in MARKS], *arguments],
        input="\n".join(files), capture_output=True, text=True, cwd=ROOT, check=False)
    if run.returncode != 0:
        sys.exit(run.stderr)
    for block in run.stdout.strip().split("\n\n"):
        parts = {"msgid": "", "msgid_plural": ""}
        at = None
        for line in block.splitlines():
            key = re.match(r'(msgid|msgid_plural|msgstr(?:\[\d\])?) "', line)
            at = key.group(1) if key else at
            if at in parts and not line.startswith("#"):
                parts[at] += line[line.index('"') + 1:-1]
        if parts["msgid"]:
            yield block, parts["msgid"], parts["msgid_plural"]


def glued(text):
    """Is a piece put directly to a word ("member%s", "ha%s", "%stype"), which no other language can follow?"""
    bare = PLACE.sub(lambda place: "\1" if place.group().endswith("s") else "\2", re.sub(r"\\[nrt]", " ", text))
    return re.search("[^\\W\\d_]\1|\1[^\\W\\d_]", bare) is not None


def pot_text():
    """po/wavu.pot as the sources have it."""
    files = sorted(str(f.relative_to(ROOT)) for folder in FOLDERS for f in (ROOT / folder).glob("*.c"))
    files = [f for f in files if f not in ENGLISH] + MORE
    whole = list(blocks_of([], files))
    marked = {one for _, one, _ in whole}
    found = list(blocks_of(["--extract-all"], [f for f in files if not MARKED.match(f)]))
    seen = {one for _, one, _ in found}
    found += [one for one in blocks_of([], [f for f in files if MARKED.match(f)]) if one[1] not in seen]
    counted = {one: block for block, one, many in whole if many}  # all strings alone have no plurals
    plurals = {many for _, _, many in whole if many}
    kept = {one: counted.get(one, block) for block, one, _ in found if one not in plurals
            and ((one in marked and re.search(r"[^\W\d_]", PLACE.sub("", one))) or is_text(one))}
    for word in WIRE:
        kept.setdefault(word, f'msgid "{word}"\nmsgstr ""')
    for one in sorted({*kept, *plurals}):
        if glued(one):
            sys.exit(f'a piece is put to a word: say a whole sentence for each case, or tongue_many, for "{one}"')
    kept = list(kept.values())
    return HEADER + "\n" + "\n\n".join(kept) + "\n", len(kept)


def main():
    """Write or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="say whether po/wavu.pot is that of the sources")
    wanted = parser.parse_args()
    text, count = pot_text()
    if wanted.check:
        if not POT.exists() or POT.read_text(encoding="utf-8") != text:
            sys.exit("po/wavu.pot is not that of the sources: make po")
        return
    POT.write_text(text, encoding="utf-8")
    print(f"{count} texts in po/wavu.pot")
    for catalogue in sorted(POT.parent.glob("*.po")):
        plain = ["--no-wrap", "--no-location"]
        subprocess.run(["msgmerge", "--quiet", "--update", "--backup=none", "--no-fuzzy-matching", *plain,
                        str(catalogue), str(POT)], check=True)
        subprocess.run(["msgattrib", "--no-obsolete", *plain, "-o", str(catalogue), str(catalogue)], check=True)


if __name__ == "__main__":
    main()
