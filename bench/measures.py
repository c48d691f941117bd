"""The measurements. Each gives one figure, or a dict of figures, for one implementation and one round."""

import select
import subprocess
import tempfile
import time
from pathlib import Path

from programs import ALL_CORES, ONE_CORE, TWO_CORES, Failure, _pinned, run

SWARM_SECONDS_MAX = 1200  # ten thousand nodes for an hour of their time
FILL_SECONDS_MAX = 1800  # a million records, on slow disks
ROOM_SECONDS_MAX = 900  # fifty that come in one after the other, and talk
LARGE_PAGES = "GLIBC_TUNABLES=glibc.malloc.hugetlb=1"
SETTLE_SECONDS = 1.0  # before memory is read: buffers are given back, identify is over


def last(lines, key, value):
    """The last of the lines whose `key` is `value`."""
    for line in reversed(lines):
        if line.get(key) == value:
            return line
    raise Failure("it printed no result")


def throughput(impl, listener, direction, size):
    """MB/s of one stream with perf, `direction` being upload or download."""
    other = "download" if direction == "upload" else "upload"
    command = impl.command("perf", listener.address, f"--{direction}-bytes", size, f"--{other}-bytes", 0)
    lines, _ = run(command, TWO_CORES)
    final = last(lines, "type", "final")
    if final[f"{direction}Bytes"] != size:
        raise Failure(f"{final[f'{direction}Bytes']} of {size} bytes came")
    return size / final["timeSeconds"] / 1e6


def _await_opened(listener, before, count):
    """Wait until the listener, too, is through with `count` handshakes, where it tells."""
    end = time.monotonic() + 5
    while before is not None and listener.opened() - before < count:
        if time.monotonic() > end:
            raise Failure(f"the listener saw only {listener.opened() - before} of {count} handshakes to their end")
        time.sleep(0.01)


def handshakes(impl, listener, count, parallel, role="handshakes"):
    """Full handshakes a second of the clock, and for each CPU second of both ends together. `role`: of which kind."""
    opened, before = listener.opened(), listener.cpu_seconds()
    command = impl.command(role, listener.address, "--count", count, "--parallel", parallel)
    lines, dialer = run(command, TWO_CORES)
    result = last(lines, "type", "handshakes")
    _await_opened(listener, opened, result["count"])
    spent = listener.cpu_seconds() - before + dialer
    return {"rate": result["perSecond"], "perCpuSecond": result["count"] / spent}


def ping(impl, listener, count, one_core):
    """Round trips on one stream in microseconds: min, median, p99 (where the program gives it), max."""
    lines, _ = run(impl.command("ping", listener.address, "-c", count), ONE_CORE if one_core else TWO_CORES)
    for line in reversed(lines):
        if "rttMs" in line:
            return {key: value * 1000 for key, value in line["rttMs"].items()}
    raise Failure("it printed no result")


def _await_idle(dialer, count):
    """Wait until the dialer says that it holds `count` connections."""
    text, end = b"", time.monotonic() + 120
    while time.monotonic() < end:
        if not select.select([dialer.stdout], [], [], 0.2)[0]:
            continue
        piece = dialer.stdout.read1(65536)
        if not piece:
            break
        text += piece
        if b'"idle"' in text and text.endswith(b"\n"):
            break
    if f'"count":{count}' not in text.decode().replace(" ", ""):
        said = text.decode().strip().splitlines()
        raise Failure(f"it did not hold {count} connections: {said[-1] if said else 'it said nothing'}")


def idle_memory(impl, count):
    """KiB of RssAnon that a fresh listener holds more with `count` idle connections than with none, each."""
    with impl.listen(TWO_CORES) as listener:
        # As many handshakes at a time as the dialer below makes, so that what they need is there before.
        run(impl.command("handshakes", listener.address, "--count", 64, "--parallel", 16), TWO_CORES)
        time.sleep(SETTLE_SECONDS)
        before, _ = listener.memory()
        command = impl.command("idle", listener.address, "--count", count)
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, preexec_fn=_pinned(TWO_CORES)) as dialer:
            try:
                _await_idle(dialer, count)
                time.sleep(SETTLE_SECONDS)
                after, _ = listener.memory()
            finally:
                dialer.terminate()
                try:
                    dialer.wait(10)
                except subprocess.TimeoutExpired:
                    dialer.kill()
        return (after - before) / count


