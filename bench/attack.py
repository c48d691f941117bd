#!/usr/bin/env python3
"""What an attack costs an honest peer: throughput for each second of processor time that the node gets, without and with
an attacker who is pinned to one core and keeps a stated rate.

In:  --build BUILD, --seconds of one measurement, --rounds (medians are printed; quiet and attacked runs take turns),
     --only WORD of a case's name; root, for the attacks that come from other addresses than loopback.
Out: a table, which also becomes docs/ATTACKS.md unless --only is given; or with --json one object {"attack": [row, ...]}.

A row: name, rate (attempts a second wished), madeRate (attempts a second made), quietMBps and attackedMBps (MB for each
second of the node's processor time), kept (the median ratio), keptLow and keptHigh (its quartiles), costMs (processor time a
second that the attack takes from the node), nodeGets (processor seconds a second under attack), goal, verdict ("undecided"
when the goal lies between the quartiles), and addresses ("loopback" or "256 prefixes").
"""
import argparse
import datetime
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "attack"))
import probe  # noqa: E402

import machine  # noqa: E402

GOAL = 0.90
URGENT = ["nice", "-n", "-10"] if os.geteuid() == 0 else []  # node, peer and attacker alike: not the machine's other work
LOOPBACK = "loopback"
CROWD = "256 prefixes"
# (attack, attempts a second, from where)
CASES = [
    ("reconnect", 200, LOOPBACK), ("reconnect", 1000, LOOPBACK), ("reconnect", 5000, LOOPBACK),
    ("garbage", 200, LOOPBACK), ("garbage", 1000, LOOPBACK), ("garbage", 5000, LOOPBACK),
    ("halves", 200, LOOPBACK), ("halves", 1000, LOOPBACK), ("halves", 5000, LOOPBACK),
    ("tagless", 200, LOOPBACK), ("tagless", 1000, LOOPBACK),
    ("garbage", 200, CROWD), ("garbage", 1000, CROWD), ("garbage", 5000, CROWD),
    ("halves", 200, CROWD), ("halves", 1000, CROWD), ("halves", 5000, CROWD),
    ("tagless", 200, CROWD), ("tagless", 1000, CROWD),
    ("garbage", 5000, "1 prefix"), ("halves", 5000, "1 prefix"),
]
WORDS = {
    "reconnect": "connects, closed at once", "garbage": "connects with 4 KiB of garbage",
    "halves": "handshakes left after the first message", "tagless": "full handshakes, then garbage",
}


class Network:
    """The namespaces of tests/attack/network.bash."""

    def __init__(self):
        script = (f". {ROOT}/tests/attack/network.bash; why=$(network_obstacle); "
                  "[ -z \"$why\" ] || { echo \"!$why\"; exit; }; network_up && echo \"$inside $outside\"")
        said = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False).stdout.strip()
        self.obstacle = said[1:] if said.startswith("!") else "" if said else "the namespaces could not be made"
        self.inside, self.outside = said.split() if not self.obstacle else ("", "")

    def command(self, where):
        """What goes before a command that shall run at that end."""
        return ["ip", "netns", "exec", where] if where else []

    def close(self):
        """Take the namespaces away; their processes have ended."""
        for name in (self.inside, self.outside):
            if name:
                subprocess.run(["ip", "netns", "delete", name], check=False)


