#!/usr/bin/env python3
"""The package as people get it: installed, typed, with examples that run."""
import asyncio
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import unittest
import venv

import tap
from world import folder, node, pair, soon, until

ALSO = 300  # seconds for pip and mypy


def run(*command, **more):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=ALSO, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command} failed: {done.stdout}{done.stderr}")
    return done.stdout


def copy_of(place):
    """The sources, so that nothing is built in the tree."""
    target = os.path.join(place, "python")
    shutil.copytree(tap.PYTHON, target, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    return target


class Installed(unittest.TestCase):
    def test_pip_installs_it_without_a_network(self):
        if importlib.util.find_spec("ensurepip") is None:
            self.skipTest("this Python has no ensurepip: install python3-venv")
        with folder() as place:
            venv.create(place + "/v", with_pip=True)
            python = place + "/v/bin/python"
            run(python, "-m", "pip", "install", "--no-index", "--disable-pip-version-check", copy_of(place), cwd=place)
            told = run(python, "-c", "import wavu, os; print(wavu.__version__, os.path.dirname(wavu.__file__))", cwd=place)
            version, where = told.split()
            self.assertTrue(where.startswith(os.path.realpath(place)), where)
            self.assertIn(f"Version: {version}\n", run(python, "-m", "pip", "show", "wavu", cwd=place))
            self.assertEqual(sorted(os.listdir(where)), sorted({*os.listdir(tap.PYTHON / "wavu"), "__pycache__"}))
            self.assertIn("commands: connect, disconnect, send", run(place + "/v/bin/wavu-shell", "--help").replace("\n", " "))
            run(python, "-m", "pip", "uninstall", "-y", "wavu", cwd=place)

    def test_archives_hold_what_they_have_to(self):
        with folder() as place:
            target = copy_of(place)
            code = "import sys; sys.path.insert(0, '.'); import backend; print(backend.build_sdist(sys.argv[1]), backend.build_wheel(sys.argv[1]))"
            names = run(sys.executable, "-c", code, place, cwd=target).split()
            with tarfile.open(f"{place}/{names[0]}") as archive:
                inside = {name.split("/", 1)[1] for name in archive.getnames()}
            self.assertLessEqual({"PKG-INFO", "pyproject.toml", "backend.py", "wavu/py.typed", "wavu/client.py"}, inside)
            with open(f"{place}/{names[1]}", "rb") as wheel:
                first = wheel.read()
            run(sys.executable, "-c", code, place, cwd=target)
            with open(f"{place}/{names[1]}", "rb") as wheel:
                self.assertEqual(wheel.read(), first)  # the same sources, the same wheel

    def test_versions_agree(self):
        project = re.search(r'version = "([^"]+)"', (tap.PYTHON / "pyproject.toml").read_text()).group(1)
        self.assertEqual(project, __import__("wavu").__version__)
        self.assertIn(f"VERSION {project}", (tap.ROOT / "CMakeLists.txt").read_text())

    def test_types_hold(self):
        mypy = shutil.which("mypy")
        if mypy is None:
            self.skipTest("mypy is not installed")
        with folder() as place:
            run(mypy, "--strict", "--cache-dir", place, "-p", "wavu", cwd=tap.PYTHON)


class Examples(unittest.IsolatedAsyncioTestCase):
    def blocks(self):
        return re.findall(r"```python\n(.*?)```", (tap.PYTHON / "README.md").read_text(), re.DOTALL)

    async def start(self, home, place, *arguments):
        environment = {**os.environ, "PYTHONPATH": str(tap.PYTHON), "WAVU_HOME": home, "WAVU_BIN": tap.program()}
        return await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=place, env=environment,
                                                    stdout=asyncio.subprocess.PIPE)

    def test_the_readme_shows_the_bot_of_the_examples(self):
        self.assertTrue((tap.ROOT / "examples/bot.py").read_text().endswith(self.blocks()[0]))

    async def test_the_scripts_of_the_readme_run(self):
        with folder() as home:
            async with node(home) as started, started.connect() as amina:
                await amina.nick("Amina")
                await amina.make_network("savanna")
                script = await self.start(home, home, "-c", self.blocks()[1])
                out, _ = await soon(script.communicate())
                self.assertEqual(script.returncode, 0)
                self.assertIn(b"Amina online", out)
                self.assertIn(b"Amina habari za asubuhi", out)
            script = await self.start(home, home, "-c", self.blocks()[2])
            out, _ = await soon(script.communicate())
            self.assertEqual(script.returncode, 0)
            self.assertIn(b"graph mesh {", out)

    async def test_the_shell_of_the_readme_runs(self):
        line, = re.findall(r"python -m wavu -c '(.*)'", (tap.PYTHON / "README.md").read_text())
        with folder() as home:
            async with node(home) as started, started.connect() as amina:
                await amina.make_network("savanna")
                script = await self.start(home, home, "-m", "wavu", "-c", line)
                out, _ = await soon(script.communicate())
                self.assertEqual(script.returncode, 0)
                self.assertRegex(out.decode(), r"said, as \w{8}\nID +UNREAD")

    async def test_the_bot_answers(self):
        with folder() as home:
            async with node(home + "/a") as a, a.connect() as amina, node(home + "/b") as b, b.connect() as baraka:
                await amina.nick("Amina")
                await baraka.nick("bot")
                await pair(amina, baraka, a.addresses[0])
                bot = await self.start(b.home, home, tap.ROOT / "examples/bot.py")
                try:
                    self.assertEqual(await soon(bot.stdout.readline()), b"here as bot\n")

                    async def answered():
                        asked = await amina.say("!ping")
                        await asyncio.sleep(0.2)
                        return [each async for each in amina.history(limit=20)
                                if each.text == "pong, Amina" and each.about] and asked
                    await until(answered)
                    await amina.dm("bot", "!ping")

                    async def answered_directly():
                        return [each async for each in amina.history(member="bot") if each.text == "pong, Amina"]
                    self.assertEqual(len(await until(answered_directly)), 1)
                finally:
                    bot.kill()
                    await bot.wait()


if __name__ == "__main__":
    tap.main()
