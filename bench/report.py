"""From figures to the table: cells, goals, plain text and Markdown."""

import statistics


class Cell:
    """The figures that one implementation gave for one row, or why it gave none."""

    def __init__(self):
        self.values = []
        self.failure = None

    def median(self):
        """The median of the rounds, or None without a figure."""
        return statistics.median(self.values) if self.values else None

    def text(self, digits):
        """`median (min-max)`, the failure, or a dash."""
        if not self.values:
            return f"failed: {self.failure}" if self.failure else "-"
        low, high = min(self.values), max(self.values)
        middle = f"{self.median():,.{digits}f}"
        some = middle if len(self.values) == 1 else f"{middle} ({low:,.{digits}f}-{high:,.{digits}f})"
        return f"{some}; failed: {self.failure}" if self.failure else some


class Row:
    """One line of the table. `goals` are functions of the row that give (text, met) or None."""

    def __init__(self, title, unit, digits=0, goals=()):
        self.title, self.unit, self.digits, self.goals = title, unit, digits, goals
        self.cells = {}

    def add(self, column, value):
        """Enter one round's figure."""
        self.cells.setdefault(column, Cell()).values.append(value)

    def fail(self, column, why):
        """Enter why a round gave no figure."""
        self.cells.setdefault(column, Cell()).failure = why

    def median(self, column):
        """The median of a column, or None."""
        return self.cells[column].median() if column in self.cells else None

    def texts(self, columns):
        """The row's cells as texts, the goals last."""
        cells = [self.cells.get(column, Cell()).text(self.digits) for column in columns]
        return [f"{self.title}, {self.unit}", *cells, "; ".join(self.verdicts())]

    def verdicts(self):
        """Each goal with its verdict."""
        found = []
        for goal in self.goals:
            verdict = goal(self)
            if verdict is not None:
                text, met = verdict
                found.append(f"{text}: {'met' if met else 'NOT met' if met is not None else 'not measured'}")
        return found


def times(column, factor, name="wavu"):
    """Goal: at least `factor` times what `column` does."""
    def goal(row):
        mine, theirs = row.median(name), row.median(column)
        if theirs is None:
            return None
        if mine is None:
            return f"{factor:g} x {column}", None
        text = f"ahead of {column}" if factor == 1 else f"{factor:g} x {column}"
        return f"{text} (is {mine / theirs:.1f} x)", mine >= factor * theirs
    return goal


def share_of_ceiling(share, text):
    """Goal: at least this share of what the ceiling reaches on the same machine."""
    def goal(row):
        mine, top = row.median("wavu"), row.median("ceiling")
        if mine is None or top is None:
            return text, None
        return f"{text} (is {mine / top:.0%})", mine >= share * top
    return goal


def under(limit, text):
    """Goal: less than this figure."""
    def goal(row):
        mine = row.median("wavu")
        return text, None if mine is None else mine < limit
    return goal


def at_most(limit, text):
    """Goal: no more than this figure."""
    def goal(row):
        mine = row.median("wavu")
        return text, None if mine is None else mine <= limit
    return goal


def all_under(limit, text):
    """Goal: less than this figure in all of the rounds or seeds, and all of them gave one."""
    def goal(row):
        cell = row.cells.get("wavu")
        if cell is None or not cell.values:
            return text, None
        return text, cell.failure is None and max(cell.values) < limit
    return goal


def at_least(limit, text):
    """Goal: no less than this figure."""
    def goal(row):
        mine = row.median("wavu")
        return text, None if mine is None else mine >= limit
    return goal


def flat(others, spread):
    """Goal: the same figure, within `spread`, as in the rows `others`."""
    def goal(row):
        medians = [one.median("wavu") for one in (row, *others)]
        if any(value is None or value <= 0 for value in medians):
            return "flat from 100 to 5,000", None
        ratio = max(medians) / min(medians)
        return f"flat from 100 to 5,000 (spread {ratio:.2f} x)", ratio <= spread
    return goal


def plain(head, rows):
    """The table for a terminal."""
    lines = [head, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    out = ["  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip() for line in lines]
    out.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(out)


def markdown(head, rows):
    """The table for docs/BENCHMARKS.md."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines)
