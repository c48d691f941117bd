#!/usr/bin/env python3
"""prometheus.py finds what it is there to find: TAP, a case for each mistake planted in a good text."""
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import prometheus  # noqa: E402

GOOD = ("# HELP wavu_build_info Always 1.\n# TYPE wavu_build_info gauge\nwavu_build_info{version=\"0.1.0\"} 1\n"
        "# HELP wavu_sent_bytes_total Bytes sent.\n# TYPE wavu_sent_bytes_total counter\nwavu_sent_bytes_total 12\n"
        "# HELP wavu_uptime_seconds How long.\n# TYPE wavu_uptime_seconds gauge\nwavu_uptime_seconds 1.5\n")
PLANTED = [
    ("a last line without an end", GOOD[:-1]),
    ("an empty line", GOOD.replace("1\n#", "1\n\n#", 1)),
    ("a value that is none", GOOD.replace(" 12\n", " twelve\n")),
    ("a label without quotes", GOOD.replace('"0.1.0"', "0.1.0")),
    ("a label that is not known", GOOD.replace("wavu_sent_bytes_total 12", 'wavu_sent_bytes_total{peer="x"} 12')),
    ("a metric twice", GOOD + GOOD),
    ("a sample twice", GOOD.replace("wavu_uptime_seconds 1.5\n", "wavu_uptime_seconds 1.5\nwavu_uptime_seconds 1.5\n")),
    ("a sample without TYPE", GOOD.replace("# TYPE wavu_uptime_seconds gauge\n", "")),
    ("a sample of nobody", GOOD + "wavu_more 1\n"),
    ("a counter without _total", GOOD.replace("wavu_sent_bytes_total", "wavu_sent_bytes")),
    ("a gauge with _total", GOOD.replace("total counter", "total gauge")),
    ("a name without wavu_", GOOD.replace("wavu_uptime", "uptime")),
    ("milliseconds", GOOD.replace("uptime_seconds", "uptime_ms")),
    ("a unit in the middle", GOOD.replace("sent_bytes_total", "bytes_sent_total")),
    ("help that is no sentence", GOOD.replace("Bytes sent.", "bytes")),
]


def finds(text):
    wrong = []
    prometheus.lawful(prometheus.parse(text, wrong), wrong)
    return wrong


def main():
    """Plant, look."""
    results = [("a good text is good", not finds(GOOD))]
    results += [(f"{name} is found", bool(finds(text))) for name, text in PLANTED]
    families = prometheus.parse(GOOD, [])
    page = prometheus.write(families, "# Metrics\n\n| metric | kind | what |\n|---|---|---|\n\nMore.\n")
    for name, text, expected in (("a page that is written is whole", page, 0), ("a missing line is found", page.replace("sent_", ""), 2),
                                 ("a line too many is found", page + "| `wavu_old` | gauge | Old. |\n", 1),
                                 ("one of the LAN is fine", page + "| `wavu_mdns_old` | gauge | Old. |\n", 0)):
        wrong = []
        prometheus.listed(families, text, '{"mdns_old", ""}', wrong)
        results.append((name, len(wrong) == expected))
    with tempfile.TemporaryDirectory() as folder:
        board = Path(folder) / "board.json"
        board.write_text(json.dumps({"panels": [{"targets": [{"expr": "rate(wavu_sent_bytes_total[5m]) + wavu_gone"}]}]}), encoding="utf-8")
        wrong = []
        prometheus.board_of(families, json.loads(board.read_text(encoding="utf-8")), wrong)
        results.append(("a query of nothing is found", any("wavu_gone" in line for line in wrong)))
    for number, (name, good) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
    print(f"1..{len(results)}")
    return 0 if all(good for _, good in results) else 1


if __name__ == "__main__":
    sys.exit(main())
