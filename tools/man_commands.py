#!/usr/bin/env python3
"""Manual pages of the commands: what the program's tables say, with the words that docs/man/wavu.1 has for each.

In:  the program, docs/man/wavu.1 and a folder.
Out: there wavu-COMMAND.1 for each command (NAME, SYNOPSIS, OPTIONS and EXAMPLES are the tables', so they cannot drift from the
     program), and wavu.1 without what these have: the overview, with a line for each command. Written only where they differ.
     Exit 1 with a sentence for a command that docs/man/wavu.1 has no words for.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

SECTION = re.compile(r"^\.SH (.*)$", re.MULTILINE)


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = re.sub(r"[^\x00-\x7f]", lambda m: f"\\[u{ord(m.group()):04X}]", text)
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)


def sentence(text):
    """Half a line of a table as a sentence; a name of something in it stays as it is."""
    return escape(text[:1].upper() + text[1:]) + ("" if text.endswith(".") else ".")


def sections(page):
    """(head, [(name, body)]) of a page: what stands before the first .SH, and each section with its lines."""
    parts = SECTION.split(page)
    return parts[0], list(zip(parts[1::2], parts[2::2]))


def plain(head):
    """The words of a paragraph's head without roff."""
    head = re.sub(r"^\.[BIR]+ ", "", head).replace('"', "")
    head = re.sub(r"\\f[A-Z]", "", head).replace("\\-", "-").replace("\\|", "")
    return head.replace(",", " , ").split()


def entries(body):
    """(head, text) of each .TP in a section."""
    for part in re.split(r"^\.TP\n", body, flags=re.MULTILINE)[1:]:
        head, _, text = part.partition("\n")
        yield head, text.rstrip("\n")


def named(head, names):
    """Which commands the head of a paragraph is of: the first word, and those behind a comma."""
    words = plain(head)
    return {word for i, word in enumerate(words) if word in names and (i == 0 or words[i - 1] == ",")}


def option_words(body):
    """{(command, option): text} of the paragraphs "Options of COMMAND:" with one option in their head."""
    found = {}
    for part in re.split(r"^Options of\n", body, flags=re.MULTILINE)[1:]:
        command = part.split("\n", 1)[0].split()[1]
        for head, text in entries(part.split("\n.PP\n", 1)[0]):
            options = re.findall(r"--([a-z][a-z-]*)", " ".join(plain(head)))
            if len(options) == 1:
                found[command, options[0]] = text
    return found


def option_lines(command, words):
    for option in command["options"]:
        head = f"\\-{option['letter']}, " if option["letter"] else ""
        head += "\\-\\-" + escape(option["name"])
        value = option["value"]
        yield ".TP"
        yield f'.BI "{head}" " {escape(value)}"' if value else f'.B "{head}"'
        text = words.get((command["name"], option["name"]))
        yield text if text else sentence(option["help"])


def synopsis(command):
    words = f' " {escape(command["words"])}"' if command["words"] else ""
    return [f'.BI "wavu {escape(command["name"])}"{words}' if words else f'.B wavu {escape(command["name"])}', ".RI [ options ]"]


def command_page(command, prose, words, version):
    name = command["name"]
    out = [f'.TH WAVU\\-{name.upper()} 1 "" "wavu {version}" "User Commands"', ".SH NAME",
           f"wavu\\-{name} \\- {escape(command['summary'])}", ".SH SYNOPSIS", *synopsis(command), ".SH DESCRIPTION"]
    if len(prose) == 1 and " , " not in " ".join(plain(prose[0][0])):
        out.append(prose[0][1])
    else:
        for head, text in prose:
            out += [".TP", head, text]
    out += [".SH OPTIONS", *option_lines(command, words)]
    out += [".SH EXAMPLES", ".EX", *[escape(line) for line in command["examples"].rstrip("\n").split("\n")], ".EE"]
    out += [".SH EXIT STATUS", "As of", ".BR wavu (1).", ".SH SEE ALSO", ".BR wavu (1),", ".BR wavu.toml (5),", ".BR wavu (7)"]
    return "\n".join(out) + "\n"


def overview(head, parts, commands):
    out = [head.rstrip("\n")]
    for name, body in parts:
        if name == "SYNOPSIS":
            body = '\n.B wavu\n.I COMMAND\n.RI [ options ]\n.br\n.B wavu help\n.RI [ COMMAND ]\n'
        elif name == "COMMANDS":
            lines = ["", "Each has a page of its own."]
            for command in commands:
                lines += [".TP", f".BR wavu\\-{command['name']} (1)", sentence(command["summary"])]
            body = "\n".join(lines) + "\n"
        elif name == "OPTIONS":
            body = re.split(r"^\.PP\nOptions of\n", body, flags=re.MULTILINE)[0]
        out.append(f".SH {name}" + body.rstrip("\n"))
    return "\n".join(out) + "\n"


def write(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main():
    program, source, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    said = subprocess.run([program, "help", "--json"], capture_output=True, text=True, check=True).stdout
    version = json.loads(subprocess.run([program, "version", "--json"], capture_output=True, text=True, check=True).stdout)["version"]
    commands = json.loads(said)["commands"]
    names = {command["name"] for command in commands}
    head, parts = sections(source.read_text())
    prose = {name: [] for name in names}
    words = {}
    for section, body in parts:
        if section == "COMMANDS":
            for entry in entries(body):
                for name in named(entry[0], names):
                    prose[name].append(entry)
        elif section == "OPTIONS":
            words = option_words(body)
    missing = sorted(name for name in names if not prose[name])
    if missing:
        sys.exit(f"{source}: section COMMANDS has no .TP that begins with: {', '.join(missing)}")
    folder.mkdir(parents=True, exist_ok=True)
    for command in commands:
        write(folder / f"wavu-{command['name']}.1", command_page(command, prose[command["name"]], words, version))
    write(folder / "wavu.1", overview(head, parts, commands))


if __name__ == "__main__":
    main()
