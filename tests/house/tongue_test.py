"""tools/tongue.py refuses texts that are glued of pieces, and counts with ngettext come as one text with two forms."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import tongue  # noqa: E402

GLUED = ["%llu member%s", "  (%llu ha%s it)", "'%s' can mean %zu members: %s; %stype more", "said %<PRIu64> time%s%s\\n"]
WHOLE = ["%s: %llu members", "%s%s", "[%s] %s\\n%s", "What a QR shows:\\n%s\\n", "%.3f ms", "%s/%s", "'%s'", "%s, %s", "%2$s (%1$s)",
         "%u%%", "in %llu s"]


def main():
    """One line a text."""
    bad = 0
    texts = [(text, True) for text in GLUED] + [(text, False) for text in WHOLE]
    for number, (text, is_glued) in enumerate(texts, 1):
        good = tongue.glued(text) == is_glued
        bad += not good
        print(f"{'ok' if good else 'not ok'} {number} - {'refused' if is_glued else 'taken'}: {text}")
    pot = (ROOT / "po/wavu.pot").read_text(encoding="utf-8")
    good = 'msgid "%llu network"\nmsgid_plural "%llu networks"\nmsgstr[0]' in pot
    print(f"{'ok' if good else 'not ok'} {len(texts) + 1} - what is counted has both forms in one text")
    print(f"1..{len(texts) + 1}")
    return 1 if bad or not good else 0


if __name__ == "__main__":
    sys.exit(main())
