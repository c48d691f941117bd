#!/usr/bin/env python3
"""Kademlia of wavu and of js-libp2p, in both directions and in one network of both.

All nodes are on loopback, at ports of the system's choice; the js nodes live in one process, tests/interop/js/kad.mjs.

In:  WAVU_BIN, or WAVU_BUILD (where bin/ lies); --full: 8 nodes of each kind instead of 3. Out: TAP.
"""
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
PATIENCE = 30  # seconds until something that has to come is given up
STRANGER = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"
cases = 0
failed = 0


def case(is_good, name, remark=""):
    """One case of TAP."""
    global cases, failed
    cases += 1
    failed += 0 if is_good else 1
    if remark and not is_good:
        for line in str(remark).splitlines():
            print(f"# {line}")
    print(f"{'ok' if is_good else 'not ok'} {cases} - {name}", flush=True)
    return is_good


class Js:
    """The process with the js nodes."""

    def __init__(self, program, count, protocol):
        self.process = subprocess.Popen([program, "--nodes", str(count), "--protocol", protocol], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.answers = {}
        self.changed = threading.Condition()
        self.nodes = []
        self.last = 0
        threading.Thread(target=self._read, daemon=True).start()
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.nodes) == count, PATIENCE):
                raise RuntimeError("the js nodes do not listen")

    def _read(self):
        for line in self.process.stdout:
            said = json.loads(line)
            with self.changed:
                if said.get("event") == "listening":
                    self.nodes.append(said)
                elif "id" in said:
                    self.answers[said["id"]] = said
                self.changed.notify_all()

    def begin(self, node, do, **wish):
        self.last += 1
        self.process.stdin.write(json.dumps({"id": self.last, "node": node, "do": do, **wish}) + "\n")
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
        self.process.kill()
        self.process.wait()


class Wavu:
    """A node of ours, by its control socket."""

    def __init__(self, work, number, prefix, role="server"):
        self.home = os.path.join(work, f"w{number}")
        self.log = open(os.path.join(work, f"w{number}.log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [WAVU, "up", "--home", self.home, "--no-mesh", "--kad", role, "--kad-prefix", prefix, "--discovery-port", "0", "--listen",
             "/ip4/127.0.0.1/tcp/0"], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.socket = None
        self.last = 0
        end = time.monotonic() + PATIENCE
        while self.socket is None and time.monotonic() < end:
            try:
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.connect(os.path.join(self.home, "control.sock"))
                self.reader = self.socket.makefile()
                status = self.call("node.status", allow=True)
                if "result" not in status:
                    raise OSError
            except OSError:
                self.socket = None
                time.sleep(0.05)
        status = self.call("node.status")
        self.peer = status["peerId"]
        self.addr = status["addresses"][0]

    def call(self, method, params=None, allow=False):
        self.last += 1
        self.socket.sendall((json.dumps({"jsonrpc": "2.0", "id": self.last, "method": method, "params": params or {}}) + "\n").encode())
        answer = json.loads(self.reader.readline())
        if allow:
            return answer
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return answer["result"]

    def connect(self, address):
        """True when it is connected then."""
        begun = self.call("net.connect", {"address": address}, allow=True)
        if "error" in begun:
            return False
        task = self.call("net.task", {"task": begun["result"]["task"], "wait": True})
        return task["isDone"] and task["error"] is None

    def find(self, peer):
        return self.connect("/p2p/" + peer)

    def forget(self, peer):
        self.call("net.disconnect", {"peer": peer}, allow=True)

    def table(self):
        return self.call("node.status")["kad"]["peers"]

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


def network(js, wavu):
    """Everybody comes to somebody of the other kind; then each has to find each."""
    for i, node in enumerate(wavu):
        case(node.connect(js.nodes[i % len(js.nodes)]["addr"]), f"wavu {i} reaches js")
    for i in range(1, len(js.nodes)):
        case(js.ask(i, "connect", addr=wavu[0].addr)["ok"], f"js {i} reaches wavu")
    case(within(lambda: min(n.table() for n in wavu) >= len(js.nodes)), "all wavu know js nodes", [n.table() for n in wavu])
    sizes = []

    def js_know():
        sizes[:] = [js.ask(i, "table")["size"] for i in range(len(js.nodes))]
        return min(sizes) >= 2

    case(within(js_know), "all js know others", sizes)


def everybody_finds_everybody(js, wavu):
    everyone = [n["peer"] for n in js.nodes] + [n.peer for n in wavu]
    for i, node in enumerate(wavu):
        missed = [everyone.index(p) for p in everyone if p != node.peer and not node.find(p)]
        case(not missed, f"wavu {i} finds all {len(everyone) - 1} others", missed)
    for i, node in enumerate(js.nodes):
        numbers = {js.begin(i, "find", peer=p): p for p in everyone if p != node["peer"]}
        missed = [everyone.index(p) for number, p in numbers.items() if not js.end(number)["ok"]]
        case(not missed, f"js {i} finds all {len(everyone) - 1} others", missed)


def the_nearest_are_the_same(js, wavu):
    """What js finds nearest to a key are servers of both kinds."""
    found = js.ask(0, "closest", key="a key").get("peers", [])
    case(any(n.peer in found for n in wavu), "among the nearest that js finds are wavu nodes", found)
    case(any(n["peer"] in found for n in js.nodes), "and js nodes", found)


def nobody_is_nobody(js, wavu):
    case(not wavu[0].find(STRANGER), "wavu does not find who is nowhere")
    case(not js.ask(0, "find", peer=STRANGER)["ok"], "nor does js")


def run(program, work, count, prefix):
    js = Js(program, count, prefix + "/kad/1.0.0")
    wavu = []
    try:
        wavu.extend(Wavu(work, f"{prefix[1:]}{i}", prefix) for i in range(count))
        network(js, wavu)
        everybody_finds_everybody(js, wavu)
        the_nearest_are_the_same(js, wavu)
        nobody_is_nobody(js, wavu)
        case(all(n.process.poll() is None for n in wavu), "all wavu nodes are still there")
    finally:
        for node in wavu:
            node.stop()
        js.stop()


def main():
    peer = subprocess.run([os.path.join(HERE, "peers.sh"), "kad"], capture_output=True, text=True, check=False)
    if peer.returncode != 0:
        print(f"1..0 # SKIP {peer.stderr.strip().splitlines()[-1] if peer.stderr.strip() else 'there is no js peer'}")
        return 0 if peer.returncode == 77 else 1
    work = tempfile.mkdtemp()
    try:
        run(peer.stdout.strip(), work, 8 if "--full" in sys.argv[1:] else 3, "/wavu")
    finally:
        shutil.rmtree(work)
    print(f"1..{cases}")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
