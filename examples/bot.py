#!/usr/bin/env python3
"""A chat bot on a running node: answers "!ping" in every room and direct chat of its person."""
import asyncio

import wavu


async def main():
    async with wavu.connect() as node:
        print("here as", await node.nick(), flush=True)
        async for message in node.messages():
            if message.text == "!ping":
                await node.reply(message, f"pong, {message.shown}")


asyncio.run(main())
