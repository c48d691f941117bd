#!/usr/bin/env python3
"""The socket: where it is, who is behind it, and answers that no node gives. Only these are written by hand here."""
import asyncio
import contextlib
import json
import os
import socket
import unittest
from unittest import mock

import tap
from world import folder, one, soon

import wavu
from wavu import _socket

HELLO = b'{"jsonrpc":"2.0","result":{"rpc":1,"version":"0.0.1"},"id":1}\n'


@contextlib.asynccontextmanager
async def mouth(*answers):
    """A home whose socket says that, a line for each that comes; then it closes. None: it says nothing."""
    async def on_client(reader, writer):
        with contextlib.suppress(ConnectionError):
            for answer in answers:
                if not await reader.readline():
                    break
                if answer is None:
                    await reader.read()
                    break
                writer.write(answer)
                await writer.drain()
        writer.close()

    with folder() as home:
        server = await asyncio.start_unix_server(on_client, home + "/control.sock")
        try:
            yield home
        finally:
            server.close()


class Finding(unittest.TestCase):
    def find(self, home=None, **variables):
        with mock.patch.dict(os.environ, variables, clear=True):
            return _socket.find_home(home)

    def test_homes_are_found_as_the_program_finds_them(self):
        self.assertEqual(self.find("here", WAVU_HOME="/w"), "here")
        self.assertEqual(self.find(WAVU_HOME="/w", XDG_DATA_HOME="/d", HOME="/h"), "/w")
        self.assertEqual(self.find(WAVU_HOME="", XDG_DATA_HOME="/d", HOME="/h"), "/d/wavu")
        self.assertEqual(self.find(XDG_DATA_HOME="relative", HOME="/h"), "/h/.local/share/wavu")
        self.assertEqual(self.find(STATE_DIRECTORY="/v/other:/v/wavu", HOME="/h"), "/v/wavu")
        self.assertEqual(self.find(STATE_DIRECTORY="/v/other", HOME="/h"), "/h/.local/share/wavu")
        with self.assertRaisesRegex(wavu.WavuError, "HOME is not set"):
            self.find()
        with self.assertRaises(wavu.WavuError):
            self.find("")


