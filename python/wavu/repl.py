"""A shell for a running node: `python -m wavu`, with the words of `wavu shell`.

In:  lines from the terminal or a pipe, or commands behind -c.
Out: results on stdout, one sentence on stderr when something is wrong, the exit codes of wavu(1).

A line is words, as people know them from other shells: spaces part them, quotes keep them together, a backslash takes
the next character as it is, # begins a remark, ; ends a command. From a pipe and from -c the first command that fails
ends it.
"""
from __future__ import annotations

import argparse
import os
import sys
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from . import _show, errors
from ._node import find_program, start_in_background
from .blocking import BlockingClient
from .types import Member, Module, Step, build_all, clean
from .types import event as _event

SAY_OK, FAILURE, USAGE, NO_NODE, NOT_FOUND, DENIED, TIMEOUT = 0, 1, 2, 3, 4, 5, 6
INTERRUPTED = 130
HISTORY_MAX = 50  # messages, where nothing else is said
PROMPT = "wavu> "
PART_MIN = 6  # characters of a peer id
WHOLE_MIN = 46


class Usage(Exception):
    """Something was typed that no command takes; the sentence says what it takes."""


class Quit(Exception):
    """It is over."""


def words_of(line: str) -> List[List[str]]:
    """The commands of a line, each as its words. Usage: a quote is open, or nothing is behind a backslash."""
    commands: List[List[str]] = [[]]
    word: Optional[str] = None
    quote = ""
    at = 0
    while at < len(line):
        one = line[at]
        at += 1
        if quote == "'" and one != "'" or quote == '"' and one not in '"\\':
            word = (word or "") + one
        elif quote and one == quote:
            quote = ""
        elif one == "\\":
            if at == len(line):
                raise Usage("nothing stands behind the backslash at the end; write \\\\ for one")
            escaped = line[at]
            at += 1
            word = (word or "") + ("\\" if quote and escaped not in '"\\' else "") + escaped
        elif one in "'\"":
            quote = one
            word = word or ""
        elif one == "#" and word is None:
            break
        elif one.isspace() or one == ";":
            if word is not None:
                commands[-1].append(word)
            word = None
            if one == ";":
                commands.append([])
        else:
            word = (word or "") + one
    if quote:
        raise Usage(f"a {quote} is open; close it with another, or write \\{quote} for one")
    if word is not None:
        commands[-1].append(word)
    return [command for command in commands if command]


def options_of(words: Sequence[str], names: Sequence[str],
               flags: Sequence[str] = ()) -> Tuple[List[str], Dict[str, str]]:
    """What is left of the words, and the options --NAME VALUE among them. Behind -- there are none."""
    rest: List[str] = []
    options: Dict[str, str] = {}
    given = list(words)
    while given:
        one = given.pop(0)
        if one == "--":
            return rest + given, options
        if not one.startswith("--"):
            rest.append(one)
            continue
        name, has_value, value = one[2:].partition("=")
        if name in flags and not has_value:
            options[name] = "yes"
        elif name in names and (has_value or given):
            options[name] = value if has_value else given.pop(0)
        elif name in names:
            raise Usage(f"--{name} needs a value")
        else:
            raise Usage(f"there is no option '--{clean(name)}' here; write -- before words that begin so")
    return rest, options


class Command(NamedTuple):
    """A row of the table."""

    usage: str
    help: str
    run: Callable[["Shell", List[str]], None]


class Shell:
    """What the commands share: the node, and where results go."""

    def __init__(self, node: BlockingClient) -> None:
        self.node = node

    def say(self, lines: Iterable[str]) -> None:
        for line in lines:
            print(line, flush=True)

    def run(self, line: str) -> None:
        """All commands of a line; the first that fails ends it."""
        for words in words_of(line):
            command = COMMANDS.get(words[0])
            if command is None:
                raise Usage(f"there is no command '{clean(words[0])}'; 'help' lists them")
            command.run(self, words[1:])

    def whom(self, part: str) -> str:
        """The peer id that a part of one means, among members of the mesh and connected peers."""
        if len(part) < PART_MIN:
            raise Usage(f"PEER is a peer id, or at least {PART_MIN} of its first or last characters, not "
                        f"'{clean(part)}'")
        ids = {one.peer_id for one in self.node.nodes()} | {one.peer_id for one in self.node.peers()}
        found = sorted(one for one in ids if one.startswith(part) or one.endswith(part))
        if len(found) == 1:
            return found[0]
        if found:
            raise Usage(f"'{clean(part)}' fits {len(found)} nodes; type more of the id")
        if len(part) >= WHOLE_MIN:
            return part  # the node judges it
        raise errors.NotFound(f"no node's id begins or ends with '{clean(part)}'; 'topology' and 'peers' list them")


# ---- Commands ----


