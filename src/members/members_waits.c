/*
 * Who cuts whom, without naming every pair. Each chain is laid out so that the operations behind
 * one, on whatever branch, are an interval; the cuts of a chain are sorted by where they end. Those
 * that cut an operation are then the ones before and the ones behind its interval: two gates.
 * REVOKEs that do not name a chain cut all of it: they are ranges of the target's list, less those
 * that name the chain, gathered by a tree of gates over each list. A root's LEAVE is as a REVOKE of
 * its own member here, one that names its own chain up to itself.
 *
 *   members_waits_init
 *     number_effects    revocations that may stand, and what they wait for
 *     sort_revokes      lists by target, trees over them, gates of members
 *     collect_cuts      cuts by chain
 *     gate_seats        gates of chains
 *     link_ops          each operation to its gates
 *     list              the links, sorted both ways
 */
#include "members/members_waits.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "members/members_admit.h"

#define WHOLE UINT32_MAX /* where a cut that honours nothing ends: behind all */

struct link {
    uint32_t from;
    uint32_t to;
};

/* A cut that names a chain: all but the way to `at` is void when `effect` is that it stands. */
struct cut {
    uint32_t seat;
    uint32_t at; /* place in the layout */
    uint32_t effect;
};

struct build {
    struct members_waits *w;
    const struct members *log;
    struct link *links;
    uint32_t link_count;
    uint32_t link_cap;
    uint32_t *enter; /* an operation lies on the way to another of its chain when the */
    uint32_t *span;  /* other's `enter` lies in [enter, enter + span) of it */
    /* REVOKEs by target: of each member first those for its subtree (slice 2 * member), then those
     * for it alone (slice 2 * member + 1). */
    uint32_t *slices;    /* where each begins */
    uint32_t *revokes;   /* effects */
    uint32_t *ranks;     /* by place: index in revokes */
    uint32_t *trees;     /* the first gate of each slice's tree */
    uint32_t *inherited; /* by member: gate of the REVOKEs for its subtree and those above it */
    uint32_t *all;       /* by member: gate of all REVOKEs that are for it */
    struct cut *cuts;    /* by seat, then at */
    uint32_t cut_count;
    uint64_t *spared; /* (seat, rank) of REVOKEs that name the chain: by seat, descending rank */
    uint32_t spared_count;
    uint32_t *seat_cuts; /* by seat: its first cut; the last one: the end */
    uint32_t *seat_gate; /* gate of what cuts the whole of a chain, or MEMBERS_NONE */
    uint32_t *before;    /* the first gate of a chain's cuts: those up to the i-th are gate i, */
    uint32_t *behind;    /* those from the i-th on are gate (count - 1 - i) */
};

static void link(struct build *b, uint32_t from, uint32_t to)
{
    if (b->link_count == b->link_cap) {
        b->link_cap = b->link_cap == 0 ? 1024 : b->link_cap * 2;
        b->links = mem_resize(b->links, b->link_cap * sizeof *b->links);
    }
    b->links[b->link_count++] = (struct link){from, to};
    b->w->work++;
}

static void link_if(struct build *b, uint32_t from, uint32_t to)
{
    if (to != MEMBERS_NONE) {
        link(b, from, to);
    }
}

static uint32_t *array(uint32_t count, uint32_t value)
{
    uint32_t *a = mem_new_array((size_t)count + 1, sizeof *a);
    for (uint32_t i = 0; value != 0 && i <= count; i++) {
        a[i] = value;
    }
    return a;
}

