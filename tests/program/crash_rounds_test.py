#!/usr/bin/env python3
"""The short form of the campaign that kills real nodes (crash_rounds.py): some rounds, and what its judge makes of histories.

In:  WAVU_BUILD, as there.
Out: TAP.
"""
import sys

import crash_rounds
from crash_rounds import Fault, Message, World

ROUNDS = 3
cases = 0
failed = 0


def case(is_good, what, told=""):
    """One line of TAP."""
    global cases, failed
    cases += 1
    failed += not is_good
    if told:
        print(f"# {told}")
    print(f"{'ok' if is_good else 'not ok'} {cases} - {what}", flush=True)


def world_of_two():
    """Two nodes that do not run: what they tell is put into their mouths."""
    world = World("", 1, 2)
    for node in world.nodes:
        node.life = 1
        world.members[f"m{node.number}"] = node
    return world


def tell(world, number, *lines):
    """Node `number` tells that, all of it read at once."""
    node = world.nodes[number]
    node.rows = []
    node.lines.extend(line.encode() for line in lines)
    while node.lines:
        world.ledger(node, node.lines.popleft().decode().split(" "))


def verdict(world, number, before=(), reported=()):
    """What is wrong with its history, or nothing."""
    node = world.nodes[number]
    try:
        world.judge(node, node.owed | set(before), set(reported))
    except Fault as fault:
        return str(fault)
    return ""


def judge():
    """A judge that sees nothing, or sees what is not so, would make the rounds worthless."""
    world = world_of_two()
    tell(world, 0, "said aa", "shown aa m0", "said bb", "shown bb m0")
    tell(world, 1, "shown aa m0", "row aa m0", "end 1", "shown bb m0")
    case(verdict(world, 1) == "", "what was shown behind the end of a history is not looked for in it")
    tell(world, 1, "end 0")
    case("has lost aa" in verdict(world, 1) or "has lost bb" in verdict(world, 1), "what was shown before it is")

    world = world_of_two()
    tell(world, 0, "said aa", "end 0")
    case(verdict(world, 0) == "", "what a kill took before it was on the disk is not lost")
    tell(world, 1, "shown aa m0")
    case("has lost aa" in verdict(world, 0, world.of(lambda message: message.owes(world.nodes[0]))),
         "... unless it has left")

    world = world_of_two()
    tell(world, 0, "said aa", "row aa m0", "end 1")
    tell(world, 1, "shown aa m0")
    case(verdict(world, 0) == "", "what was on the disk and not told yet is of its author all the same")
    told = []
    for lines in (("shown aa m0",), ("shown cc m0",)):
        try:
            tell(world, 1, *lines)
        except Fault as fault:
            told.append(str(fault))
    case(len(told) == 2 and "twice" in told[0] and "nobody said" in told[1], "twice, or of nobody: both are faults")
    world.nodes[1].life = 2
    try:
        tell(world, 1, "shown aa m0")
        again = ""
    except Fault as fault:
        again = str(fault)
    case("once more after a kill" in again, "so is what was shown in another life")
    tell(world, 1, "row aa m0", "row aa m0", "end 2")
    case("twice in its history" in verdict(world, 1), "and a history that has something twice")
    tell(world, 1, "row aa m0", "row dd m0", "end 2")
    case("nobody said" in verdict(world, 1), "or something of nobody")
    message = Message(world.nodes[0], 0)
    case(not message.owes(world.nodes[0]), "who says something owes nothing until it is shown")


def main():
    """The judge, then the rounds."""
    judge()
    is_good, met = crash_rounds.campaign(ROUNDS, 5, crash_rounds.draw_seed())
    case(is_good, crash_rounds.case_of(ROUNDS), met)
    print(f"1..{cases}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
