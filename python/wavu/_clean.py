"""What others wrote, as it may be shown on a terminal: the rules of the program `wavu` (tests/vectors/clean.txt)."""
from __future__ import annotations

import bisect
import unicodedata

_NEVER = ((0x00, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
          (0x200B, 0x200B), (0x200E, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xD800, 0xDFFF),
          (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A),
          (0xE0000, 0xE0FFF))
_BEHIND = ((0x180B, 0x180F), (0x200C, 0x200D), (0xFE00, 0xFE0F))  # shown behind something that shows
_MARKS = 4  # on one character
_COLONS = ":\u02d0\u02f8\u0589\u05c3\u0703\u0704\u0903\u0a83\u16ec\u1803\u1809\u205a\u2236\u2982\ua4fd\ua789\ufe13\ufe30" \
          "\ufe55\uff1a"
_QUOTES = "\"\u02ba\u02dd\u02ee\u05f4\u201c\u201d\u201e\u201f\u2033\u275d\u275e\u3003\uff02"
_HEADS = "-*[\u02d7\u066d\u06d4\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u204e\u2212\u2217\u2731\u2772\u2796\u27e6\u2cba" \
         "\u3010\u3014\ufe58\ufe5d\ufe63\uff0a\uff0d\uff3b"
# What looks like y, o and u, beside what Unicode decomposes and folds to them.
_Y = ("\u00a5\u01b4\u024f\u0263\u028f\u03b3\u03a5\u0433\u0443\u0493\u04af\u04b1\u10e7\u13a9\u13b1\u13bd"
      "\u14a5\u1d8c\u1eff\u2c85\u2ca9\ua4ec\uab5a\U000102b2\U000118c4\U000118dc\U00016f07\U00016f43"
      "\U0001e041\U0001e04f\U0001e05f\U0001e06d")
_O = ("\u0030\u00f8\u0275\u03b8\u03bf\u03c3\u03db\u043e\u0473\u04e9\u0585\u05e1\u0647\u0665\u06be\u06c1"
      "\u06d5\u06f5\u06ff\u07c0\u0966\u09e6\u0a66\u0ae6\u0b20\u0b66\u0be6\u0c66\u0ce6\u0d20\u0d66\u0e50"
      "\u0ed0\u101d\u1040\u10ff\u12d0\u13a4\u13be\u13eb\u1d0f\u1d11\u2296\u229d\u236c\u2c9f\u2d31\u2d41"
      "\u2d54\u3007\ua4f3\ua74b\uab3d\uab3e\U00010292\U000102ab\U0001042c\U000104ea\U00010516\U000114d0"
      "\U000118c8\U000118d5\U000118d7\U000118e0\U0001e03c\U0001e04e\U0001e05c\U0001f714")
_U = ("\u0289\u028b\u03c5\u057d\u1200\u13cc\u144c\u1d1c\u1d7e\u222a\u22c3\ua4f4\ua79f\uab4e\uab52\U000104f6"
      "\U000118d8\U00016f42")
_LIKE = {ord(one): like for like, ones in (("y", _Y), ("o", _O), ("u", _U)) for one in ones}


def _has(ranges: tuple[tuple[int, int], ...], point: int) -> bool:
    at = bisect.bisect_right(ranges, (point, 0x110000)) - 1
    return at >= 0 and ranges[at][0] <= point <= ranges[at][1]


def clean(text: str, *, kind: str = "name") -> str:
    """Without what could steer a terminal, turn its line, hide or pile up: that becomes "?", each. In a "line" and in a
    "text" tabs and ends of lines become spaces, in a "text" newlines stay."""
    out = []
    has_before, piled = False, 0
    for one in text:
        point = ord(one)
        behind = _has(_BEHIND, point)
        is_good = has_before if behind else not _has(_NEVER, point)
        if not is_good:
            one = "?" if kind == "name" else {"\t": "    ", "\n": "\n" if kind == "text" else " ", "\r": ""}.get(one, "?")
            if not one:
                continue
        piled = piled + 1 if is_good and (behind or unicodedata.category(one) in ("Mn", "Me")) else 0
        if piled <= _MARKS:
            out.append(one)
            has_before = is_good
    return "".join(out)


def _looks(text: str) -> str:
    """The text with each letter that looks like one of "you" as that one."""
    for _ in range(2):  # folding brings new marks
        text = "".join(one for one in unicodedata.normalize("NFKD", text)
                       if unicodedata.category(one) not in ("Mn", "Me") and one not in "\u200c\u200d")
        text = text.translate(_LIKE).casefold().translate(_LIKE)
    return text


def name(text: str, apart: str = "") -> str:
    """The name of somebody else before what that one says: between quotes when it could be read as more than a name, or
    has one of `apart`."""
    shown = clean(text)
    is_odd = (any(one in _COLONS + _QUOTES + apart for one in shown) or shown[:1] in tuple(_HEADS)
              or _looks(shown) == "you")
    shown = "".join("'" if one in _QUOTES else one for one in shown)
    return f'"{shown}"' if is_odd else shown