def node_memory(impl):
    """MiB of a node that has just started and idles."""
    with impl.listen(TWO_CORES) as listener:
        time.sleep(SETTLE_SECONDS)
        anonymous, resident = listener.memory()
        return {"anonymous": anonymous / 1024, "resident": resident / 1024}


def ceiling_throughput(bench, size):
    """MB/s of bare sealed frames."""
    lines, _ = run([str(bench / "bench_ceiling"), str(size)], TWO_CORES)
    return last(lines, "type", "ceiling")["megabytesPerSecond"]


def ceiling_ping(bench, count, one_core):
    """Microseconds of the bare sealed echo."""
    lines, _ = run([str(bench / "bench_echo_ceiling"), str(count)], ONE_CORE if one_core else TWO_CORES)
    return {key: value * 1000 for key, value in last(lines, "type", "ping")["rttMs"].items()}


def ceiling_handshakes(bench, seconds):
    """Handshakes a second that one core could do for both sides, by the primitives alone."""
    lines, _ = run([str(bench / "bench_primitives"), str(seconds)], ONE_CORE)
    return last(lines, "type", "primitives")["handshakesPerCoreSecond"]


def mlkem(bench, batches):
    """Microseconds of CPU time for a pair, an encapsulation and a decapsulation, of each implementation there is."""
    lines, _ = run([str(bench / "bench_mlkem"), str(batches)], ONE_CORE)
    return {name: figures["all"] for name, figures in last(lines, "type", "mlkem").items() if name != "type"}


def joining(bench, count):
    """Microseconds of CPU time of joining with a code and what comes with it; bytes of a joining."""
    lines, _ = run([str(bench / "bench_pairing"), str(count)], ONE_CORE)
    return last(lines, "type", "pairing")
def session(bench, batches):
    """Figures a second and bytes of messages of pairwise sessions."""
    lines, _ = run([str(bench / "bench_session"), str(batches)], ONE_CORE)
    return last(lines, "type", "session")


def store(bench, commits, writes):
    """Commits and records a second of the store on this machine's disk, one commit behind the other."""
    with tempfile.TemporaryDirectory(dir=bench) as folder:
        lines, _ = run([str(bench / "bench_store"), folder, str(commits), str(writes)], TWO_CORES)
    result = last(lines, "type", "store")
    return {"commits": result["commitsPerSecond"], "records": result["commitsPerSecond"] * writes,
            "kilobytes": result["bytesPerCommit"] / 1000}


def file(bench, mebibytes):
    """A file between two nodes, in memory where the system has a place for that, and its share of what a stream carries."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else bench) as folder:
        lines, _ = run([str(bench / "bench_file"), folder, str(mebibytes)], TWO_CORES)
    result = last(lines, "type", "file")
    return {"rate": result["fileMegabytes"], "share": 100 * result["share"],
            "memory": max(result["fetcherMib"], result["giverMib"]), "offer": result["offerSeconds"]}


def store_long(bench, messages):
    """What a store of so many records with their words does beside commits, and a full check of it."""
    with tempfile.TemporaryDirectory(dir=bench) as folder:
        run([str(bench / "bench_store"), "fill", folder, str(messages)], TWO_CORES, FILL_SECONDS_MAX)
        lines, _ = run([str(bench / "bench_store"), "history", folder], TWO_CORES, FILL_SECONDS_MAX)
        result = last(lines, "type", "history")
    return {"beside": result["readBesideP99Ms"], "check": result["checkSeconds"]}


GROUP_MESSAGES = {"light": "light change", "firstFull": "first full change (the log's leaves)",
                  "full": "full change (all leaves published)", "removal": "light removal", "fullRemoval": "full removal",
                  "welcome": "welcome"}


def group(bench, count):
    """Bytes and CPU of each message of group keys at `count` devices."""
    lines, _ = run([str(bench / "bench_group"), "messages", str(count)], ONE_CORE)
    result = last(lines, "type", "group")
    rival = result["ecies"]
    figures = {"entry": result["entryOverhead"], "entry max": result["entryOverheadMax"], "ecies": rival["bytes"],
               "ecies x25519": rival["senderX25519"], "ecies sender": rival["senderMs"],
               "ask": result["ask"]["bytes"], "name": result["name"]["said"]}
    for key in GROUP_MESSAGES:
        one = result[key]
        figures |= {f"{key} said": one["said"], f"{key} told": one["told"]}
        for side in ("sender", "receiver"):
            figures |= {f"{key} {side} {what}": one[side + what] for what in ("Ed25519", "X25519", "Mlkem", "Ms")}
    return figures


def group_rates(bench, prefix):
    """Entries sealed and opened a second; with the prefix "bare" what their primitives alone would reach."""
    lines, _ = run([str(bench / "bench_group"), "rates"], ONE_CORE)
    result = last(lines, "type", "groupRates")
    return {name: result[f"{prefix}{name.capitalize()}" if prefix else name] for name in ("sealed", "opened")}


def courier(bench, count):
    """Messages a second between two couriers that share one core."""
    lines, _ = run([str(bench / "bench_courier"), str(count)], ONE_CORE)
    return {"rate": last(lines, "type", "courier")["rate"]}


def room(bench, nodes, alone, many):
    """Latency in a room of that many nodes on all processors, for messages said alone; the rate of many at once, its CPU time."""
    lines, _ = run([str(bench / "bench_room"), str(nodes), str(alone), str(many)], ALL_CORES, ROOM_SECONDS_MAX)
    result = last(lines, "type", "room")
    return {"p50": result["p50Us"] / 1000, "p99": result["p99Us"] / 1000, "rate": result["rate"],
            "deliveries": result["deliveries"], "cpu": result["cpuSeconds"] * 1e6 / result["messages"] / (nodes - 1)}


def members(bench, operations):
    """Sizes of membership operations, and how long a log of that many takes."""
    lines, _ = run([str(bench / "bench_members"), str(operations)], ONE_CORE)
    return last(lines, "type", "members")


def detector(bench, part, *options):
    """The JSON lines of one part of the failure detector's comparison with plain SWIM, on virtual time."""
    lines, _ = run([str(bench / "bench_detector"), part, *(str(option) for option in options)], ONE_CORE)
    if not lines:
        raise Failure("it printed no result")
    return lines