def _none(words: List[str], name: str) -> None:
    if words:
        raise Usage(f"{name} takes nothing behind it")


def _status(shell: Shell, words: List[str]) -> None:
    _none(words, "status")
    now = shell.node.status()
    try:
        networks = shell.node.networks()
    except errors.WavuError:  # a node that is locked does not tell
        networks = []
    shell.say(_show.status(now, networks))


def _peers(shell: Shell, words: List[str]) -> None:
    _none(words, "peers")
    shell.say(_show.peers(shell.node.peers()))


def _topology(shell: Shell, words: List[str]) -> None:
    words, options = options_of(words, (), ("graphviz",))
    _none(words, "topology")
    mesh = shell.node.topology()
    shell.say([mesh.graphviz().rstrip("\n")] if options else _show.topology(mesh))


def _metrics(shell: Shell, words: List[str]) -> None:
    _none(words, "metrics")
    shell.say(f"{name} {count}" for name, count in sorted(shell.node.metrics().items()))


def _routes(shell: Shell, words: List[str]) -> None:
    if len(words) > 1:
        raise Usage("routes takes a PEER or nothing")
    shell.say(_show.routes(shell.node.routes(words[0] if words else None)))


def _connect(shell: Shell, words: List[str]) -> None:
    if len(words) != 1:
        raise Usage("connect takes an address: HOST:PORT, PEER@HOST:PORT, or /ip4/.../tcp/...")
    shell.say([f"connected to {clean(shell.node.dial(words[0]) or words[0])}"])


def _disconnect(shell: Shell, words: List[str]) -> None:
    if len(words) != 1:
        raise Usage("disconnect takes a PEER")
    shell.node.disconnect(words[0])


def _send(shell: Shell, words: List[str]) -> None:
    if len(words) not in (1, 2):
        raise Usage("send takes a TEXT for all nodes, or PEER and TEXT; put it between quotes")
    if len(words) == 1:
        count = shell.node.broadcast(words[0])
        shell.say(["nobody is near now; it is kept for those who come" if count == 0 else
                   f"said to {count} neighbour{'' if count == 1 else 's'}, to be passed on"])
        return
    peer = shell.whom(words[0])
    shell.node.send(peer, words[1])
    shell.say([f"delivered to {clean(peer)}"])


def _ping(shell: Shell, words: List[str]) -> None:
    count = words[1] if len(words) > 1 else "4"
    if len(words) not in (1, 2) or not count.isdigit() or not 1 <= int(count) <= 100:
        raise Usage("ping takes a PEER or HOST:PORT, and a number from 1 to 100")
    steps: List[Step] = []
    try:
        for step in shell.node.ping(words[0], int(count)):
            steps.append(step)
            shell.say([_show.reply(len(steps), step)])
    finally:
        shell.say(_show.replies(steps))


def _trace(shell: Shell, words: List[str]) -> None:
    if len(words) != 1:
        raise Usage("trace takes a PEER")
    for at, step in enumerate(shell.node.trace(words[0]), 1):
        shell.say([_show.hop(at, step)])


def _members(shell: Shell, words: List[str]) -> None:
    words, options = options_of(words, ("network",), ("nodes",))
    _none(words, "members")
    meant = options.get("network")
    networks = [one for one in shell.node.networks() if one.is_member and meant in (None, one.name, one.id)]
    if "nodes" in options or (not networks and meant is None):
        shell.say(_show.nodes(shell.node.nodes()))
    elif not networks:
        raise errors.NotFound(f"this node is in no network '{clean(meant or '')}'; 'members' shows its own")
    for at, network in enumerate(networks if "nodes" not in options else []):
        shell.say([""] if at > 0 else [])
        shell.say(_show.members(network, shell.node.members(network.id)))


def _say(shell: Shell, words: List[str]) -> None:
    words, options = options_of(words, ("room", "network"))
    if len(words) != 1:
        raise Usage("say takes one TEXT: put it between quotes; --room and --network say where")
    told = shell.node.say(words[0], options.get("room"), options.get("network"))
    shell.say([f"said, as {told[:8]}"])


def _dm(shell: Shell, words: List[str]) -> None:
    words, options = options_of(words, ("network",))
    if len(words) != 2:
        raise Usage("dm takes WHO and one TEXT: put it between quotes")
    who = shell.node.find(words[0], options.get("network"))
    told = shell.node.dm(who, words[1])
    shell.say([f"{told[:8]} is kept for {clean(who.shown or who.id[:8])} until it is there; "
               f"'history --with {who.id[:8]}' tells"])


def _rooms(shell: Shell, words: List[str]) -> None:
    words, options = options_of(words, ("network",))
    _none(words, "rooms")
    shell.say(_show.rooms(shell.node.rooms(options.get("network"))))