class Bench:
    """One node under attack, on a processor of its own, the honest peer on another; the attacker has a third or, where there
    are two, the node's: what it takes the node does not get, and the figures are for each second that the node gets."""

    def __init__(self, options):
        self.options = options
        self.wavu = str(options.build / "bin/wavu")
        self.attacker = str(options.build / "tools/attack_attacker_tool")
        cpus = sorted(os.sched_getaffinity(0))
        self.node_cpu, self.honest_cpu, self.attack_cpu = cpus[0], cpus[1 % len(cpus)], cpus[2] if len(cpus) > 2 else cpus[0]
        self.network = Network()
        # pylint: disable=consider-using-with
        self.home = tempfile.TemporaryDirectory()
        listen = ["--listen", "127.0.0.1:9000"] + ([] if self.network.obstacle else ["--listen", "10.77.0.1:9000"])
        with open(f"{self.home.name}/said", "w+", encoding="ascii") as said:
            self.node = subprocess.Popen(
                self.network.command(self.network.inside)
                + URGENT + ["taskset", "-c", str(self.node_cpu), self.wavu, "up", "--discovery-port", "0", "--home", self.home.name + "/node"] + listen,
                stdout=said, stderr=said)
        end = time.monotonic() + 10
        while "/p2p/" not in Path(f"{self.home.name}/said").read_text("ascii"):
            if self.node.poll() is not None or time.monotonic() > end:
                raise SystemExit("the node did not start: " + Path(f"{self.home.name}/said").read_text("ascii"))
            time.sleep(0.05)

    def close(self):
        """End the node, then take its network away."""
        self.node.terminate()
        self.node.wait(10)
        self.network.close()
        self.home.cleanup()

    def start_attack(self, attack, rate, addresses):
        """Start the attacker, pinned; it ends by itself."""
        where = self.network.inside if addresses == LOOPBACK else self.network.outside
        command = self.network.command(where) + URGENT + [
            "taskset", "-c", str(self.attack_cpu), self.attacker, attack,
            "127.0.0.1" if addresses == LOOPBACK else "10.77.0.1", "9000",
            "--rate", str(rate), "--open", str(max(512, rate * 3)), "--seconds", str(self.options.seconds + 1)]
        if addresses != LOOPBACK:
            command += ["--from", "10.78.0.0", "--prefixes", addresses.split()[0]]
        # pylint: disable=consider-using-with
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def measure(self):
        """MB that an honest peer sends for each second of the node's processor time, for about `seconds`."""
        command = self.network.command(self.network.inside) + URGENT + [
            "taskset", "-c", str(self.honest_cpu), self.wavu, "perf", "127.0.0.1:9000", "--home", self.home.name + "/honest",
            "--upload-bytes", str(1 << 40), "--download-bytes", "0"]
        # pylint: disable=consider-using-with
        honest = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        before = self.snapshot()
        time.sleep(self.options.seconds)
        after = self.snapshot()
        honest.terminate()
        honest.wait(10)
        wall, cpu, received = (after[i] - before[i] for i in range(3))
        return received / 1e6, cpu, wall

    def snapshot(self):
        """(time, processor time, bytes received) of the node."""
        counters = probe.metrics(self.home.name + "/node")
        return time.monotonic(), probe.cpu_seconds(self.node.pid), counters["net_received_bytes_total"]

    def attacked(self, attack, rate, addresses):
        """As measure, under attack, without the attacker's own bytes; and what the attacker made of his rate."""
        process = self.start_attack(attack, rate, addresses)
        megabytes, cpu, wall = self.measure()
        said = json.loads(process.communicate(timeout=60)[0])
        share = wall / (self.options.seconds + 1)
        return megabytes - said["bytes"] / 1e6 * share, cpu, wall, said["tried"] / (self.options.seconds + 1)

    def row(self, attack, rate, addresses):
        """Quiet and attacked in turn. Each attacked run is compared with the mean of the quiet ones before and after it."""
        quiet, attacked, made, costs, shares, kept = [], [], [], [], [], []
        megabytes, cpu, _ = self.measure()
        quiet.append(megabytes / cpu)
        for _ in range(self.options.rounds):
            megabytes, cpu, wall, rate_made = self.attacked(attack, rate, addresses)
            attacked.append(megabytes / cpu)
            made.append(rate_made)
            shares.append(cpu / wall)
            time.sleep(0.2)
            quiet_megabytes, quiet_cpu, _ = self.measure()
            quiet.append(quiet_megabytes / quiet_cpu)
            beside = (quiet[-2] + quiet[-1]) / 2
            kept.append(attacked[-1] / beside)
            costs.append((cpu - megabytes / beside) / wall * 1000)
        low, middle, high = quartiles(kept)
        return {
            "name": WORDS[attack], "attack": attack, "addresses": addresses, "rate": rate,
            "madeRate": round(statistics.median(made)), "quietMBps": round(statistics.median(quiet)),
            "attackedMBps": round(statistics.median(attacked)), "kept": round(middle, 3), "keptLow": round(low, 3),
            "keptHigh": round(high, 3), "costMs": round(statistics.median(costs)),
            "nodeGets": round(statistics.median(shares), 2), "goal": GOAL,
            "verdict": "met" if low >= GOAL else "not met" if high < GOAL else "undecided"}


