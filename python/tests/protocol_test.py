#!/usr/bin/env python3
"""The package against the control socket's document: it asks for nothing that no node has, and reads nothing that none tells."""
import ast
import dataclasses
import json
import unittest

import tap

import wavu
from wavu import types

DOCUMENT = json.loads((tap.ROOT / "docs/protocol/control.openrpc.json").read_text())
METHODS = {method["name"]: method for method in DOCUMENT["methods"]}
SCHEMAS = DOCUMENT["components"]["schemas"]
ASKING = {"call", "call_waiting", "_ready", "_task"}
WAITING = {"call_waiting"}
OTHER_NAMES = {"Node": "MeshMember", "Network": "OwnNetwork", "FileOffer": "File", "Called": "SosTarget"}
OURS = {"Message": {"network", "room", "member"}}  # where it was said: known from what was asked
NOT_THERE = {"Topology", "Event"}  # made here, and of its own kind


def questions():
    """(file, line, how, method, names of parameters) of every question in the package."""
    for path in sorted((tap.PYTHON / "wavu").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in ASKING:
                continue
            if node.args and isinstance(node.args[0], ast.Constant):
                names = {one.arg for one in node.keywords if one.arg is not None}
                yield path.name, node.lineno, node.func.attr, node.args[0].value, names


def schema_of(name):
    if name == "Status":
        return METHODS["node.status"]["result"]["schema"]
    return SCHEMAS[OTHER_NAMES.get(name, name)]


class Document(unittest.TestCase):
    def test_every_method_and_parameter_is_in_the_document(self):
        asked = set()
        for where, line, how, method, names in questions():
            with self.subTest(where=where, line=line):
                self.assertIn(method, METHODS)
                known = {one["name"] for one in METHODS[method]["params"]}
                self.assertLessEqual(names, known)
                if how in WAITING:
                    self.assertIn("wait", known)
                asked.add(method)
        self.assertGreater(len(asked), 30)

    def test_every_field_is_in_the_document(self):
        count = 0
        for name in wavu.__all__:
            kind = getattr(wavu, name)
            if not dataclasses.is_dataclass(kind) or name in NOT_THERE:
                continue
            schema = schema_of(name)
            for _, key, _, has_default in types._plan(kind):
                with self.subTest(kind=name, key=key):
                    if key not in OURS.get(name, ()):
                        self.assertIn(key, schema["properties"])
                        self.assertTrue(has_default or key in schema["required"], "it may be missing, and has no default")
                    count += 1
        self.assertGreater(count, 150)


if __name__ == "__main__":
    tap.main()
