#!/usr/bin/env python3
"""Kademlia of wavu and of js-libp2p in one network, in both directions: each finds each, what one puts or provides the other gets or finds.

All nodes are on loopback, at ports of the system's choice. The js nodes live in one process, tests/interop/js/kad.mjs, wavu's in another,
tests/interop/kad_node.c; a node of the program itself is among them.

In:  WAVU_BIN, or WAVU_BUILD (where bin/ lies); --full: 8 nodes of each kind instead of 3, and libp2p's prefix as well. Out: TAP.
"""
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WAVU = os.environ.get("WAVU_BIN") or os.path.join(os.environ.get("WAVU_BUILD", ROOT + "/build/release"), "bin", "wavu")
KAD_NODE = os.environ.get("WAVU_KAD_NODE") or os.path.join(os.path.dirname(WAVU), "wavu_kad_node")
PATIENCE = 30  # seconds until something that has to come is given up
STRANGER = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"
cases = 0
failed = 0


def case(is_good, name, remark=""):
    """One case of TAP."""
    global cases, failed
    cases += 1
    failed += 0 if is_good else 1
    if remark != "" and not is_good:
        for line in str(remark).splitlines():
            print(f"# {line}")
    print(f"{'ok' if is_good else 'not ok'} {cases} - {name}", flush=True)
    return is_good


class Peers:
    """A process with nodes of one kind."""

    def __init__(self, command, count):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answers = {}
        self.changed = threading.Condition()
        self.nodes = []
        self.last = 0
        threading.Thread(target=self._read, daemon=True).start()
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.nodes) == count, PATIENCE):
                self.stop()
                raise RuntimeError(f"{command[0]} does not listen")

    def _read(self):
        for line in self.process.stdout:
            said = json.loads(line)
            with self.changed:
                if said.get("event") == "listening":
                    self.nodes.append(said)
                elif "id" in said:
                    self.answers[said["id"]] = said
                self.changed.notify_all()

    def line(self, number, node, do, wish):
        raise NotImplementedError

    def begin(self, node, do, **wish):
        self.last += 1
        self.process.stdin.write(self.line(self.last, node, do, wish) + "\n")
        self.process.stdin.flush()
        return self.last

    def end(self, number):
        with self.changed:
            if not self.changed.wait_for(lambda: number in self.answers, PATIENCE):
                return {"ok": False, "error": "no answer"}
            return self.answers.pop(number)

    def ask(self, node, do, **wish):
        return self.end(self.begin(node, do, **wish))

    def stop(self):
        """End it as its input's end does; true when it ended by itself and well."""
        self.process.stdin.close()
        try:
            return self.process.wait(10) == 0
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False


class Js(Peers):
    """js-libp2p."""

    def __init__(self, program, count, prefix):
        super().__init__([program, "--nodes", str(count), "--protocol", prefix + "/kad/1.0.0"], count)

    def line(self, number, node, do, wish):
        return json.dumps({"id": number, "node": node, "do": do, **wish})

    def know(self, node):
        return self.ask(node, "table")["size"]


class Wavu(Peers):
    """wavu's library."""

    def __init__(self, count, prefix):
        super().__init__([KAD_NODE, "--nodes", str(count), "--prefix", prefix], count)

    def line(self, number, node, do, wish):
        return " ".join([str(number), str(node), do, *wish.values()])

    def know(self, node):
        return self.ask(node, "table")["count"]


