"""Real nodes on loopback, each in a home of its own, for the tests that talk to them."""
import asyncio
import contextlib
import os
import shutil
import tempfile

from tap import program

import wavu

ALONE = ("--listen", "127.0.0.1:0", "--discovery-port", "0")
WITHIN = 60.0  # seconds for what takes no time on a machine with nothing else to do

for variable in ("WAVU_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "STATE_DIRECTORY"):
    os.environ.pop(variable, None)


@contextlib.contextmanager
def folder():
    """A folder with a short name: a socket's path has 107 bytes."""
    path = tempfile.mkdtemp(prefix="wavu")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def node(home, *arguments):
    return wavu.start_node(home, program(), [*ALONE, *arguments])


async def soon(wait):
    """What has to come."""
    return await asyncio.wait_for(wait, WITHIN)


async def until(judge):
    """Look again until `judge` finds something."""
    async def look():
        found = await judge()
        while not found:
            await asyncio.sleep(0.02)
            found = await judge()
        return found
    return await soon(look())


async def begin(stream):
    """The first that messages() or events() will give; it listens from now on."""
    first = asyncio.ensure_future(stream.__anext__())

    async def is_on():
        inside = stream.ag_frame.f_locals if stream.ag_frame else {}
        if "source" in inside:
            return inside["source"].is_started
        return "reader" in inside and inside["reader"].after is not None
    await until(is_on)
    return first


async def pair(inviter, newcomer, address):
    """The second comes into the first's network, which is made."""
    await inviter.make_network("savanna")
    async with inviter.invite() as invite:
        return await soon(asyncio.gather(newcomer.join(invite.code, address), invite.newcomer()))


@contextlib.asynccontextmanager
async def one():
    """Amina, alone in a network."""
    with folder() as home:
        async with node(home) as started, started.connect() as amina:
            await amina.nick("Amina")
            await amina.make_network("savanna")
            yield amina


@contextlib.asynccontextmanager
async def two():
    """Amina and Baraka, in a network and in a mesh; and Baraka's node, which can be ended."""
    with folder() as home:
        async with node(home + "/a") as a, a.connect() as amina:
            async with node(home + "/b", "--seed", a.addresses[0]) as b, b.connect() as baraka:
                await amina.nick("Amina")
                await baraka.nick("Baraka")
                await pair(amina, baraka, a.addresses[0])
                yield amina, baraka
