#!/usr/bin/env python3
"""What a bot does with a Client, against real nodes."""
import asyncio
import os
import shutil
import sys
import unittest
import unittest.mock

import tap
from world import ALONE, begin, folder, node, one, pair, soon, two, until

import wavu


class Alone(unittest.IsolatedAsyncioTestCase):
    async def test_how_the_node_stands(self):
        async with one() as amina:
            status = await amina.status()
            self.assertEqual((status.version, status.mesh.members, status.disk), (amina.version, 1, "good"))
            self.assertEqual(await amina.peers(), [])
            self.assertEqual([(each.peer_id, each.is_self) for each in (await amina.topology()).nodes],
                             [(status.peer_id, True)])
            metrics = await amina.metrics()
            self.assertTrue(metrics and all(isinstance(count, int) for count in metrics.values()))
            self.assertEqual((await amina.nick(), len(await amina.key())), ("Amina", 64))
            network, = await amina.networks()
            me, = await amina.members()
            self.assertEqual((network.name, me.shown, me.is_self, me.network), ("savanna", "Amina", True, network.id))

    async def test_rooms_and_what_becomes_of_a_message(self):
        async with one() as amina:
            plans = await amina.make_room("plans", topic="what next")
            self.assertEqual([(room.name, room.is_main) for room in await amina.rooms()], [(None, True), ("plans", False)])
            told = await amina.say("habri", "plans")
            said, = [message async for message in amina.history("plans", limit=1)]
            self.assertEqual((said.id, said.author, said.is_own), (told, (await amina.find("Amina")).id, True))
            await amina.edit(said, "habari")
            await amina.react(said, "+")
            answer = await amina.reply(said, "nzuri")
            self.assertEqual([(each.text, each.about, each.is_edited, len(each.reactions)) async for each in
                              amina.history(plans) if each.kind == "text"],
                             [("nzuri", told, False, 0), ("habari", None, True, 1)])
            await amina.delete(said)
            gone = [each async for each in amina.history("plans") if each.is_gone]
            self.assertEqual([each.id for each in gone], [told])
            await amina.read(gone[0])
            self.assertNotEqual(answer, told)

    async def test_history_comes_page_by_page(self):
        async with one() as amina:
            for number in range(7):
                await amina.say(f"simba {number}" if number % 2 else f"tembo {number}")
            with unittest.mock.patch("wavu.client.PAGE", 3):
                texts = [each.text async for each in amina.history()]
                self.assertEqual(texts[:7], [f"{'simba' if n % 2 else 'tembo'} {n}" for n in reversed(range(7))])
                self.assertEqual([each.text async for each in amina.history(limit=4)], texts[:4])
                self.assertEqual([each.text async for each in amina.history(words="simba", limit=2)], ["simba 5", "simba 3"])
                fifth = [each async for each in amina.history(limit=5)][-1]
                self.assertEqual([each.text async for each in amina.history(before=fifth, limit=2)], texts[5:7])
            with self.assertRaises(wavu.NotFound):
                await amina.history("elsewhere").__anext__()

    async def test_nobody_is_told_what_nobody_hears(self):
        async with one() as amina:
            peer = (await amina.status()).peer_id
            with self.assertRaises(wavu.NotDelivered) as failed:
                await amina.send(peer, "habari")  # to itself
            self.assertEqual(failed.exception.state, "invalid")
            with self.assertRaisesRegex(wavu.NotDelivered, "no way to"):
                await soon(amina.send("12D3KooWSGNfPJqMnGhpRrWJYn4P5QRnSJ2qXxaDKvj2kCBMXHHb", "habari"))
            with self.assertRaises(wavu.JoinFailed) as failed:
                await soon(amina.join("7-apple-river-stone", "127.0.0.1:1"))
            self.assertTrue(failed.exception.name)

    async def test_an_invitation_that_nobody_uses_is_closed(self):
        async with one() as amina:
            async with amina.invite() as invite:
                self.assertRegex(invite.code, r"^\d+(-\w+){3}$")
                self.assertGreater(invite.open_ms, 0)
                async with amina.invite() as other:  # which withdraws the first
                    events = [event.kind async for event in invite]
                    self.assertEqual(events, ["codeClosed"])
                    self.assertNotEqual(other.code, invite.code)

    async def test_a_node_that_does_not_come_up_says_why(self):
        with folder() as home:
            with open(home + "/file", "w", encoding="utf-8"):
                pass
            with self.assertRaisesRegex(wavu.NodeFailed, "cannot be used"):
                async with node(home + "/file"):
                    pass
            with self.assertRaisesRegex(wavu.NodeFailed, "cannot be run"):
                async with wavu.start_node(home, home + "/nothing"):
                    pass
            async with node(home + "/a"):
                with self.assertRaisesRegex(wavu.NodeFailed, "ended at once: .*runs"):
                    async with node(home + "/a"):  # one runs there
                        pass

    async def test_a_node_that_was_killed_is_said_to_be_gone(self):
        with folder() as home:
            async with node(home) as started, started.connect() as amina:
                events = amina.events()
                waits = await begin(events)
                started.kill()
                with self.assertRaisesRegex(wavu.NodeGone, "ended before it answered"):
                    await soon(waits)
                with self.assertRaisesRegex(wavu.NoNode, "no node runs in"):
                    await amina.status()
            async with node(home), wavu.connect(home) as again:
                self.assertTrue((await again.status()).peer_id)

    async def test_a_node_does_not_outlive_who_started_it(self):
        code = ("import asyncio, sys, wavu\n"
                "async def main():\n"
                "    async with wavu.start_node(sys.argv[1], sys.argv[2], sys.argv[3:]) as started:\n"
                "        print(started._process.pid, flush=True)\n"
                "        await asyncio.sleep(1000)\n"
                "asyncio.run(main())\n")
        with folder() as home:
            script = await asyncio.create_subprocess_exec(sys.executable, "-c", code, home, tap.program(), *ALONE,
                                                          env={**os.environ, "PYTHONPATH": str(tap.PYTHON)},
                                                          stdout=asyncio.subprocess.PIPE)
            pid = int(await soon(script.stdout.readline()))
            script.kill()
            await script.wait()

            async def ended():
                return not os.path.exists(f"/proc/{pid}/exe")
            await until(ended)

    async def test_a_client_outlives_its_connection(self):
        with folder() as home:
            async with node(home) as started:
                async with started.connect() as amina:
                    before = await amina.status()
                    others = [wavu.Client(home) for _ in range(40)]  # more than a node keeps
                    await asyncio.sleep(1.1)
                    for other in others:
                        await other.status()
                    self.assertEqual((await amina.status()).peer_id, before.peer_id)
                    for other in others:
                        await other.close()


