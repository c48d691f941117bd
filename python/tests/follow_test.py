#!/usr/bin/env python3
"""Messages as they come: none is missed and none comes twice, however slow one is and whatever becomes of the node."""
import asyncio
import tracemalloc
import unittest

import tap
from world import begin, folder, node, pair, soon, two, until

import wavu
from wavu import _follow

MANY = 2500  # the events that a node keeps are 1,024


async def say_many(client, texts):
    """In order, over one connection, without waiting for each answer: 32 requests in a line."""
    import json
    link = wavu.client.Link(client.home)
    await link.open()
    waiting = list(enumerate(texts, 1))
    while waiting:
        part = waiting[:32]
        line = json.dumps([{"jsonrpc": "2.0", "method": "room.say", "params": {"text": text}, "id": number}
                           for number, text in part])
        answers = {answer["id"]: answer for answer in json.loads(await link._exchange(line.encode() + b"\n", "room.say"))}
        failed = [number for number, _ in part if "error" in answers[number]]
        if failed and failed != [number for number, _ in part][-len(failed):]:
            raise AssertionError("said out of order")
        waiting = [one for one in waiting if one[0] in failed or one not in part]
        await asyncio.sleep(0.05 if failed else 0)
    await link.close()


async def take(heard, count):
    return [await soon(heard.__anext__()) for _ in range(count)]


class Following(unittest.IsolatedAsyncioTestCase):
    async def test_who_sleeps_through_a_thousand_events_misses_nothing(self):
        async with two() as (amina, baraka):
            heard = baraka.messages()
            first = await begin(heard)
            events = baraka.events()
            early = await begin(events)
            await amina.say("first")
            self.assertEqual((await soon(first)).text, "first")
            await soon(early)
            texts = [f"{number} " + "x" * 1000 for number in range(MANY)]
            told = await amina.dm("Baraka", "and this")
            await soon(amina.delivered(told, "Baraka"))
            await say_many(amina, texts)

            async def all_there():
                newest = await baraka.history(limit=1).__anext__()
                return newest.text == texts[-1]
            await until(all_there)
            lost = next(event for event in [await soon(events.__anext__()) for _ in range(40)] if event.kind == "lost")
            self.assertGreater(lost["count"], 0)  # the events themselves are gone

            tracemalloc.start()
            direct, at = [], 0
            for _ in range(MANY + 1):
                message = await soon(heard.__anext__())
                if message.is_direct:
                    direct.append(message.id)
                else:
                    self.assertEqual(message.text, texts[at])
                    at += 1
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            self.assertEqual((direct, at), ([told], MANY))
            self.assertLess(peak, MANY * 1000)  # of all that was said only a page is here at a time
            await amina.say("last")
            self.assertEqual((await take(heard, 1))[0].text, "last")
            await heard.aclose()
            await events.aclose()

    async def test_it_goes_on_where_it_was_when_the_node_was_killed(self):
        with folder() as home:
            async with node(home + "/a") as a, a.connect() as amina:
                async with node(home + "/b", "--seed", a.addresses[0]) as b:
                    baraka = wavu.Client(home + "/b")
                    await pair(amina, baraka, a.addresses[0])
                    heard, ends = baraka.messages(), baraka.messages(reconnect=False)
                    first, other = await begin(heard), await begin(ends)
                    await amina.say("before")
                    self.assertEqual([(await soon(each)).text for each in (first, other)], ["before"] * 2)
                    second = asyncio.ensure_future(heard.__anext__())
                    other = asyncio.ensure_future(ends.__anext__())
                    await asyncio.sleep(0.1)
                    b.kill()
                    with self.assertRaises(wavu.NodeGone):
                        await soon(other)
                    for text in ("while", "it", "was", "away"):
                        await amina.say(text)
                async with node(home + "/b", "--seed", a.addresses[0]):
                    texts = [(await soon(second)).text] + [each.text for each in await take(heard, 3)]
                    self.assertEqual(texts, ["while", "it", "was", "away"])
                    await amina.say("after")
                    self.assertEqual((await take(heard, 1))[0].text, "after")
                    await heard.aclose()
                await baraka.close()

    async def test_only_what_is_wanted(self):
        async with two() as (amina, baraka):
            plans = await amina.make_room("plans")

            async def is_known():
                return any(room.id == plans for room in await baraka.rooms())
            await until(is_known)
            room, direct = baraka.messages("plans"), baraka.messages(member="Amina")
            all_ = baraka.messages(own=True)
            firsts = [await begin(each) for each in (room, direct, all_)]
            await amina.say("in the main room")
            await amina.say("in plans", "plans")
            await amina.dm("Baraka", "between us")
            self.assertEqual([(await soon(each)).text for each in firsts[:2]], ["in plans", "between us"])
            three = [await soon(firsts[2])] + await take(all_, 2)
            self.assertEqual({(each.text, each.is_direct) for each in three},
                             {("in the main room", False), ("in plans", False), ("between us", True)})
            mine = await baraka.say("my own")
            self.assertEqual((await take(all_, 1))[0].id, mine)
            # A room and a network that begin while one looks on are looked at, too.
            late = await amina.make_room("late")
            await amina.say("in a new room", late)
            new = [each for each in await take(all_, 2) if each.kind == "text"]
            self.assertEqual([(each.text, each.room) for each in new], [("in a new room", late)])
            with self.assertRaises(wavu.NotFound):
                await baraka.messages("elsewhere").__anext__()
            for each in (room, direct, all_):
                await each.aclose()

    async def test_blocked_people_are_not_heard(self):
        async with two() as (amina, baraka):
            heard = baraka.messages(own=True)
            first = await begin(heard)
            who = await baraka.find("Amina")
            await baraka.call("contact.block", who=who.id, blocked=True)
            await amina.say("unheard")

            async def is_there():
                return [each async for each in baraka.history() if each.text == "unheard"]
            await until(is_there)
            await baraka.say("mine")  # behind it, so that it was passed over by then
            self.assertEqual((await soon(first)).text, "mine")
            await baraka.call("contact.block", who=who.id, blocked=False)
            await amina.say("heard")
            self.assertEqual((await take(heard, 1))[0].text, "heard")
            await heard.aclose()


