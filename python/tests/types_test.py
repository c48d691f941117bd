#!/usr/bin/env python3
"""JSON into dataclasses: what is kept, what is ignored, what is refused."""
import unittest

import tap

import wavu
from wavu import _clean, _show, errors, types

MESSAGE = {"id": "aa", "author": "bb", "kind": "text", "text": "habari", "nick": None, "shown": "Amina", "number": 3,
           "unixMs": 1700000000000, "about": None, "reactions": [{"emoji": "x", "count": 2, "isOwn": True}],
           "mentions": ["cc"], "isMentioned": False, "state": None, "isOwn": False}


class Building(unittest.TestCase):
    def test_fields_are_spelled_as_python_does(self):
        message = types.build(wavu.Message, MESSAGE, network="n", room="r")
        self.assertEqual((message.unix_ms, message.is_own, message.room, message.member), (1700000000000, False, "r", None))
        self.assertEqual(message.reactions, (wavu.Reaction("x", 2, True),))
        self.assertEqual(message.time.year, 2023)
        self.assertFalse(message.is_direct)

    def test_unknown_fields_are_ignored_and_unknown_kinds_kept(self):
        message = types.build(wavu.Message, {**MESSAGE, "kind": "hologram", "depth": 7})
        self.assertEqual(message.kind, "hologram")
        self.assertIn("(hologram)", _show.message(message))
        event = types.event({"event": "eclipse", "number": 4, "unixMs": 5, "moon": "new"})
        self.assertEqual((event.kind, event["moon"], event.text("sun")), ("eclipse", "new", ""))

    def test_what_is_of_another_type_is_refused(self):
        for key, value in (("id", 7), ("id", None), ("number", "3"), ("number", True), ("isOwn", 1), ("mentions", "cc"),
                           ("mentions", [1]), ("reactions", [{"count": 1}]), ("reactions", ["x"])):
            with self.subTest(key=key, value=value), self.assertRaises(wavu.BadAnswer):
                types.build(wavu.Message, {**MESSAGE, key: value})
        for data in (None, [], "text", 3, {"id": "aa"}):
            with self.subTest(data=data), self.assertRaises(wavu.BadAnswer):
                types.build(wavu.Message, data)
        for data in ({}, {"event": "said"}, {"event": 1, "number": 1}, {"event": "a", "number": True}, None):
            with self.subTest(event=data), self.assertRaises(wavu.BadAnswer):
                types.event(data)

    def test_a_clock_that_is_nowhere_gives_no_time(self):
        for when in (0, 2**62, -2**62):
            self.assertIsNone(types.build(wavu.Message, {**MESSAGE, "unixMs": when}).time)
            _show.message(types.build(wavu.Message, {**MESSAGE, "unixMs": when}))

    def test_special_keys(self):
        call = types.build(wavu.Call, {"id": "a", "isOwn": False, "from": "m", "position": {"latitudeE7": 1, "longitudeE7": -2}})
        self.assertEqual((call.sender, call.position.longitude_e7, call.position.altitude_m), ("m", -2, None))


class Errors(unittest.TestCase):
    def test_each_code_has_its_exception_and_the_nodes_sentence(self):
        for code, kind, name in ((-32013, wavu.NotFound, "not_found"), (-32012, wavu.Denied, "denied"),
                                 (-32001, wavu.Again, "again"), (-32002, wavu.Limit, "limit"), (-32000, wavu.Limit, ""),
                                 (-32602, wavu.BadParams, ""), (-32603, wavu.Failed, ""), (-32019, wavu.NoSpace, "no_space"),
                                 (-32025, wavu.RpcError, "downgrade"), (-1, wavu.RpcError, ""), (10**30, wavu.RpcError, "")):
            error = errors.of_answer(code, "the sentence", "room.say")
            self.assertIs(type(error), kind, code)
            self.assertEqual((error.sentence, str(error), error.name, error.code), ("the sentence",) * 2 + (name, code))
        self.assertIn("'net.ping'", errors.of_answer(-32601, "no such method", "net.ping").sentence)

    def test_names_are_those_of_the_library(self):
        header = (tap.ROOT / "include/wavu/err.h").read_text()
        for code, name in enumerate(errors.NAMES):
            if code > 0:
                self.assertRegex(header, rf"WAVU_ERR_{name.upper()} =\s+-{code}\b")