def quartiles(values):
    """First quartile, median and third."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    return statistics.quantiles(values, n=4, method="inclusive")


def rows(options):
    """Every case as a row, in order; those that this machine does not allow are left out and named on stderr."""
    bench = Bench(options)
    try:
        for attack, rate, addresses in CASES:
            if options.only and options.only not in f"{attack} {rate} {addresses}":
                continue
            if addresses != LOOPBACK and bench.network.obstacle:
                print(f"left out: {attack} from {addresses}: {bench.network.obstacle}", file=sys.stderr)
                continue
            yield bench.row(attack, rate, addresses)
    finally:
        bench.close()


def end_early(*_):
    """Leave by an exception, so that node and namespaces go; once, for the signal may come twice."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(143)


TEXT = """# What an attack costs an honest peer

Written by `bench/attack.py{form}` on {date}; do not edit.

{machine}

One honest stream goes through a node, quiet and attacked in turn, {rounds} rounds of {seconds:g} s. Figures are MB for each second of
processor time that the node gets; the attacker is pinned to one core. `rate` is what he wished a second, `made` what he
got: a busy node leaves connections in the kernel. `kept` is the median of the rounds, each against the quiet runs before and
after it, with its quartiles; the goal, 90 %, is met or not when both quartiles are on one side, else undecided.

{table}

`tests/attack/run.sh` shows, for fifteen attacks on a real node, the counter that says why, the memory's peak and fall, and
that nothing is logged. How a busy node shares with newcomers stands at `TURN_BUSY_BYTES` in src/base/turn.h: newcomers wait
while data streams, and under a flood an honest newcomer waits with the rest.
"""
HEAD = ["attack", "from", "rate", "made", "quiet", "attacked", "kept", "node ms/s", "of", "goal 90 %"]


def cells(row):
    """A row as the table's texts."""
    kept = f"{row['kept']:.0%} ({row['keptLow']:.0%}-{row['keptHigh']:.0%})"
    return [row["name"], row["addresses"], row["rate"], row["madeRate"], row["quietMBps"], row["attackedMBps"], kept, row["costMs"],
            row["nodeGets"], row["verdict"]]


def line(texts):
    """One line of the table."""
    return "| " + " | ".join(str(text) for text in texts) + " |"


def main():
    """See the head."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build/release")
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.build = options.build.resolve()
    signal.signal(signal.SIGTERM, end_early)
    if options.json:
        print(json.dumps({"attack": list(rows(options))}))
        return
    lines = [line(HEAD), line(["---"] * len(HEAD))]
    print("\n".join(lines))
    about = [f"- {fact}" for fact in [*machine.describe(), machine.load()]]
    for row in rows(options):
        lines.append(line(cells(row)))
        print(lines[-1], flush=True)
    if not options.only:
        form = f" --rounds {options.rounds}" if options.rounds != parser.get_default("rounds") else ""
        (ROOT / "docs/ATTACKS.md").write_text(TEXT.format(
            form=form, date=datetime.date.today(), machine="\n".join(about), rounds=options.rounds, seconds=options.seconds,
            table="\n".join(lines)), encoding="utf-8")


if __name__ == "__main__":
    main()