class Filtered(unittest.IsolatedAsyncioTestCase):
    async def test_what_a_filter_hides_is_passed_over(self):
        module = os.path.join(os.path.dirname(os.path.dirname(tap.program())), "modules", "filter_words.so")
        if not os.path.exists(module):
            self.skipTest(f"the examples of modules are not built in {os.path.dirname(module)}")
        with folder() as home:
            shutil.copy(module, home)  # whatever the umask of the build was: none but we may write to it
            os.chmod(home + "/filter_words.so", 0o644)
            with open(home + "/words.txt", "w", encoding="utf-8") as words:
                words.write("ugali\n?bei\n")
            async with node(home + "/a") as a, a.connect() as amina:
                async with node(home + "/b", "--allow-modules") as b, b.connect() as baraka:
                    await amina.nick("Amina")
                    await pair(amina, baraka, a.addresses[0])
                    await baraka.call("module.load", file=home + "/filter_words.so", argument=home + "/words.txt")
                    heard, all_ = baraka.messages(), baraka.messages(blocked=True)
                    firsts = [await begin(each) for each in (heard, all_)]
                    await amina.say("ugali leo?")
                    await amina.say("bei ni nzuri")
                    marked, hidden = [await soon(each) for each in firsts]
                    self.assertEqual((marked.text, marked.filter, marked.is_filtered), ("bei ni nzuri", "filter-words", False))
                    self.assertTrue(hidden.is_filtered)
                    self.assertEqual((await soon(all_.__anext__())).id, marked.id)
                    for each in (heard, all_):
                        await each.aclose()