class Numbers(unittest.IsolatedAsyncioTestCase):
    """What a history can do that is hard to bring about with two nodes."""

    def source(self, answers, places):
        async def ask(method, params):
            self.assertEqual(method, "history.look")
            return answers.pop(0)(params)

        async def all_():
            return places
        return _follow.Messages("nowhere", ask, all_, 1.0)

    @staticmethod
    def page(up_to, *ids, is_more=False):
        messages = [{"id": one, "author": "m", "kind": "text", "number": up_to} for one in ids]
        return lambda params: {"messages": messages, "upTo": up_to, "isMore": is_more}

    async def test_somebody_who_comes_back_begins_anew(self):
        place = _follow.Place("n", member="m")
        source = self.source([self.page(2), self.page(2, "new1", "new2")], [place])
        source._marks[place] = 7
        self.assertEqual([each.id async for each in source._fresh(place)], ["new1", "new2"])
        self.assertEqual(source._marks[place], 2)

    async def test_a_node_that_gives_nothing_and_says_more_is_not_asked_for_ever(self):
        place = _follow.Place("n", room="r")
        source = self.source([self.page(3, "a", is_more=True), self.page(3, is_more=True)], [place])
        with self.assertRaises(wavu.BadAnswer):
            self.assertEqual([each.id async for each in source._fresh(place)], ["a"])

    async def test_content_that_comes_late_is_told_from_its_event_unless_it_is_hidden(self):
        place = _follow.Place("n", room="r")
        source = self.source([self.page(9), self.page(9), self.page(9)], [place])
        source._marks[place] = 9

        async def batch():
            return [wavu.Event(number, "said", 5, {"network": "n", "room": "r", "id": one, "author": "m", "kind": "text",
                                                   "text": one, "isHidden": hidden})
                    for number, (one, hidden) in enumerate((("late", False), ("put out", True), ("late", False)))], 0
        source._reader.batch = batch
        self.assertEqual([(each.id, each.text, each.room) async for each in source._new()], [("late", "late", "r")])

    async def test_what_is_remembered_is_bounded(self):
        seen = _follow._Seen()
        for number in range(_follow.SEEN_MAX + 10):
            self.assertTrue(seen.add(f"{number:064}"))
        self.assertFalse(seen.add(f"{_follow.SEEN_MAX:064}"))
        self.assertTrue(seen.add(f"{0:064}"))  # forgotten
        self.assertEqual(len(seen._ids), _follow.SEEN_MAX)


if __name__ == "__main__":
    tap.main()
