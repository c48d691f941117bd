"""The rows of joining with a code, sealed boxes, safety numbers and backups: wavu's own, nobody beside them."""

import sys

import measures


class JoiningParts:
    """A part of the bench; what it needs of it is row(), attempt(), form and bench."""

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