def vectors():
    """tests/vectors/clean.txt: sets of code points, texts, names."""
    table, texts, names = {}, [], []
    for record in (tap.ROOT / "tests/vectors/clean.txt").read_text().split("\n\n"):
        lines = (line.partition(" = ") for line in record.splitlines() if line and line[0] != "#")
        values = {key.strip(" ="): value for key, _, value in lines}
        text = {key: value if key in ("never", "behind", "colons", "quotes", "heads", "y", "o", "u")
                else bytes.fromhex(value).decode("utf-8", "surrogateescape") for key, value in values.items()}
        if "given" in text:
            texts.append([text[key] for key in ("given", "name", "line", "text")])
        elif "named" in text:
            names.append([text[key] for key in ("named", "apart", "shown")])
        for key, value in text.items() if "never" in text else ():
            ends = [tuple(int(end, 16) for end in one.split("-")) for one in value.split()]
            table[key] = {point for end in ends for point in range(end[0], end[-1] + 1)}
    return table, texts, names


class Shown(unittest.TestCase):
    def test_what_steers_a_terminal_is_taken_out(self):
        self.assertEqual(wavu.clean("a\x1b[31mb\r\n\x9b\u202ec\u200b\ud800"), "a?[31mb????c??")
        nasty = types.build(wavu.Message, {**MESSAGE, "shown": "A\x1b]0;x\x07", "text": "one\ntwo\x1b[2J"})
        line = _show.message(nasty)
        self.assertNotIn("\x1b", line)
        self.assertIn("one\n    two?[2J", line)

    def test_it_is_as_the_program_does_it(self):
        table, texts, names = vectors()
        for rule, changed in (("never", "a?"), ("behind", "?")):
            for point in table[rule]:
                text = chr(point) if rule == "behind" else "a" + chr(point)
                self.assertEqual(wavu.clean(text), changed, hex(point))
        for point in range(0x110000):
            is_shown = point not in table["never"] and point not in table["behind"]
            self.assertEqual(wavu.clean(chr(point)) == chr(point), is_shown or chr(point) == "?", hex(point))
        for given, *all_ in texts:
            for kind, wanted in zip(("name", "line", "text"), all_):
                self.assertEqual(wavu.clean(given, kind=kind), wanted)
        for given, apart, shown in names:
            self.assertEqual(_clean.name(given, apart), shown)
        for form, kind in (("a{}b", "colons"), ("a{}b", "quotes"), ("{}b", "heads"), ("{}ou", "y"), ("y{}u", "o"),
                           ("yo{}", "u")):
            for point in table[kind]:
                self.assertEqual(_clean.name(form.format(chr(point)))[0], '"', hex(point))

    def test_a_name_is_read_as_no_more(self):
        def line(**more):
            return _show.message(types.build(wavu.Message, {**MESSAGE, "text": "habari", **more}))
        self.assertIn('  "Amina: yes": habari', line(shown="Amina: yes"))
        self.assertIn('  "y\u043eu": habari', line(shown="y\u043eu"))
        self.assertIn('  * "Amina says yes and" habari', line(shown="Amina says yes and", kind="me"))
        self.assertIn("  Amina wa Pwani: habari", line(shown="Amina wa Pwani"))

    def test_durations_and_amounts(self):
        self.assertEqual([_show.duration(ms) for ms in (0, 61000, 3661000, 90000000)],
                         ["0 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"])
        self.assertEqual([_show.amount(n) for n in (0, 1023, 1536, 3 * 2**30)], ["0 B", "1023 B", "1.5 KiB", "3.0 GiB"])

    def test_links_of_who_is_gone_are_not_drawn(self):
        mesh = wavu.Topology((wavu.Node("aaaa", links=("bbbb", "cccc")), wavu.Node("bbbb", links=("aaaa",)),
                              wavu.Node("cccc", is_reachable=False, links=("aaaa",))))
        self.assertEqual(mesh.links, [("aaaa", "bbbb")])
        self.assertEqual(mesh.graphviz().count("--"), 1)
        self.assertIn('"cccc" [style=dashed];', mesh.graphviz())


if __name__ == "__main__":
    tap.main()