def _chats(shell: Shell, words: List[str]) -> None:
    words, options = options_of(words, ("network",))
    _none(words, "chats")
    shell.say(_show.chats(shell.node.chats(options.get("network"))))


def _history(shell: Shell, words: List[str]) -> None:
    words = ["--max", *words] if len(words) == 1 and words[0].isdigit() else words
    words, options = options_of(words, ("room", "with", "network", "search", "max"))
    most = options.get("max", str(HISTORY_MAX))
    if words or not most.isdigit() or int(most) < 1:
        raise Usage("history takes a number, or --room R or --with WHO, --search WORDS, --max N and --network N")
    if "room" in options and "with" in options:
        raise Usage("--room and --with are two different places; say one")
    who: Optional[Member] = shell.node.find(options["with"], options.get("network")) if "with" in options else None
    network = who.network if who else options.get("network")
    found = list(shell.node.history(options.get("room"), who, network, words=options.get("search"), limit=int(most)))
    if not found:
        shell.say(["no message there has all of these words" if "search" in options
                   else "nothing was said there yet that can be read here"])
    names = {one.id: one.shown for one in shell.node.members(found[0].network or network)} if any(
        one.holder for one in found) else {}
    for one in found if "search" in options else reversed(found):
        shell.say([_show.message(one, names.get(one.holder or ""))])


def _events(shell: Shell, words: List[str]) -> None:
    words, options = options_of(words, (), ("all", "no-follow"))
    _none(words, "events")
    if "no-follow" in options:
        after, count = 0, 1
        while count > 0:
            told = shell.node.call("mesh.events", after=after)
            after, count = told["next"] - 1, len(told["events"])
            shell.say(_show.event(_event(one)) for one in told["events"])
        return
    for event in shell.node.events(after=0 if "all" in options else None):
        shell.say([_show.event(event)])


def _module(shell: Shell, words: List[str]) -> None:
    if words[:1] == ["load"] and len(words) in (2, 3):
        argument = words[2] if len(words) > 2 else None
        told = shell.node.call("module.load", file=os.path.realpath(words[1]), argument=argument)
    elif words == ["list"]:
        told = shell.node.call("module.list")
    elif words[:1] == ["off"] and len(words) == 2:
        told = shell.node.call("module.off", name=words[1])
    else:
        raise Usage("it is: module load FILE [ARGUMENT], module list, or module off NAME")
    shell.say(_show.modules(build_all(Module, told, "modules")))


def _help(shell: Shell, words: List[str]) -> None:
    if len(words) > 1 or (words and words[0] not in COMMANDS):
        raise Usage("help takes the name of a command, or nothing")
    width = max(len(one.usage) for one in COMMANDS.values())
    for name, one in COMMANDS.items():
        if not words or words[0] == name:
            shell.say([f"{one.usage:<{width}}  {one.help}"])


def _quit(shell: Shell, words: List[str]) -> None:
    _none(words, "exit")
    raise Quit


COMMANDS: Dict[str, Command] = {
    "connect": Command("connect [PEER@]HOST[:PORT]", "connect the node to another", _connect),
    "disconnect": Command("disconnect PEER", "end the connections with a peer", _disconnect),
    "send": Command("send [PEER] TEXT", "say TEXT to all nodes, or to one", _send),
    "peers": Command("peers", "who is connected", _peers),
    "status": Command("status", "how the node and its mesh stand", _status),
    "routes": Command("routes [PEER]", "the ways that words to others take", _routes),
    "ping": Command("ping PEER|HOST:PORT [COUNT]", "measure round trips to a peer", _ping),
    "trace": Command("trace PEER", "each node on the way there", _trace),
    "topology": Command("topology", "who is whose neighbour; --graphviz", _topology),
    "metrics": Command("metrics", "counters since the node started", _metrics),
    "members": Command("members", "who belongs to the networks; --network N, --nodes", _members),
    "say": Command("say TEXT", "say something in a room; --room R, --network N", _say),
    "dm": Command("dm WHO TEXT", "say something to one member; --network N", _dm),
    "rooms": Command("rooms", "the rooms, with what is unread; --network N", _rooms),
    "chats": Command("chats", "the direct chats; --network N", _chats),
    "history": Command("history [N]", "what was said; --room R, --with WHO, --search WORDS", _history),
    "events": Command("events", "what happens, as JSON, until Ctrl+C; --all, --no-follow", _events),
    "module": Command("module load FILE", "have the node load a module; list; off NAME", _module),
    "help": Command("help [COMMAND]", "list the commands, or explain one", _help),
    "exit": Command("exit", "leave the shell; so do quit and Ctrl+D", _quit),
    "quit": Command("quit", "leave the shell; so do exit and Ctrl+D", _quit),
}


# ---- Lines ----


def _problem(sentence: str) -> None:
    sys.stdout.flush()
    print(f"wavu: {clean(sentence)}", file=sys.stderr, flush=True)