class Asking(unittest.IsolatedAsyncioTestCase):
    async def fails(self, kind, sentence, *answers, timeout=15.0):
        async with mouth(*answers) as home:
            with self.assertRaisesRegex(kind, sentence):
                async with wavu.connect(home, timeout) as node:
                    await soon(node.status())

    async def test_no_node(self):
        with folder() as home:
            with self.assertRaisesRegex(wavu.NoNode, "no node runs in .*; start one with 'wavu up'"):
                async with wavu.connect(home):
                    pass
            stale = socket.socket(socket.AF_UNIX)
            stale.bind(home + "/control.sock")
            stale.close()  # as a killed node leaves it
            with self.assertRaises(wavu.NoNode):
                async with wavu.connect(home):
                    pass
        with self.assertRaisesRegex(wavu.WavuError, "too long for a socket"):
            async with wavu.connect("/tmp/" + "x" * 120):
                pass

    async def test_answers_that_are_none(self):
        for answer in (b"\n", b"rubbish\n", b"[]\n", b"{}\n", b'"text"\n', b"\xff\xfe\n", b"[" * 100000 + b"\n",
                       b'{"jsonrpc":"2.0","id":2}\n', b'{"jsonrpc":"1.0","result":{},"id":2}\n',
                       b'{"jsonrpc":"2.0","result":{},"error":{"code":1},"id":2}\n',
                       b'{"jsonrpc":"2.0","result":{},"id":7}\n', b'{"jsonrpc":"2.0","error":"no","id":2}\n',
                       b'{"jsonrpc":"2.0","error":{"code":"no"},"id":2}\n', b'{"jsonrpc":"2.0","result":[],"id":2}\n',
                       b'{"jsonrpc":"2.0","result":' + b"9" * 5000 + b',"id":2}\n',
                       b'{"jsonrpc":"2.0","result":{"peerId":1,"version":"0","uptimeMs":3},"id":2}\n'):
            with self.subTest(answer=answer[:60]):
                await self.fails(wavu.BadAnswer, "another version", HELLO, answer)

    async def test_another_version_of_the_socket(self):
        await self.fails(wavu.BadAnswer, "came with it", HELLO.replace(b'"rpc":1', b'"rpc":2'))
        await self.fails(wavu.BadAnswer, "another version", b'{"jsonrpc":"2.0","result":{},"id":1}\n')

    async def test_an_answer_without_end_costs_no_more_than_one(self):
        with mock.patch.object(_socket, "ANSWER_MAX", 65536):
            await self.fails(wavu.BadAnswer, "longer than any", HELLO, b"[" + b"1," * 100000)

    async def test_a_node_that_says_nothing(self):
        await self.fails(wavu.NoAnswer, "does not answer 'node.status'", HELLO, None, timeout=0.1)

    async def test_a_node_that_ends_before_it_answers(self):
        async with mouth(HELLO, b"") as home:
            async with wavu.connect(home) as node:
                with self.assertRaisesRegex(wavu.NodeGone, "is not known; start it again"):
                    await soon(node.say("habari"))  # not said twice

    async def test_an_old_node_that_lacks_a_method(self):
        error = b'{"jsonrpc":"2.0","error":{"code":-32601,"message":"there is no such method"},"id":2}\n'
        async with mouth(HELLO, error) as home:
            async with wavu.connect(home) as node:
                with self.assertRaisesRegex(wavu.UnknownMethod, "does not know 'net.ping'.*older wavu"):
                    async for _ in node.ping("12D3KooW"):
                        pass

    async def test_another_users_socket_is_not_talked_to(self):
        if os.geteuid() != 0:
            async with mouth(HELLO) as home:
                with mock.patch("os.geteuid", return_value=os.geteuid() + 1):
                    with self.assertRaisesRegex(wavu.NotTrusted, "another user"):
                        async with wavu.connect(home):
                            pass
            return
        with folder() as home:
            os.chmod(home, 0o777)
            told, tell = os.pipe()  # the other listens
            ended, end = os.pipe()  # and may end
            child = os.fork()
            if child == 0:
                os.setuid(65534)
                ear = socket.socket(socket.AF_UNIX)
                ear.bind(home + "/control.sock")
                ear.listen()
                os.write(tell, b".")
                os.read(ended, 1)
                os._exit(0)
            os.read(told, 1)
            try:
                with self.assertRaisesRegex(wavu.NotTrusted, "another user"):
                    async with wavu.connect(home):
                        pass
            finally:
                os.write(end, b".")
                os.waitpid(child, 0)
                for one_ in (told, tell, ended, end):
                    os.close(one_)

    async def test_a_question_that_was_given_up_gets_nobody_elses_answer(self):
        async with one() as node:
            waits = asyncio.ensure_future(node._link.ask("mesh.events", {"after": 2**52, "wait": True}, None))
            await asyncio.sleep(0.05)
            waits.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await waits
            self.assertTrue((await node.status()).peer_id)

    async def test_what_is_too_long_is_not_sent(self):
        async with one() as node:
            with self.assertRaises(wavu.Limit):
                await node.say("x" * 70000)
            with self.assertRaisesRegex(wavu.WavuError, "half a character"):
                await node.say("\ud800")
            text = '"\\\u20ac' * 3000
            told = await node.say(text)
            async for message in node.history(limit=1):
                self.assertEqual((message.id, message.text), (told, text))

    async def test_the_nodes_own_errors(self):
        async with one() as node:
            with self.assertRaises(wavu.UnknownMethod):
                await node.call("no.such")
            with self.assertRaises(wavu.BadParams):
                await node.call("node.status", much=1)
            with self.assertRaisesRegex(wavu.NotFound, "network"):
                await node.say("habari", network="elsewhere")
            with self.assertRaisesRegex(wavu.NotFound, "'members' lists them"):
                await node.dm("Nobody", "habari")


class Lines(unittest.TestCase):
    def test_a_request_is_one_line(self):
        line = _socket.request("room.say", {"text": "a\nb", "room": None}, 4)
        self.assertEqual(json.loads(line), {"jsonrpc": "2.0", "method": "room.say", "id": 4, "params": {"text": "a\nb"}})
        self.assertEqual(line.count(b"\n"), 1)


if __name__ == "__main__":
    tap.main()
