"""Constants of the house by name and value, and the spellings in which docs/LIMITS.md may say a value."""
import re

DEFINED = re.compile(r"^[ \t]*#[ \t]*define[ \t]+([A-Z][A-Z0-9_]+)[ \t]+(\S.*)$", re.MULTILINE)
LISTED = re.compile(r"\b([A-Z][A-Z0-9]*_[A-Z0-9_]+)\s*=\s*([^,\n}=]+)")
TIMES = {"NS": 10**9, "US": 10**6, "MS": 10**3, "S": 1, "SECONDS": 1}
UNITS = (("us", "1 us", 1e-6), ("ms", "1 ms", 1e-3), ("s", "a second", 1), ("min", "a minute", 60), ("h", "an hour", 3600),
         ("days", "a day", 86400))
PARTS = {2: ("half",), 4: ("quarter", "fourth"), 8: ("eighth",), 16: ("sixteenth",)}


def constants_of(sources):
    """{name: its expression} of the texts of headers and sources, without comments."""
    found = {}
    for text in sources:
        text = re.sub(r"/\*.*?\*/", " ", text.replace("\\\n", " "), flags=re.DOTALL)
        for pattern in (DEFINED, LISTED):
            for name, expression in pattern.findall(text):
                found.setdefault(name, expression.strip())
    return found


def value_of(constants, expression, depth=0):
    """The number that an expression gives; None where it takes a compiler."""
    expression = re.sub(r"\bU?INT\d+_C\(([^)]*)\)", r"\1", expression)
    expression = re.sub(r"\b(0x[0-9a-fA-F]+|\d+)[uUlL]+\b", r"\1", expression)
    expression = re.sub(r"\((?:u?int\d+_t|size_t|int|unsigned|double)\)", "", expression)
    for name in set(re.findall(r"\b[A-Z][A-Z0-9_]{2,}\b", expression)):
        value = value_of(constants, constants[name], depth + 1) if name in constants and depth < 20 else None
        if value is None:
            return None
        expression = re.sub(rf"\b{name}\b", str(value), expression)
    if not re.fullmatch(r"(?:0x[0-9a-fA-F]+|[\d\s()+*/<>.-])+", expression):
        return None
    try:
        return eval(expression.replace("/", "//"), {"__builtins__": {}})  # digits and operators alone
    except (SyntaxError, ArithmeticError):
        return None


def spellings(name, value):
    """How a row may say `value`."""
    said = {str(value), f"{value:,}"}
    size = value * 1024 if "KIB" in name.split("_") else value
    for unit, factor in (("KiB", 2**10), ("MiB", 2**20), ("GiB", 2**30)):
        said |= {f"{size // factor:,} {unit}"} if size % factor == 0 else {f"{size / factor:.1f} {unit}"}
    said |= {f"{size / 1000:.1f} KB", f"{size / 1000:.1f} kB"}
    if name.split("_")[-2:] == ["LOG2", "MAX"] and value < 64:
        said.add(f"{2**value:,}")
    for power in range(8, 64):
        if value in (2**power, 2**power - 1):
            said.add(f"2^{power}" if value == 2**power else f"below 2^{power}")
    for part in TIMES.keys() & set(name.split("_")):
        for unit, one, each in UNITS:
            amount = round(value / TIMES[part] / each, 3)
            said.add(f"{amount:,.0f} {unit}" if amount == int(amount) else f"{amount:g} {unit}")
            said |= {one} if amount == 1 else set()
    if {"SHARE", "RESERVE"} & set(name.split("_")):
        said |= set(PARTS.get(value, ()))
    if value == 1:
        said |= {"one", "once"}
    return said


def says(row, name, value):
    """Whether the text of a row has the value in it, as a number of its own."""
    return any(re.search(rf"(?<![\d,.^\w]){re.escape(said)}(?!\w|[,.]\d)", row) for said in spellings(name, value))