class Program:
    """A node of the program, by its control socket."""

    def __init__(self, work, prefix):
        self.home = os.path.join(work, "home")
        self.log = open(os.path.join(work, "log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [WAVU, "up", "--home", self.home, "--no-mesh", "--kad", "server", "--kad-prefix", prefix, "--discovery-port", "0", "--listen",
             "/ip4/127.0.0.1/tcp/0"], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.last = 0
        self.socket = None
        end = time.monotonic() + PATIENCE
        while self.socket is None and time.monotonic() < end:
            try:
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.connect(os.path.join(self.home, "control.sock"))
                self.reader = self.socket.makefile()
                if "result" not in self.call("node.status"):
                    raise OSError
            except OSError:
                self.socket = None
                time.sleep(0.05)
        self.peer = self.call("node.status")["result"]["peerId"]

    def call(self, method, params=None):
        self.last += 1
        self.socket.sendall((json.dumps({"jsonrpc": "2.0", "id": self.last, "method": method, "params": params or {}}) + "\n").encode())
        return json.loads(self.reader.readline())

    def connect(self, address):
        """True when it is connected then."""
        begun = self.call("net.connect", {"address": address})
        if "error" in begun:
            return False
        task = self.call("net.task", {"task": begun["result"]["task"], "wait": True})["result"]
        return task["isDone"] and task["error"] is None

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def within(is_true, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_true():
            return True
        time.sleep(0.1)
    return False


def gather(js, wavu):
    """Each comes to one of the other kind; then all get to know others."""
    for i in range(len(wavu.nodes)):
        case(wavu.ask(i, "connect", addr=js.nodes[0]["addr"])["ok"], f"wavu {i} reaches js")
    for i in range(1, len(js.nodes)):
        case(js.ask(i, "connect", addr=wavu.nodes[0]["addr"])["ok"], f"js {i} reaches wavu")
    least = 3
    for kind, name in ((wavu, "wavu"), (js, "js")):
        sizes = []

        def is_known(kind=kind, sizes=sizes):
            sizes[:] = [kind.know(i) for i in range(len(kind.nodes))]
            return min(sizes) >= least

        case(within(is_known), f"all {name} nodes have others in their tables", sizes)


def everybody_finds_everybody(js, wavu):
    everyone = [n["peer"] for n in js.nodes + wavu.nodes]
    for kind, name in ((wavu, "wavu"), (js, "js")):
        for i, node in enumerate(kind.nodes):
            numbers = {kind.begin(i, "find", peer=p): p for p in everyone if p != node["peer"]}
            missed = [everyone.index(p) for number, p in numbers.items() if not kind.end(number)["ok"]]
            case(not missed, f"{name} {i} finds all {len(everyone) - 1} others", missed)


def values(js, wavu, entry):
    """Public keys under their hashes, and an IPNS entry that js signed: put by each kind, got by each."""
    for kind, name, other, others in ((js, "js", wavu, "wavu"), (wavu, "wavu", js, "js")):
        node = kind.nodes[1]
        key = (b"/pk/" + bytes.fromhex(node["hash"])).hex()
        put = kind.ask(1, "put", key=key, value=node["key"])
        case(put["ok"] and put["count"] >= 3, f"{name} puts a value", put)
        got = other.ask(2, "get", key=key)
        case(got.get("value") == node["key"], f"{others} gets it", got)
        got = kind.ask(2, "get", key=key)
        case(got.get("value") == node["key"], f"so does another of {name}", got)
    put = js.ask(0, "put", key=entry["key"], value=entry["entry"])
    case(put["ok"], "js puts an IPNS entry", put)
    got = wavu.ask(1, "get", key=entry["key"])
    case(got.get("value") == entry["entry"], "wavu gets it", got)
    forged = entry["entry"][:-2] + ("00" if entry["entry"][-2:] != "00" else "01")
    case(not wavu.ask(1, "put", key=entry["key"], value=forged)["ok"], "wavu puts no forged one")
    case(not wavu.ask(0, "get", key=b"/pk/nobody".hex())["ok"], "wavu does not get what nobody put")


def providers(js, wavu):
    for kind, name, other, others in ((js, "js", wavu, "wavu"), (wavu, "wavu", js, "js")):
        key = "1220" + hashlib.sha256(f"provided by {name}".encode()).hexdigest()
        told = kind.ask(0, "provide", key=key)
        case(told["ok"] and told["count"] >= 3, f"{name} provides a key", told)
        found = other.ask(1, "providers", key=key)
        case(found.get("peers") == [kind.nodes[0]["peer"]], f"{others} finds who provides it", found)
        if "addrs" in found:
            case(found["addrs"] == [1], "with its address", found)
    key = "1220" + hashlib.sha256(b"provided by nobody").hexdigest()
    case(not wavu.ask(1, "providers", key=key).get("peers"), "nobody provides what nobody provides")


def the_program(js, wavu, program):
    """By their ids alone, over the control socket."""
    case(program.connect(js.nodes[1]["addr"]), "the program reaches js")
    for kind, name in ((wavu, "wavu"), (js, "js")):
        case(within(lambda kind=kind: program.connect("/p2p/" + kind.nodes[2]["peer"])), f"the program finds {name} by its id")
        case(within(lambda kind=kind: kind.ask(2, "find", peer=program.peer)["ok"]), f"{name} finds the program by its id")
    kad = program.call("node.status")["result"]["kad"]
    case(kad["role"] == "server" and kad["peers"] >= 3, "its status tells role and table", kad)
    case(not program.connect("/p2p/" + STRANGER), "it does not find who is nowhere")


def the_nearest_are_of_both(js, wavu):
    found = js.ask(0, "closest", key="a key").get("peers", [])
    case(any(n["peer"] in found for n in wavu.nodes), "among the nearest that js finds are wavu nodes", found)
    case(not js.ask(0, "find", peer=STRANGER)["ok"], "js does not find who is nowhere")
    case(not wavu.ask(0, "find", peer=STRANGER)["ok"], "nor does wavu")


def run(peer, work, count, prefix):
    print(f"# {prefix}: {count} of each")
    js = Js(peer, count, prefix)
    wavu = Wavu(count, prefix)
    program = None
    try:
        gather(js, wavu)
        everybody_finds_everybody(js, wavu)
        the_nearest_are_of_both(js, wavu)
        values(js, wavu, vector())
        providers(js, wavu)
        program = Program(work, prefix)
        the_program(js, wavu, program)
    finally:
        if program is not None:
            program.stop()
        js.stop()
        case(wavu.stop(), "wavu's nodes end well")


def vector():
    """The first IPNS entry of tests/vectors/ipns.txt that js made with an Ed25519 key."""
    with open(ROOT + "/tests/vectors/ipns.txt", encoding="ascii") as file:
        for block in file.read().split("\n\n"):
            fields = dict(line.split(" = ", 1) for line in block.splitlines() if " = " in line)
            if fields.get("maker") == "js" and fields.get("type") == "ed25519":
                return fields
    raise RuntimeError("no entry")


def main():
    peer = subprocess.run([os.path.join(HERE, "peers.sh"), "kad"], capture_output=True, text=True, check=False)
    if peer.returncode != 0:
        print(f"1..0 # SKIP {peer.stderr.strip().splitlines()[-1] if peer.stderr.strip() else 'there is no js peer'}")
        return 0 if peer.returncode == 77 else 1
    is_full = "--full" in sys.argv[1:]
    work = tempfile.mkdtemp()
    try:
        run(peer.stdout.strip(), work, 8 if is_full else 3, "/wavu")
        if is_full:
            os.mkdir(work + "/other")
            run(peer.stdout.strip(), work + "/other", 8, "/ipfs")
    finally:
        shutil.rmtree(work)
    print(f"1..{cases}")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
