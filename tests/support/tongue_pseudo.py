#!/usr/bin/env python3
"""A catalogue in which every text stands in marks: what is shown outside of them was not looked up.

Usage: tongue_pseudo.py POT > PO
"""
import re
import sys

HEAD = '''msgid ""
msgstr ""
"Language: sw\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
'''


def marked(text):
    """The text in marks, inside of its first and last newline."""
    first = "\\n" if text.startswith("\\n") else ""
    rest = text[len(first):]
    last = "\\n" if rest.endswith("\\n") else ""
    return f"{first}⟦{rest[:len(rest) - len(last)]}⟧{last}"


def main():
    """Write it."""
    with open(sys.argv[1], encoding="utf-8") as pot:
        blocks = pot.read().strip().split("\n\n")[1:]
    print(HEAD)
    for block in blocks:
        parts = {}
        at = None
        for line in block.splitlines():
            key = re.match(r'(msgid|msgid_plural|msgstr(?:\[\d\])?) "', line)
            at = key.group(1) if key else at
            if at and not line.startswith("#"):
                parts[at] = parts.get(at, "") + line[line.index('"') + 1:-1]
        print("\n".join(line for line in block.splitlines() if line.startswith("#,")))
        print(f'msgid "{parts["msgid"]}"')
        if "msgid_plural" in parts:
            print(f'msgid_plural "{parts["msgid_plural"]}"')
            print(f'msgstr[0] "{marked(parts["msgid"])}"\nmsgstr[1] "{marked(parts["msgid_plural"])}"\n')
        else:
            print(f'msgstr "{marked(parts["msgid"])}"\n')


if __name__ == "__main__":
    main()