/* Lay each chain's operations out so that those behind one, on whatever branch, are an interval. */
static void lay_out(struct build *b)
{
    const struct members *log = b->log;
    uint32_t count = b->w->op_count;
    uint32_t *next = array(count, 0); /* where the next branch behind an operation begins */
    uint32_t begin = 0;
    b->enter = array(count, 0);
    b->span = array(count, 1);
    for (uint32_t i = count; i-- > 0;) {
        if (log->ops[i]->previous != MEMBERS_NONE) {
            b->span[log->ops[i]->previous] += b->span[i];
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *at =
            log->ops[i]->previous != MEMBERS_NONE ? &next[log->ops[i]->previous] : &begin;
        b->enter[i] = *at;
        *at += b->span[i];
        next[i] = b->enter[i] + 1;
    }
    mem_free(next);
}

static void number_effects(struct build *b, const uint8_t *may_stand)
{
    struct members_waits *w = b->w;
    w->effects = array(w->op_count, MEMBERS_NONE);
    w->causes = array(w->op_count, 0);
    for (uint32_t i = 0; i < w->op_count; i++) {
        if (may_stand[i] != 0) {
            uint32_t effect = w->op_count + w->effect_count;
            w->effects[i] = effect;
            w->causes[w->effect_count++] = i;
            link(b, effect, i);
            for (uint32_t c = b->log->ops[i]->first_cosign; c != MEMBERS_NONE;
                 c = b->log->ops[c]->next) {
                link(b, effect, c);
            }
        }
    }
    w->node_count = w->op_count + w->effect_count;
}

/* --- REVOKEs by target --- */

/* The node at `i` of the tree over a slice of `count` (1 is the root, the leaves are from `count`
 * on). */
static uint32_t tree_node(const struct build *b, uint32_t slice, uint32_t i)
{
    uint32_t count = b->slices[slice + 1] - b->slices[slice];
    return i >= count ? b->revokes[b->slices[slice] + i - count]
                      : b->trees[slice] + (count - 1 - i);
}

/* Let `gate` wait for revokes[from .. end), all of one slice. */
static void link_range(struct build *b, uint32_t gate, uint32_t slice, uint32_t from, uint32_t end)
{
    uint32_t count = b->slices[slice + 1] - b->slices[slice];
    uint32_t low = from - b->slices[slice] + count;
    uint32_t high = end - b->slices[slice] + count;
    for (; low < high; low /= 2, high /= 2) {
        if (low % 2 == 1) {
            link(b, gate, tree_node(b, slice, low++));
        }
        if (high % 2 == 1) {
            link(b, gate, tree_node(b, slice, --high));
        }
    }
}

/* Is it for all chains of a member, its target? */
static bool is_for_all(const struct members_op *op)
{
    return op->kind == MEMBERS_MSG_REVOKE || op->is_whole;
}

static uint32_t slice_of(const struct members_op *revoke)
{
    return 2 * revoke->target + (revoke->is_subtree ? 0 : 1);
}

static void sort_revokes(struct build *b)
{
    const struct members_waits *w = b->w;
    uint32_t slice_count = 2 * b->log->member_count;
    b->slices = array(slice_count + 1, 0);
    b->revokes = array(w->effect_count, 0);
    b->ranks = array(w->op_count, MEMBERS_NONE);
    for (uint32_t i = 0; i < w->effect_count; i++) {
        const struct members_op *op = b->log->ops[w->causes[i]];
        if (is_for_all(op)) {
            b->slices[slice_of(op) + 2]++;
        }
    }
    for (uint32_t s = 2; s <= slice_count + 1; s++) {
        b->slices[s] += b->slices[s - 1];
    }
    for (uint32_t i = 0; i < w->effect_count; i++) { /* slices[s + 1] runs from begin to end */
        const struct members_op *op = b->log->ops[w->causes[i]];
        if (is_for_all(op)) {
            uint32_t rank = b->slices[slice_of(op) + 1]++;
            b->revokes[rank] = w->op_count + i;
            b->ranks[op->place] = rank;
        }
    }
}

/* Trees over the slices, then the gates of members: inviters come before those they invited. */
static void gate_members(struct build *b)
{
    uint32_t member_count = b->log->member_count;
    b->trees = array(2 * member_count, 0);
    b->inherited = array(member_count, MEMBERS_NONE);
    b->all = array(member_count, MEMBERS_NONE);
    for (uint32_t s = 0; s < 2 * member_count; s++) {
        uint32_t count = b->slices[s + 1] - b->slices[s];
        b->trees[s] = b->w->node_count;
        for (uint32_t i = count > 0 ? count - 1 : 0; i > 0; i--) {
            uint32_t gate = b->w->node_count++;
            link(b, gate, tree_node(b, s, 2 * i));
            link(b, gate, tree_node(b, s, 2 * i + 1));
        }
    }
    for (uint32_t m = 0; m < member_count; m++) {
        const uint32_t *slice = &b->slices[2 * (size_t)m];
        uint32_t above =
            m != MEMBERS_GENESIS ? b->inherited[b->log->members[m].inviter] : MEMBERS_NONE;
        b->inherited[m] = above;
        if (slice[0] < slice[1]) {
            b->inherited[m] = b->w->node_count++;
            link_range(b, b->inherited[m], 2 * m, slice[0], slice[1]);
            link_if(b, b->inherited[m], above);
        }
        b->all[m] = b->inherited[m];
        if (slice[1] < slice[2]) {
            b->all[m] = b->w->node_count++;
            link_range(b, b->all[m], 2 * m + 1, slice[1], slice[2]);
            link_if(b, b->all[m], b->inherited[m]);
        }
    }
}

/* --- cuts by chain --- */

static int by_seat(const void *a, const void *b)
{
    const struct cut *x = a;
    const struct cut *y = b;
    if (x->seat != y->seat) {
        return x->seat < y->seat ? -1 : 1;
    }
    return x->at < y->at ? -1 : x->at > y->at ? 1 : 0;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

static void name_cut(struct build *b, const struct members_op *op, const struct members_op *last)
{
    b->cuts[b->cut_count++] =
        (struct cut){last->seat, b->enter[last->place], b->w->effects[op->place]};
    if (is_for_all(op)) {
        b->spared[b->spared_count++] =
            (uint64_t)last->seat << 32 | (UINT32_MAX - b->ranks[op->place]);
    }
}

static void collect_cuts_of(struct build *b, const struct members_op *op)
{
    uint32_t effect = b->w->effects[op->place];
    if (op->kind == MEMBERS_MSG_SUCCEED || op->kind == MEMBERS_MSG_LEAVE) {
        name_cut(b, op, op); /* both are of the chain that they end */
    }
    if (op->kind == MEMBERS_MSG_REMOVE && op->cut_count == 0) {
        b->cuts[b->cut_count++] = (struct cut){op->target, WHOLE, effect};
    }
    for (uint32_t i = 0; i < op->cut_count; i++) {
        name_cut(b, op, b->log->ops[op->cuts[i]]);
    }
}

static void collect_cuts(struct build *b)
{
    const struct members_waits *w = b->w;
    size_t most = 0;
    for (uint32_t i = 0; i < w->effect_count; i++) {
        most += 1 + (size_t)b->log->ops[w->causes[i]]->cut_count;
    }
    b->cuts = mem_new_array(most + 1, sizeof *b->cuts);
    b->spared = mem_new_array(most + 1, sizeof *b->spared);
    for (uint32_t i = 0; i < w->effect_count; i++) {
        collect_cuts_of(b, b->log->ops[w->causes[i]]);
    }
    qsort(b->cuts, b->cut_count, sizeof *b->cuts, by_seat);
    qsort(b->spared, b->spared_count, sizeof *b->spared, by_number);
    b->seat_cuts = array(b->log->seat_count, 0);
    for (uint32_t i = 0; i < b->cut_count; i++) {
        b->seat_cuts[b->cuts[i].seat + 1]++;
    }
    for (uint32_t s = 0; s < b->log->seat_count; s++) {
        b->seat_cuts[s + 1] += b->seat_cuts[s];
    }
}

/* --- gates of chains --- */

static uint32_t rank_of(uint64_t spared)
{
    return UINT32_MAX - (uint32_t)spared;
}

/* Let `gate` wait for a slice but the ones in spared[*at .. end), which are taken off. */
static void link_slice(struct build *b, uint32_t gate, uint32_t slice, uint32_t *at, uint32_t end)
{
    uint32_t high = b->slices[slice + 1];
    while (*at < end && rank_of(b->spared[*at]) >= b->slices[slice]) {
        uint32_t rank = rank_of(b->spared[(*at)++]);
        link_range(b, gate, slice, rank + 1, high);
        high = rank;
    }
    link_range(b, gate, slice, b->slices[slice], high);
}

/* What cuts the whole of a chain: all REVOKEs that are for its member but those that name it,
 * spared[at .. end). Who is nearer to the founder has the lower place, so ranks descend. */
static uint32_t gate_whole(struct build *b, uint32_t seat, uint32_t at, uint32_t end)
{
    uint32_t m = b->log->seats[seat]->member;
    if (at == end) {
        return b->all[m];
    }
    uint32_t gate = b->w->node_count++;
    uint32_t before = b->link_count;
    link_slice(b, gate, 2 * m + 1, &at, end);
    while (at < end) {
        link_slice(b, gate, 2 * m, &at, end);
        b->w->work++;
        CHECK(at == end || m != MEMBERS_GENESIS);
        if (m == MEMBERS_GENESIS) {
            return b->link_count > before ? gate : MEMBERS_NONE;
        }
        m = b->log->members[m].inviter;
    }
    link_if(b, gate, b->inherited[m]);
    return b->link_count > before ? gate : MEMBERS_NONE;
}

/* The cuts that name a chain: a gate for those up to each, and one for those from each on. */
static void gate_cuts(struct build *b, uint32_t seat)
{
    uint32_t from = b->seat_cuts[seat];
    uint32_t count = b->seat_cuts[seat + 1] - from;
    b->before[seat] = b->w->node_count;
    b->behind[seat] = b->w->node_count + count;
    b->w->node_count += 2 * count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t gates[] = {b->before[seat] + i, b->behind[seat] + i};
        link(b, gates[0], b->cuts[from + i].effect);
        link(b, gates[1], b->cuts[from + count - 1 - i].effect);
        link_if(b, gates[0], i > 0 ? gates[0] - 1 : MEMBERS_NONE);
        link_if(b, gates[1], i > 0 ? gates[1] - 1 : MEMBERS_NONE);
    }
}

static void gate_seats(struct build *b)
{
    uint32_t seat_count = b->log->seat_count;
    uint32_t at = 0;
    b->seat_gate = array(seat_count, MEMBERS_NONE);
    b->before = array(seat_count, 0);
    b->behind = array(seat_count, 0);
    for (uint32_t seat = 0; seat < seat_count; seat++) {
        uint32_t end = at;
        while (end < b->spared_count && b->spared[end] >> 32 == seat) {
            end++;
        }
        b->seat_gate[seat] = gate_whole(b, seat, at, end);
        gate_cuts(b, seat);
        at = end;
    }
}

/* --- operations --- */

/* The first cut of a chain that does not end before `at`, counted from its first. */
static uint32_t first_cut(const struct build *b, uint32_t seat, uint32_t at)
{
    uint32_t low = b->seat_cuts[seat];
    uint32_t high = b->seat_cuts[seat + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (b->cuts[middle].at < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low - b->seat_cuts[seat];
}

static void link_ops(struct build *b)
{
    for (uint32_t i = 0; i < b->w->op_count; i++) {
        const struct members_op *op = b->log->ops[i];
        link_if(b, i, op->invitation);
        link_if(b, i, op->grant);
        link_if(b, i, op->join);
        if (op->seat == MEMBERS_NONE) {
            continue; /* nothing cuts the genesis */
        }
        uint32_t count = b->seat_cuts[op->seat + 1] - b->seat_cuts[op->seat];
        uint32_t before = first_cut(b, op->seat, b->enter[i]);
        uint32_t behind = first_cut(b, op->seat, b->enter[i] + b->span[i]);
        link_if(b, i, b->seat_gate[op->seat]);
        link_if(b, i, before > 0 ? b->before[op->seat] + before - 1 : MEMBERS_NONE);
        link_if(b, i, behind < count ? b->behind[op->seat] + count - 1 - behind : MEMBERS_NONE);
    }
}

/* --- the whole --- */

static void list(struct members_waits_lists *lists, const struct build *b, bool is_down)
{
    uint32_t count = b->w->node_count;
    lists->first = array(count + 1, 0);
    lists->items = array(b->link_count, 0);
    for (uint32_t i = 0; i < b->link_count; i++) {
        lists->first[(is_down ? b->links[i].from : b->links[i].to) + 2]++;
    }
    for (uint32_t i = 2; i <= count + 1; i++) {
        lists->first[i] += lists->first[i - 1];
    }
    for (uint32_t i = 0; i < b->link_count; i++) { /* first[node + 1] runs from begin to end */
        const struct link *l = &b->links[i];
        lists->items[lists->first[(is_down ? l->from : l->to) + 1]++] = is_down ? l->to : l->from;
    }
}

static void drop(struct build *b)
{
    mem_free(b->links);
    mem_free(b->enter);
    mem_free(b->span);
    mem_free(b->slices);
    mem_free(b->revokes);
    mem_free(b->ranks);
    mem_free(b->trees);
    mem_free(b->inherited);
    mem_free(b->all);
    mem_free(b->cuts);
    mem_free(b->spared);
    mem_free(b->seat_cuts);
    mem_free(b->seat_gate);
    mem_free(b->before);
    mem_free(b->behind);
}

void members_waits_init(struct members_waits *w, const struct members *log,
                        const uint8_t *may_stand)
{
    struct build b = {.w = w, .log = log};
    memset(w, 0, sizeof *w);
    w->op_count = log->op_count;
    lay_out(&b);
    number_effects(&b, may_stand);
    sort_revokes(&b);
    gate_members(&b);
    collect_cuts(&b);
    gate_seats(&b);
    link_ops(&b);
    list(&w->down, &b, true);
    list(&w->up, &b, false);
    drop(&b);
}

void members_waits_clear(struct members_waits *w)
{
    mem_free(w->effects);
    mem_free(w->causes);
    mem_free(w->down.first);
    mem_free(w->down.items);
    mem_free(w->up.first);
    mem_free(w->up.items);
    memset(w, 0, sizeof *w);
}