class Together(unittest.IsolatedAsyncioTestCase):
    async def test_two_people_talk(self):
        async with two() as (amina, baraka):
            self.assertEqual({each.shown for each in await amina.members()}, {"Amina", "Baraka"})
            heard = baraka.messages()
            first = await begin(heard)
            await amina.say("habari", mentions=["Baraka"])
            message = await soon(first)
            self.assertEqual((message.text, message.shown, message.is_mentioned, message.is_direct, message.is_own),
                             ("habari", "Amina", True, False, False))
            await baraka.reply(message, "nzuri")
            answer = await until(lambda: anext_where(amina, lambda each: each.about == message.id))
            self.assertEqual(answer.text, "nzuri")

            told = await amina.dm("Baraka", "are you there?")
            direct = await soon(heard.__anext__())
            self.assertEqual((direct.id, direct.text, direct.is_direct), (told, "are you there?", True))
            self.assertEqual(direct.member, (await baraka.find("Amina")).id)
            arrived = await soon(amina.delivered(told, "Baraka"))
            self.assertEqual((arrived.id, arrived.state), (told, "delivered"))
            await baraka.reply(direct, "I am")
            self.assertEqual([each.text for each in [await until(lambda: anext_where(
                amina, lambda each: each.text == "I am", member="Baraka"))]], ["I am"])
            chat, = await baraka.chats()
            self.assertEqual((chat.member, chat.nick), (direct.member, "Amina"))
            with self.assertRaises(wavu.NoAnswer):
                await amina.delivered("aa" * 32, "Baraka", timeout=0.0)
            await heard.aclose()

    async def test_the_mesh_between_them(self):
        async with two() as (amina, baraka):
            here, there = [(await each.status()).peer_id for each in (amina, baraka)]

            async def linked():
                return (await amina.topology()).links == [tuple(sorted((here, there)))]
            await until(linked)
            self.assertIn(there, [peer.peer_id for peer in await amina.peers()])
            events = baraka.events(kinds={"message", "unicast"})
            first = await begin(events)
            self.assertEqual(await amina.broadcast("water at the school"), 1)
            event = await soon(first)
            self.assertEqual((event.kind, event.text("text"), event["peer"]), ("message", "water at the school", here))
            sent = await soon(amina.send(there, "the bridge is open"))
            self.assertEqual((sent.state, sent.peer), ("delivered", there))
            event = await soon(events.__anext__())
            self.assertEqual((event.kind, event.text("text")), ("unicast", "the bridge is open"))
            await soon(asyncio.gather(*(amina.send(there, f"{n}") for n in range(20))))  # more than may wait at once
            await events.aclose()

    async def test_ways_and_round_trips(self):
        async with two() as (amina, baraka):
            there = (await baraka.status()).peer_id

            async def linked():
                return (await amina.topology()).links
            await until(linked)
            steps = [step async for step in amina.ping(there, 2, 0.1)]
            self.assertEqual([step.peer_id for step in steps], [there] * 2)
            self.assertTrue(all(step.rtt_ms > 0 for step in steps))

            async def known():
                return [route for route in await amina.routes() if route.hops]
            route, = await until(known)
            self.assertEqual((route.peer_id, route.next_hop, len(route.hops)), (there, there, 1))
            self.assertEqual([step.peer_id async for step in amina.trace(there)], [there])
            with self.assertRaises(wavu.TaskFailed):
                await soon(amina.dial("127.0.0.1:1"))
            self.assertEqual(await soon(amina.dial((await baraka.status()).addresses[0])), there)
            async for _ in amina.ping(there, 100, 60.0):
                break  # and the node gives it up

    async def test_a_file_goes_over(self):
        async with two() as (amina, baraka):
            data = os.urandom(300_000)
            with folder() as place:
                with open(place + "/map.png", "wb") as file:
                    file.write(data)
                heard = baraka.messages()
                first = await begin(heard)
                offer = await soon(amina.send_file(place + "/map.png"))
                self.assertEqual((offer.name, offer.size, offer.state), ("map.png", len(data), "own"))
                message = await soon(first)
                self.assertEqual((message.id, message.kind), (offer.id, "file"))
                path = await soon(baraka.accept_file(message))
                with open(path, "rb") as file:
                    self.assertEqual(file.read(), data)
                self.assertEqual((await baraka.file(message)).state, "here")
                await heard.aclose()
                with self.assertRaises((wavu.FileFailed, wavu.RpcError)):
                    await soon(amina.send_file(place + "/nothing"))

    async def test_a_call_for_help_is_acknowledged(self):
        async with two() as (amina, baraka):
            where = wavu.Position(-12_920_000, 368_210_000, accuracy_m=20)
            told = await amina.sos("the bridge is down", position=where)

            async def called():
                return [call for call in await baraka.sos_calls() if not call.is_own]
            call, = await until(called)
            self.assertEqual((call.id, call.text, call.position, call.shown), (told, "the bridge is down", where, "Amina"))
            await baraka.sos_acknowledge(call)

            async def seen():
                return [each for each in await amina.sos_calls() if each.is_own and each.seen == 1]
            own, = await until(seen)
            self.assertEqual([(each.shown, each.state) for each in own.to], [("Baraka", "acknowledged")])
            await amina.sos_cancel()

    async def test_who_is_meant_is_never_guessed(self):
        with folder() as home:
            async with node(home + "/a") as a, a.connect() as amina, node(home + "/b") as b, b.connect() as other:
                await amina.nick("Amina")
                await other.nick("Amina")
                await pair(amina, other, a.addresses[0])

                async def both():
                    return len([each for each in await amina.members() if each.nick == "Amina"]) == 2
                await until(both)
                with self.assertRaisesRegex(wavu.Ambiguous, "can mean 2 members"):
                    await amina.dm("Amina", "which?")
                them, = [each for each in await amina.members() if not each.is_self]
                self.assertEqual((await amina.find(them.id[:8])).id, them.id)
                self.assertTrue(await amina.revoke(them))
                with self.assertRaises(wavu.Denied):
                    await amina.dm(them, "too late")


class Blocking(unittest.TestCase):
    def test_the_same_without_asyncio(self):
        with folder() as home:
            loop = asyncio.new_event_loop()
            started = node(home)
            loop.run_until_complete(started.__aenter__())
            try:
                with wavu.BlockingClient(home) as amina:
                    amina.make_network("savanna")
                    told = amina.say("habari")
                    heard = amina.messages(own=True)
                    amina.say("unheard")  # it listens from the first step on
                    self.assertEqual([each.id for each in amina.history(limit=2)][1], told)
                    for message in amina.history():
                        self.assertEqual(message.text, "unheard")
                        break
                    heard.close()
                    with self.assertRaises(wavu.NotFound):
                        amina.dm("Nobody", "habari")
                    with self.assertRaises(wavu.NotFound):
                        list(amina.history("elsewhere"))
            finally:
                loop.run_until_complete(started.__aexit__(None, None, None))
                loop.close()
            with self.assertRaises(wavu.NoNode):
                with wavu.BlockingClient(home):
                    pass


async def anext_where(client, judge, **where):
    """The newest message that `judge` takes, or None."""
    async for message in client.history(**where):
        if judge(message):
            return message
    return None


if __name__ == "__main__":
    tap.main()