def exit_code(error: errors.WavuError) -> int:
    """As of wavu(1)."""
    if isinstance(error, errors.NoNode):
        return NO_NODE
    if isinstance(error, errors.NotFound):
        return NOT_FOUND
    if isinstance(error, (errors.Denied, errors.NotTrusted)):
        return DENIED
    if isinstance(error, (errors.Timeout, errors.NoAnswer)) or getattr(error, "state", "") == "timeout":
        return TIMEOUT
    return USAGE if isinstance(error, (errors.BadParams, errors.Ambiguous)) else FAILURE


def run_line(shell: Shell, line: str) -> int:
    """One line; its exit code, after a sentence when it is not 0."""
    try:
        shell.run(line)
        return SAY_OK
    except Usage as usage:
        _problem(str(usage))
        return USAGE
    except errors.WavuError as error:
        _problem(error.sentence)
        return exit_code(error)
    except KeyboardInterrupt:
        print(flush=True)
        return INTERRUPTED


def is_word(name: str) -> bool:
    """Whether a name of somebody else's can be typed as it is: one word, no option, nothing else behind it."""
    try:
        return not name.startswith("-") and clean(name) == name and words_of(name) == [[name]]
    except Usage:
        return False


def _completer(shell: Shell) -> Callable[[str, int], Optional[str]]:
    """Commands, then whom a command is about; asked of the node when Tab is pressed."""
    found: List[str] = []

    def complete(text: str, state: int) -> Optional[str]:
        import readline
        if state == 0:
            before = readline.get_line_buffer()[:readline.get_begidx()].split()
            names: Iterable[str] = ()
            try:
                if not before:
                    names = COMMANDS
                elif before[0] == "help":
                    names = COMMANDS if len(before) == 1 else ()
                elif before[0] in ("send", "ping", "trace", "routes", "disconnect") and len(before) == 1:
                    names = [one.peer_id for one in shell.node.nodes() if not one.is_self]
                elif before == ["dm"] or before[-1] == "--with":
                    names = [one.shown if is_word(one.shown) else one.id[:8] for one in shell.node.members()
                             if not one.is_self]
                elif before[-1] == "--room":
                    names = [one.name for one in shell.node.rooms() if one.name and is_word(one.name)]
                elif before == ["module"]:
                    names = ["list", "load", "off"]
            except errors.WavuError:
                names = ()
            found[:] = sorted(name + " " for name in names if name.startswith(text))
        return found[state] if state < len(found) else None
    return complete


def _interactive(shell: Shell) -> int:
    try:
        import readline
        readline.set_completer(_completer(shell))
        readline.set_completer_delims(" ")
        readline.parse_and_bind("bind ^I rl_complete" if "libedit" in (readline.__doc__ or "") else "tab: complete")
    except ImportError:
        pass
    print(f"wavu {clean(shell.node.version)}; 'help' lists the commands, Ctrl+D ends")
    while True:
        try:
            line = input(PROMPT)
        except EOFError:
            print()
            return SAY_OK
        except KeyboardInterrupt:
            print()
            continue
        try:
            run_line(shell, line)
        except Quit:
            return SAY_OK


def _batch(shell: Shell, lines: Iterable[str]) -> int:
    for line in lines:
        try:
            code = run_line(shell, line.rstrip("\n"))
        except Quit:
            return SAY_OK
        if code != SAY_OK:
            return code
    return SAY_OK


def _node_of(home: Optional[str], may_start: bool) -> BlockingClient:
    """The node that runs. Where a person types and none runs one is started in the background, as `wavu shell` does."""
    node = BlockingClient(home)
    try:
        node.call("rpc.version")
    except errors.NoNode:
        binary = find_program()
        if not may_start or binary is None:
            node.close()
            raise
        start_in_background(node.home, binary)
        print(f"a node was started in '{clean(node.home)}'; it ends some seconds after its last program")
    except BaseException:
        node.close()
        raise
    return node


def main(arguments: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m wavu", description="A shell for a running node of the wavu mesh.",
                                     epilog="commands: " + ", ".join(COMMANDS) + "; 'help' in it says more")
    parser.add_argument("--home", help="the folder with the node's state (else WAVU_HOME, else the person's own)")
    parser.add_argument("-c", dest="commands", action="append", metavar="COMMANDS",
                        help="run these instead of what is typed")
    options = parser.parse_args(arguments)
    try:
        is_typed = sys.stdin.isatty() and not options.commands
        with _node_of(options.home, is_typed) as node:
            shell = Shell(node)
            if is_typed:
                return _interactive(shell)
            return _batch(shell, options.commands or sys.stdin)
    except errors.WavuError as error:
        _problem(error.sentence)
        return exit_code(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter's end says so, too
        return FAILURE


if __name__ == "__main__":
    sys.exit(main())
