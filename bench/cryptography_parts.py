"""The parts of the benchmark that measure cryptography and who belongs: a mixin of run.py's Bench."""
import sys

import measures
from report import at_least, at_most, share_of_ceiling, under


class CryptographyParts:
    """Rows of ML-KEM, sessions, joining, the membership log, group keys and couriers."""

    def mlkem(self):
        """A shared secret by ML-KEM-768, with each set of steps, and by X25519 and Ed25519 in the same minute."""
        title = "ML-KEM-768: pair, encapsulation, decapsulation"
        rows = {"avx2": self.row(f"{title}; own, AVX2", "us", 1, goals=[under(45, "under 45")]),
                "portable": self.row(f"{title}; own, portable", "us", 1, goals=[under(130, "under 130")]),
                "openssl": self.row(f"{title}; OpenSSL's", "us", 1),
                "x25519": self.row("X25519 of libsodium: two pairs, two agreements", "us", 1),
                "ed25519": self.row("Ed25519 of libsodium: pair, signature, verification", "us", 1)}
        for number in range(self.form["rounds"]):
            print(f"  round {number + 1}:", end="", file=sys.stderr)
            self.attempt("wavu", rows, lambda: measures.mlkem(self.bench, self.form["batches"]))

    def session(self):
        """Pairwise sessions; their ceiling is the primitives of each message alone, in the same minute."""
        share = [share_of_ceiling(0.7, "70 % of the primitives")]
        rates = {"steps": self.row("session: steps of the symmetric ratchet", "1/s", goals=[at_least(400000, "400,000")])}
        for cipher, title in (("ChaCha", "ChaCha20-Poly1305"), ("Aes", "AES-256-GCM")):
            for way, done in (("seal", "sealed"), ("open", "opened")):
                rates[way + cipher] = self.row(f"session: messages of 100 bytes {done}, {title}", "1/s", goals=share)
        rates |= {"turns": self.row("session: turns, both sides", "1/s"),
                  "startsWritten": self.row("session: starts written", "1/s"),
                  "startsRead": self.row("session: starts read", "1/s")}
        sizes = {"message": self.row("session: a message beside its content", "bytes"),
                 "prelude": self.row("session: a start beside its message", "bytes"),
                 "bundle": self.row("session: bundle of prekeys", "bytes"),
                 "exchange": self.row("session: a post-quantum exchange, both ways", "bytes")}

        for number in range(self.form["rounds"]):
            print(f"  round {number + 1}:", end="", file=sys.stderr)
            self.session_round(rates, sizes)
            print(file=sys.stderr)

    def session_round(self, rates, sizes):
        """One round of sessions: wavu's figures and those of the primitives beside them, from one run."""
        figures = {}

        def measured():
            figures.update(measures.session(self.bench, self.form["batches"]))
            return figures

        self.attempt("wavu", rates, measured)
        if figures:
            self.attempt("wavu", sizes, lambda: figures["bytes"])
            self.attempt("ceiling", rates, lambda: {key: figures[key + "Primitives"] for key in rates if key + "Primitives" in figures})

    def members(self):
        """The membership log: what its operations weigh, and what it takes to say who belongs."""
        kinds = ("invite", "join", "device", "remove", "revoke", "cosign", "succeed")
        rows = {f"{kind}Bytes": self.row(f"membership operation {kind}, one parent", "B") for kind in kinds}
        rows["letInUs"] = self.row("membership operation let in, its signature verified", "us", 1)
        rows["letInTrustedUs"] = self.row("membership operation let in, from the own store", "us", 1)
        rows["evaluateMs"] = self.row("who belongs, by 10,000 operations", "ms", 2, [under(100, "under 100")])
        rows["evaluateHostileMs"] = self.row("who belongs, by 10,000 operations that revoke each other", "ms", 0,
                                             [under(1000, "under 1,000")])
        rows["evaluateFullMs"] = self.row("who belongs, by the slowest full log that we know to make", "ms", 0, [under(500, "under 500")])
        rows["evaluateFullSteps"] = self.row("the most steps that a full log takes for an operation or cut", "steps", 1)
        for number in range(self.form["rounds"]):
            print(f"  round {number + 1}:", end="", file=sys.stderr)
            self.attempt("wavu", rows, lambda: measures.members(self.bench, 10000))
            print(file=sys.stderr)

    def group(self):
        """Entries of 100 bytes sealed and opened, and what each message of group keys costs at 2, 20 and 200 devices."""
        share = share_of_ceiling(0.7, "70 % of the primitives")
        rates = {"sealed": self.row("entries of 100 bytes sealed", "1/s", goals=[share]),
                 "opened": self.row("entries of 100 bytes opened", "1/s", goals=[share])}
        sizes = {}
        for count in (2, 20, 200):
            sizes[count] = {"entry": self.row(f"an entry at {count} devices, bytes besides its content", "B",
                                              goals=[at_most(160, "at most 160")]),
                            "entry max": self.row(f"the dearest entry at {count} devices, bytes besides its content", "B",
                                                  goals=[at_most(160, "at most 160")]),
                            "ecies": self.row(f"rival at {count} devices: ECIES for each recipient, bytes besides content", "B"),
                            "ecies x25519": self.row(f"rival at {count} devices, its sender's X25519", "operations"),
                            "ecies sender": self.row(f"rival at {count} devices, its sender's CPU", "ms", 2),
                            "ask": self.row(f"ask at {count} devices", "B"),
                            "name": self.row(f"name of two heads at {count} devices", "B")}
            for key, title in measures.GROUP_MESSAGES.items():
                sizes[count] |= {f"{key} said": self.row(f"{title} at {count} devices, to all", "B"),
                                 f"{key} told": self.row(f"{title} at {count} devices, to single devices together", "B")}
                for side, who in (("sender", "its sender's"), ("receiver", "one receiver's")):
                    for what, text in (("Ed25519", "Ed25519"), ("X25519", "X25519"), ("Mlkem", "ML-KEM")):
                        sizes[count][f"{key} {side} {what}"] = self.row(f"{title} at {count} devices, {who} {text}", "operations")
                    sizes[count][f"{key} {side} Ms"] = self.row(f"{title} at {count} devices, {who} CPU", "ms", 2)
        for number in range(self.form["rounds"]):
            print(f"  round {number + 1}:", end="", file=sys.stderr)
            for count, some in sizes.items():
                self.attempt("wavu", some, lambda count=count: measures.group(self.bench, count))
            self.attempt("wavu", rates, lambda: measures.group_rates(self.bench, ""))
            self.attempt("ceiling", rates, lambda: measures.group_rates(self.bench, "bare"))

    def courier(self):
        """Messages between two couriers, whole: sealed, stored, carried, read, stored, acknowledged."""
        rows = {"rate": self.row("messages of 100 bytes between two nodes, delivered; both on one core", "1/s", goals=[at_least(5000, "5,000")])}
        for number in range(self.form["rounds"]):
            print(f"  round {number + 1}:", end="", file=sys.stderr)
            self.attempt("wavu", rows, lambda: measures.courier(self.bench, self.form["letters"]))
            print(file=sys.stderr)

    def room(self):
        """What is said in a room until all others are shown it: whole nodes, real connections, stores on the disk."""
        for nodes in (2, self.form["room"]):
            where = "between two nodes" if nodes == 2 else f"in a room of {nodes}"
            rows = {"p50": self.row(f"message {where}, shown: median", "ms", 2,
                                    goals=[under(1 if nodes == 2 else 15, "under 1" if nodes == 2 else "under 15")]),
                    "p99": self.row(f"message {where}, 99 % under", "ms", 2),
                    "rate": self.row(f"messages {where}, all processors", "1/s",
                                     goals=[] if nodes == 2 else [at_least(300, "300")]),
                    "deliveries": self.row(f"deliveries {where}", "1/s", goals=[] if nodes == 2 else [at_least(15000, "15,000")]),
                    "cpu": self.row(f"CPU time of a delivery {where}, all that its author and its bearers do included", "us")}
            said = min(self.form["said"], 800 * nodes)  # a device's keys change after 960
            self.attempt("wavu", rows, lambda nodes=nodes, said=said: measures.room(self.bench, nodes, 200, said))

    def joining(self):
        """What a joining, a sealed box, a safety number and a backup's passphrase cost on one core."""
        rows = {"host": self.row("joining with a code, the inviter's side", "us", 0),
                "guest": self.row("joining with a code, the joiner's side", "us", 0),
                "bytes": self.row("joining with a code, all six messages", "bytes", 0),
                "make": self.row("sealed box of 100 bytes (1,238 sealed), made", "us", 0),
                "open": self.row("sealed box of 100 bytes (1,238 sealed), opened", "us", 0),
                "makeClassic": self.row("the same, X25519 alone (150 sealed), made", "us", 0),
                "openClassic": self.row("the same, X25519 alone (150 sealed), opened", "us", 0),
                "safety": self.row("safety number", "us", 0),
                "stretch": self.row("a backup's passphrase: Argon2id, 64 MiB, 3 passes", "ms", 0)}
        for number in range(self.form["rounds"]):
            print(f"  round {number + 1}:", end="", file=sys.stderr)
            self.attempt("wavu", rows, lambda: measures.joining(self.bench, self.form["joins"]))
            print(file=sys.stderr)