def swarm(bench, what, *options):
    """The line of one experiment with bare overlays, its share of deliveries in per cent beside it."""
    lines, _ = run([str(bench / "bench_swarm"), what, *(str(option) for option in options)], TWO_CORES, SWARM_SECONDS_MAX)
    return sound(last(lines, "type", what))


def rate(bench, nodes):
    """Events a second of a mesh on one core, in large pages: most of the time goes into waiting for memory."""
    command = ["env", LARGE_PAGES, str(bench / "bench_swarm"), "rate", str(nodes), "100"]
    lines, _ = run(command, ONE_CORE, SWARM_SECONDS_MAX)
    return sound(last(lines, "type", "rate"))["perSecond"]


def queue(bench, nodes):
    """Events a second of nothing but the queue and a codec, likewise."""
    lines, _ = run(["env", LARGE_PAGES, str(bench / "bench_queue"), str(nodes)], ONE_CORE)
    return last(lines, "type", "queue")["perSecond"]


def sound(result):
    """The line of an experiment with bare overlays, when what it measures took place: a mesh in pieces has few events, a
    tree that reaches few has no duplicates, and what was never parted is merged at once."""
    if result.get("owed"):
        result["percent"] = result["delivered"] / result["owed"] * 100
    if result["type"] in ("rate", "tree") and result["delivered"] != result["owed"]:
        raise Failure(f"{result['delivered']} of {result['owed']} deliveries were made")
    if result["type"] == "split" and result["parts"] < 2:
        raise Failure("the partition parted nobody")
    if result["type"] in ("split", "crash") and result["components"] != 1:
        raise Failure(f"{result['components']} components at the end")
    return result


def idle_mesh(bench, nodes, minutes, power):
    """What an idle member sends a second and how often it is woken: whole nodes, all of whom know each other."""
    lines, _ = run([str(bench / "bench_mesh_idle"), str(nodes), str(minutes), power], TWO_CORES, SWARM_SECONDS_MAX)
    result = last(lines, "type", "meshIdle")
    if result["members"] != nodes:
        raise Failure(f"somebody knows {result['members']} of {nodes} members")
    return result


def found_crashes(line):
    """Median and 99 % of the seconds to a verdict, when every crash was found at all."""
    if line["ours"]["missed"] or not line["crashes"]:
        raise Failure(f"{line['ours']['missed']} of {line['crashes']} crashes were not found")
    return {key: line["ours"][key] for key in ("median", "p99")}
