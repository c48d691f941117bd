"""The rows of the mesh: bare overlays by the thousand and the failure detector, on virtual time. No rivals."""

import sys
from concurrent.futures import ThreadPoolExecutor

import measures
from programs import TWO_CORES
from report import all_under, at_least, at_most, under

LOSSES = (0, 10, 50, 100)  # in a thousand
# Survivors' goals in seconds after so many of a hundred crashed.
CRASHES = {("reset", 50): 5, ("reset", 80): 20, ("reset", 90): 30, ("silent", 50): 15, ("silent", 80): 30, ("silent", 90): 40}


class MeshParts:
    """Parts of the bench; what they need of it is row(), attempt(), form, bench and waiting."""

    def detector(self):
        """False verdicts beside plain SWIM, and how soon a crash is found: virtual time, no rivals."""
        few = [at_least(50, "50 x fewer")]
        rows = {}
        for kind in ("stopped", "blocked"):
            rows[kind, "awake"] = self.row(f"false downs about nodes that are awake, a quarter {kind} now and then: "
                                           "plain SWIM's to ours, at least", "x", goals=few)
            rows[kind, "well"] = self.row(f"false downs about nodes that are never slow, a quarter {kind} now and then: "
                                          "plain SWIM's to ours, at least", "x", goals=few)
            # No goal, and not flattering: who stands still for long is as good as dead, and we notice sooner.
            rows[kind, "all"] = self.row(f"false downs about anybody, those that stand still too, a quarter {kind} now and "
                                         "then: plain SWIM's to ours, at least", "x", 1)
        days = self.form["node_days"]
        goals = [under(0.01, "under 0.01")] if days >= 300 else []
        false = self.row(f"false downs a node-day at 5 % loss, upper 95 % bound over {days} node-days", "1/day", 3, goals)
        found = {}
        for loss in (0, 5):
            found[f"median{loss}"] = self.row(f"crash found at {loss} % loss, median", "s", 2, [under(5, "under 5")])
            found[f"p99{loss}"] = self.row(f"crash found at {loss} % loss, 99 % under", "s", 2, [under(10, "under 10")])

        def slow():
            for line in measures.detector(self.bench, "slow"):
                if line["type"] == "slow":
                    rows[line["pauses"], "awake"].add("wavu", line["atLeast"]["awake"]["declared"])
                    rows[line["pauses"], "all"].add("wavu", line["atLeast"]["all"]["declared"])
                else:
                    rows[line["pauses"], "well"].add("wavu", line["atLeast"]["well"]["declared"])
            return {}

        def crash():
            lines = measures.detector(self.bench, "crash")
            return {f"{key}{line['lossPercent']}": value
                    for line in lines for key, value in measures.found_crashes(line).items()}

        self.attempt("wavu", rows, slow)
        self.attempt("wavu", false, lambda: measures.detector(self.bench, "loss", "--node-days", days)[0]["upperPerNodeDay"])
        self.attempt("wavu", found, crash)
        print(file=sys.stderr)

    def swarm(self, rows, what, *options):
        """One experiment of bench_swarm, in its turn: its line, the rows' figures taken from it."""
        self.waiting.append((rows, lambda: measures.swarm(self.bench, what, *options)))

    def all_waiting(self):
        """Virtual time does not mind what else runs: as many experiments at once as there are cores."""
        with ThreadPoolExecutor(max_workers=len(TWO_CORES)) as pool:
            for _ in pool.map(lambda one: self.attempt("wavu", *one), self.waiting):
                pass
        self.waiting = []

    def trees(self, nodes):
        """A steady tree, for one sender and for all in turn."""
        for senders, name, last, hops in ((1, "one sender", 250, 13), (nodes, "rotating senders", 500, 20)):
            self.swarm({
                "redundancy": self.row(f"{nodes:,} nodes, {name}: redundancy", "1", 4, [at_most(0.05, "at most 0.05")]),
                "lastMs": self.row(f"{nodes:,} nodes, {name}: last delivery, median", "ms", 0, [under(last, f"under {last}")]),
                "hopsMax": self.row(f"{nodes:,} nodes, {name}: hops", "1", 0, [at_most(hops, f"at most {hops}")]),
            }, "tree", nodes, senders)

    def mesh(self):
        """Bare overlays by the thousand."""
        nodes = self.form["mesh"]
        for count, goal in ((nodes, 3e6), (self.form["large"], 1e6)):
            row = self.row(f"events of {count:,} nodes", "1/s", goals=[at_least(goal, f"{goal / 1e6:.0f} M")])
            self.attempt("ceiling", row, lambda count=count: measures.queue(self.bench, count))
            if count == nodes:
                for _ in range(self.form["rounds"]):
                    self.attempt("wavu", row, lambda: measures.rate(self.bench, nodes))
            else:  # a quarter of an hour: not alone
                self.waiting.append((row, lambda count=count: measures.rate(self.bench, count)))
        self.trees(nodes)
        for loss in LOSSES:
            row = self.row(f"100 nodes, {loss / 10:.0f} % loss, 20 seeds: delivered", "%", 4, [at_least(100, "all")])
            self.swarm({"percent": row}, "loss", 100, loss, 20)
        seeds = range(1, self.form["mesh_seeds"] + 1)
        for (kind, percent), goal in CRASHES.items():
            row = self.row(f"{percent} % of {nodes:,} nodes crash, links {kind}: unbroken delivery after", "s", 2,
                           [all_under(goal, f"always under {goal}")])
            for seed in seeds:
                self.swarm({"seconds": row}, "crash", nodes, percent, kind, seed)
        for minutes in (10, 60):
            row = self.row(f"1,000 nodes, {minutes} min of partition: merged after", "s", 1,
                           [all_under(10, "always under 10")])
            for seed in seeds:
                self.swarm({"seconds": row}, "split", 1000, minutes, seed)
        self.idle(100)
        self.all_waiting()
        print(file=sys.stderr)

    def idle(self, nodes):
        """What whole nodes with real cryptography do when nobody says anything."""
        for power in ("normal", "low"):
            self.waiting.append(({
                "bytesNodeSecond": self.row(f"{nodes} whole nodes, idle, power {power}: sent by a node", "B/s",
                                            goals=[under(1000, "under 1,000")]),
                "wakeupsMinute": self.row(f"{nodes} whole nodes, idle, power {power}: wakeups of a node", "1/min"),
            }, lambda power=power: measures.idle_mesh(self.bench, nodes, self.form["idle_minutes"], power)))
