"""Read C sources far enough for the lints: code without comments and texts, functions, their parameters and nesting."""
import os
import re
from pathlib import Path

SKIPPED_DIRS = {".git", "build", "node_modules", "target", "__pycache__"}
TOKEN = re.compile(r"[A-Za-z_]\w*|[{}()\[\];:,?]|[^\s\w]")
LOOPS = {"for", "while", "switch"}


def tree_files(root):
    """Every file of the tree, without what is built or fetched."""
    for folder, dirs, names in os.walk(root):
        dirs[:] = sorted(d for d in dirs if d not in SKIPPED_DIRS)
        for name in sorted(names):
            yield Path(folder) / name


def blank(match):
    """What stands for a comment or text: its newlines, so that line numbers stay true."""
    text = match.group(0)
    lines = "\n" * text.count("\n")
    if text[0] in "\"'":
        return text[0] + lines + text[0]
    return " " + lines


STRIP = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def code_of(text):
    """The source with comments and texts emptied."""
    return STRIP.sub(blank, text)


def without_comments(text):
    """The source with comments emptied and texts kept."""
    return STRIP.sub(lambda m: m.group(0) if m.group(0)[0] in "\"'" else blank(m), text)


def without_directives(code):
    """The code with preprocessor lines (and their continuations) emptied."""
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group(0).count("\n"), code, flags=re.MULTILINE)


def includes_of(text):
    """Pairs (line, name with its quotes or angles)."""
    found = re.finditer(r'^[ \t]*#[ \t]*include[ \t]*(<[^>\n]+>|"[^"\n]+")', text, re.MULTILINE)
    return [(text.count("\n", 0, m.start()) + 1, m.group(1)) for m in found]


class Function:
    """A function's definition."""

    def __init__(self, name, line, lines, parameters, nesting):
        self.name = name
        self.line = line
        self.lines = lines
        self.parameters = parameters
        self.nesting = nesting


class Tokens:
    """Tokens of a piece of code, with the line of each."""

    def __init__(self, code):
        self.words = []
        self.lines = []
        line = 1
        at = 0
        for match in TOKEN.finditer(code):
            line += code.count("\n", at, match.start())
            at = match.start()
            self.words.append(match.group(0))
            self.lines.append(line)

    def past(self, i):
        """The place behind the bracket that closes the one at `i`."""
        opening = self.words[i]
        closing = {"(": ")", "{": "}", "[": "]"}[opening]
        depth = 0
        while i < len(self.words):
            if self.words[i] == opening:
                depth += 1
            elif self.words[i] == closing:
                depth -= 1
                if depth == 0:
                    return i + 1
            i += 1
        return i

    def word(self, i):
        return self.words[i] if i < len(self.words) else ""


def statement(tokens, i, level):
    """Read one statement at `i`; return (place behind it, deepest level in it)."""
    word = tokens.word(i)
    if word == "{":
        return block(tokens, i, level)
    if word == "if":
        i, deepest = statement(tokens, tokens.past(i + 1), level + 1)
        if tokens.word(i) == "else":
            # "else if" is one more arm, not one more level.
            inner = level if tokens.word(i + 1) == "if" else level + 1
            i, other = statement(tokens, i + 1, inner)
            deepest = max(deepest, other)
        return i, deepest
    if word in LOOPS:
        return statement(tokens, tokens.past(i + 1), level + 1)
    if word == "do":
        i, deepest = statement(tokens, i + 1, level + 1)
        return simple(tokens, i), deepest
    if word in ("case", "default"):
        while tokens.word(i) not in (":", ""):
            i += 1
        return i + 1, level
    if re.match(r"[A-Za-z_]", word) and tokens.word(i + 1) == ":":
        return i + 2, level
    if re.match(r"[A-Za-z_]", word) and tokens.word(i + 1) == "(":
        behind = tokens.past(i + 1)
        if tokens.word(behind) == "{":  # a macro that is a loop
            return statement(tokens, behind, level + 1)
    return simple(tokens, i), level


def simple(tokens, i):
    """The place behind the semicolon that ends the simple statement at `i`."""
    while i < len(tokens.words) and tokens.words[i] != ";":
        if tokens.words[i] in "({[":
            i = tokens.past(i)
        elif tokens.words[i] == "}":
            return i
        else:
            i += 1
    return i + 1


def block(tokens, i, level):
    end = tokens.past(i) - 1
    i += 1
    deepest = level
    while i < end:
        before = i
        i, inner = statement(tokens, i, level)
        deepest = max(deepest, inner)
        if i <= before:
            i = before + 1
    return end + 1, deepest


def parameter_count(tokens, opening, behind):
    words = tokens.words[opening + 1 : behind - 1]
    if not words or words == ["void"]:
        return 0
    depth = 0
    count = 1
    for word in words:
        if word in "([{":
            depth += 1
        elif word in ")]}":
            depth -= 1
        elif word == "," and depth == 0:
            count += 1
    return count


def functions_of(text):
    """The functions that a source defines."""
    tokens = Tokens(without_directives(code_of(text)))
    found = []
    i = 0
    start = 0
    candidate = None
    while i < len(tokens.words):
        word = tokens.words[i]
        if word == "(":
            behind = tokens.past(i)
            if candidate is None and i > 0 and re.match(r"[A-Za-z_]", tokens.words[i - 1]) \
                    and tokens.words[i - 1] not in ("__attribute__", "_Static_assert", "_Alignas"):
                candidate = (tokens.words[i - 1], i, behind)
            i = behind
        elif word == "{":
            behind = tokens.past(i)
            if candidate is not None and "=" not in tokens.words[start:i]:
                name, opening, closing = candidate
                first = tokens.lines[start]
                _, deepest = block(tokens, i, 0)
                found.append(Function(name, first, tokens.lines[behind - 1] - first + 1,
                                      parameter_count(tokens, opening, closing), deepest))
                start = behind
                candidate = None
            i = behind
        elif word == ";":
            i += 1
            start = i
            candidate = None
        else:
            i += 1
    return found
