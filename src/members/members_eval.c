/*
 * What counts. What an operation waits for is a graph (members_waits). What waits for nothing
 * undecided is decided, and its news told to what waits for it; where that comes to a halt,
 * revocations wait for each other in circles: knots. They are found once, by Tarjan's algorithm,
 * and taken in order, each behind those it waits for; in one, the strongest revocations stand, then
 * what follows from that is decided, and so on until nothing in it is left.
 *
 *   members_eval_run
 *     settle      decide what can be, and tell
 *     split       the undecided into knots
 *     untie       a knot: contest, then crown the strongest, settle, crown the next ...
 */
#include "members/members_eval.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "members/members_admit.h"
#include "members/members_signers.h"
#include "members/members_waits.h"

/* Of an operation: it counts, it is void. Of an effect: the revocation falls, it stands. Of a gate:
 * nothing behind it stands, something does. So BAD voids what waits for it in any case. */
enum state { OPEN, GOOD, BAD };

struct frame {
    uint32_t node;
    uint32_t at; /* the next of what it waits for */
};

struct solving {
    const struct members *log;
    struct members_waits waits;
    struct members_signers signers;
    uint8_t *states;   /* by node */
    uint32_t *pending; /* by node: how much of what it waits for is open */
    uint32_t *todo;    /* nodes decided and not told */
    uint32_t todo_count;
    /* Knots. */
    uint32_t *nodes; /* one behind the other */
    uint32_t *ends;  /* where each ends */
    uint32_t end_count;
    uint32_t *order;  /* by node: when it was met; 0 not yet */
    uint32_t *low;    /* by node: the earliest it leads to; MEMBERS_NONE once written. Later: the
                       * depth of the nearest who would void it */
    uint8_t *is_held; /* by node: met on the way from the strongest */
    uint32_t *stack;
    uint32_t *beside;                          /* by node: the next effect of the same strength */
    uint32_t *crowned;                         /* effects */
    uint32_t heads[MEMBERS_SIGNERS_STRENGTHS]; /* effects of a knot by strength */
    uint64_t ranks[MEMBERS_SIGNERS_STRENGTHS / 64]; /* bits: which of them are there */
    uint32_t knots;
    uint64_t work;
};

void members_eval_init(struct members_eval *e)
{
    memset(e, 0, sizeof *e);
}

static void drop(struct members_eval *e)
{
    mem_free(e->values);
    mem_free(e->effects);
    mem_free(e->revoked);
}

void members_eval_clear(struct members_eval *e)
{
    drop(e);
    memset(e, 0, sizeof *e);
}

static bool is_open(const struct solving *s, uint32_t node)
{
    return s->states[node] == OPEN;
}

/* --- deciding --- */

static void decide(struct solving *s, uint32_t node, enum state state)
{
    s->states[node] = (uint8_t)state;
    s->todo[s->todo_count++] = node;
}

/* Something that effect `node` waits for is decided: `about`, its revocation or a COSIGN of it. */
static void judge(struct solving *s, uint32_t node, uint32_t about)
{
    uint32_t r = members_waits_cause(&s->waits, node);
    if (about != r && s->states[about] == BAD) {
        members_signers_lose(&s->signers, about);
    } else if (about != r) {
        members_signers_gain(&s->signers, about);
    }
    if (!is_open(s, node)) {
        return;
    }
    if (s->states[r] == BAD || !members_signers_may(&s->signers, r)) {
        decide(s, node, GOOD);
    } else if (s->states[r] == GOOD && members_signers_must(&s->signers, r)) {
        decide(s, node, BAD);
    }
}

/* Tell what waits for it of each node decided, and decide what follows. */
static void settle(struct solving *s)
{
    const struct members_waits_lists *up = &s->waits.up;
    while (s->todo_count > 0) {
        uint32_t x = s->todo[--s->todo_count];
        s->work += 1 + up->first[x + 1] - up->first[x];
        for (uint32_t i = up->first[x]; i < up->first[x + 1]; i++) {
            uint32_t node = up->items[i];
            if (members_waits_is_effect(&s->waits, node)) {
                judge(s, node, x);
            } else if (is_open(s, node)) {
                s->pending[node]--;
                if (s->states[x] == BAD || s->pending[node] == 0) {
                    decide(s, node, (enum state)s->states[x]);
                }
            }
        }
    }
}

static void begin(struct solving *s)
{
    for (uint32_t node = 0; node < s->waits.node_count; node++) {
        s->pending[node] = s->waits.down.first[node + 1] - s->waits.down.first[node];
        if (s->pending[node] == 0) {
            decide(s, node, GOOD);
        }
    }
}

/* --- knots --- */

/* Write the knot whose first node is `node` behind those that are written. */
static void close_knot(struct solving *s, uint32_t node, uint32_t *stacked, uint32_t *written)
{
    uint32_t x = MEMBERS_NONE;
    do {
        x = s->stack[--*stacked];
        s->low[x] = MEMBERS_NONE;
        s->nodes[(*written)++] = x;
    } while (x != node);
    s->ends[s->end_count++] = *written;
}

/* Walk from `root` through all open that it waits for, and write the knots met. */
static void walk(struct solving *s, struct frame *frames, uint32_t root, uint32_t *met,
                 uint32_t *written)
{
    const struct members_waits_lists *down = &s->waits.down;
    uint32_t depth = 0;
    uint32_t stacked = 0;
    frames[0] = (struct frame){root, down->first[root]};
    s->stack[stacked++] = root;
    s->order[root] = s->low[root] = ++*met;
    for (;;) {
        struct frame *f = &frames[depth];
        if (f->at < down->first[f->node + 1]) {
            uint32_t x = down->items[f->at++];
            s->work++;
            if (is_open(s, x) && s->order[x] == 0) {
                s->order[x] = s->low[x] = ++*met;
                s->stack[stacked++] = x;
                frames[++depth] = (struct frame){x, down->first[x]};
            } else if (is_open(s, x) && s->low[x] != MEMBERS_NONE &&
                       s->order[x] < s->low[f->node]) {
                s->low[f->node] = s->order[x];
            }
            continue;
        }
        uint32_t low = s->low[f->node];
        if (low == s->order[f->node]) {
            close_knot(s, f->node, &stacked, written);
            low = MEMBERS_NONE;
        }
        if (depth == 0) {
            return;
        }
        uint32_t above = frames[--depth].node;
        s->low[above] = low < s->low[above] ? low : s->low[above];
    }
}

/* Order what is open by knots, each behind those that it waits for. */
static void split(struct solving *s)
{
    uint32_t met = 0;
    uint32_t written = 0;
    struct frame *frames = mem_new_array(s->waits.node_count, sizeof *frames);
    for (uint32_t node = 0; node < s->waits.node_count; node++) {
        if (is_open(s, node) && s->order[node] == 0) {
            walk(s, frames, node, &met, &written);
        }
        s->low[node] = MEMBERS_NONE;
    }
    mem_free(frames);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

/* The depth of the nearest who backs something open that voids `node`, if it is open. */
static void find_nearest(struct solving *s, uint32_t node)
{
    const struct members_waits_lists *down = &s->waits.down;
    uint32_t nearest = MEMBERS_NONE;
    if (!is_open(s, node)) {
        return;
    }
    if (members_waits_is_effect(&s->waits, node)) {
        s->low[node] = members_signers_depth(&s->signers, members_waits_cause(&s->waits, node));
        return;
    }
    for (uint32_t i = down->first[node]; i < down->first[node + 1]; i++) {
        uint32_t of = s->low[down->items[i]];
        nearest = is_open(s, down->items[i]) && of < nearest ? of : nearest;
    }
    s->work += down->first[node + 1] - down->first[node];
    s->low[node] = nearest;
}

/* Mark the signatures in a knot that somebody nearer to the founder would void there. Effects and
 * gates come first, then operations: each behind what it waits for, effects apart. */
static void contest(struct solving *s, uint32_t *nodes, uint32_t count)
{
    uint32_t ops = 0;
    qsort(nodes, count, sizeof *nodes, by_number);
    while (ops < count && members_waits_is_op(&s->waits, nodes[ops])) {
        ops++;
    }
    for (uint32_t i = ops; i < count; i++) {
        find_nearest(s, nodes[i]);
    }
    for (uint32_t i = 0; i < ops; i++) {
        find_nearest(s, nodes[i]);
    }
    for (uint32_t i = ops; i < count; i++) {
        if (is_open(s, nodes[i]) && members_waits_is_effect(&s->waits, nodes[i])) {
            members_signers_contest(&s->signers, members_waits_cause(&s->waits, nodes[i]), s->low);
        }
    }
}

/* Let `node` be looked at, if it is open and was not before. */
static void hold(struct solving *s, uint32_t node, uint32_t *held)
{
    if (is_open(s, node) && s->is_held[node] == 0) {
        s->is_held[node] = 1;
        s->stack[(*held)++] = node;
    }
}

static void hold_all(struct solving *s, uint32_t node, uint32_t *held)
{
    const struct members_waits_lists *down = &s->waits.down;
    s->work += 1 + down->first[node + 1] - down->first[node];
    for (uint32_t i = down->first[node]; i < down->first[node + 1]; i++) {
        hold(s, down->items[i], held);
    }
}

/* The strongest of a knot stand and count. What would void them, or what they rest on, falls: it is
 * found by what these wait for. */
static void crown(struct solving *s, uint32_t count)
{
    uint32_t held = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t r = members_waits_cause(&s->waits, s->crowned[i]);
        decide(s, s->crowned[i], BAD);
        if (is_open(s, r)) {
            decide(s, r, GOOD);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t r = members_waits_cause(&s->waits, s->crowned[i]);
        hold_all(s, r, &held);
        if (!s->log->ops[r]->is_alone) {
            hold_all(s, s->crowned[i], &held);
        }
    }
    for (uint32_t i = 0; i < held; i++) {
        if (!members_waits_is_effect(&s->waits, s->stack[i])) {
            hold_all(s, s->stack[i], &held);
        }
    }
    for (uint32_t i = 0; i < held; i++) {
        if (!members_waits_is_effect(&s->waits, s->stack[i])) {
            continue;
        }
        uint32_t r = members_waits_cause(&s->waits, s->stack[i]);
        decide(s, s->stack[i], GOOD);
        if (is_open(s, r)) {
            decide(s, r, BAD);
        }
    }
}

static void rank(struct solving *s, uint32_t effect)
{
    uint32_t r = members_waits_cause(&s->waits, effect);
    uint32_t strength = members_signers_strength(&s->signers, r);
    s->beside[effect] = s->heads[strength];
    s->heads[strength] = effect;
    s->ranks[strength / 64] |= UINT64_C(1) << strength % 64;
}

/* Take out the list of the strongest: MEMBERS_NONE when there is none. `*at` is their strength, or
 * what it was. */
static uint32_t take_strongest(struct solving *s, uint32_t *at)
{
    uint32_t i = MEMBERS_SIGNERS_STRENGTHS / 64;
    while (i > 0 && s->ranks[i - 1] == 0) {
        i--;
    }
    if (i == 0) {
        return MEMBERS_NONE;
    }
    uint64_t word = s->ranks[--i];
    *at = i * 64;
    for (uint32_t half = 32; half > 0; half /= 2) {
        if (word >> half != 0) {
            word >>= half;
            *at += half;
        }
    }
    uint32_t first = s->heads[*at];
    s->heads[*at] = MEMBERS_NONE;
    s->ranks[i] &= ~(UINT64_C(1) << *at % 64);
    s->work += 8;
    return first;
}

/* Decide a knot; all others that it waits for are decided. */
static void untie(struct solving *s, uint32_t *nodes, uint32_t count)
{
    contest(s, nodes, count);
    for (uint32_t i = 0; i < count; i++) {
        if (is_open(s, nodes[i]) && members_waits_is_effect(&s->waits, nodes[i])) {
            rank(s, nodes[i]);
        }
    }
    s->work += count;
    uint32_t strength = 0;
    uint32_t effect = MEMBERS_NONE;
    while ((effect = take_strongest(s, &strength)) != MEMBERS_NONE) {
        uint32_t crowned = 0;
        while (effect != MEMBERS_NONE) {
            uint32_t next = s->beside[effect];
            uint32_t r = members_waits_cause(&s->waits, effect);
            s->work++;
            if (is_open(s, effect) && members_signers_strength(&s->signers, r) < strength) {
                rank(s, effect); /* it has lost signers */
            } else if (is_open(s, effect)) {
                s->crowned[crowned++] = effect;
            }
            effect = next;
        }
        if (crowned > 0) {
            crown(s, crowned);
            settle(s);
        }
    }
}

/* Is there a revocation to be decided among these? */
static bool has_effect(const struct solving *s, const uint32_t *nodes, uint32_t count)
{
    uint32_t i = 0;
    while (i < count && !(is_open(s, nodes[i]) && members_waits_is_effect(&s->waits, nodes[i]))) {
        i++;
    }
    return i < count;
}

static void untie_all(struct solving *s)
{
    uint32_t from = 0;
    for (uint32_t i = 0; i < s->end_count; i++) {
        if (has_effect(s, s->nodes + from, s->ends[i] - from)) {
            s->knots++;
            untie(s, s->nodes + from, s->ends[i] - from);
        }
        from = s->ends[i];
    }
}

/* --- the whole --- */

static void make_room(struct solving *s)
{
    size_t n = s->waits.node_count;
    s->states = mem_new(n);
    s->is_held = mem_new(n);
    s->pending = mem_new_array(n, sizeof *s->pending);
    s->todo = mem_new_array(n, sizeof *s->todo);
    s->nodes = mem_new_array(n, sizeof *s->nodes);
    s->ends = mem_new_array(n, sizeof *s->ends);
    s->order = mem_new_array(n, sizeof *s->order);
    s->low = mem_new_array(n, sizeof *s->low);
    s->stack = mem_new_array(n, sizeof *s->stack);
    s->beside = mem_new_array(n, sizeof *s->beside);
    s->crowned = mem_new_array((size_t)s->waits.effect_count + 1, sizeof *s->crowned);
    for (uint32_t i = 0; i < MEMBERS_SIGNERS_STRENGTHS; i++) {
        s->heads[i] = MEMBERS_NONE;
    }
}

static void drop_room(struct solving *s)
{
    mem_free(s->states);
    mem_free(s->is_held);
    mem_free(s->pending);
    mem_free(s->todo);
    mem_free(s->nodes);
    mem_free(s->ends);
    mem_free(s->order);
    mem_free(s->low);
    mem_free(s->stack);
    mem_free(s->beside);
    mem_free(s->crowned);
    members_waits_clear(&s->waits);
    members_signers_clear(&s->signers);
}

/* Who is revoked; inviters come before those they invited. */
static void read_revoked(struct members_eval *e, const struct members *log)
{
    uint8_t *subtree = mem_new(e->member_count);
    for (uint32_t i = 0; i < e->count; i++) {
        const struct members_op *op = log->ops[i];
        if (op->kind == MEMBERS_MSG_REVOKE && e->effects[i] == MEMBERS_EVAL_STANDS) {
            e->revoked[op->target] = 1;
            subtree[op->target] |= op->is_subtree ? 1 : 0;
        }
    }
    for (uint32_t m = 1; m < e->member_count; m++) {
        subtree[m] |= subtree[log->members[m].inviter];
        e->revoked[m] |= subtree[m];
    }
    mem_free(subtree);
}

static void read_off(struct members_eval *e, const struct solving *s)
{
    for (uint32_t i = 0; i < e->count; i++) {
        uint32_t effect = s->waits.effects[i];
        CHECK(!is_open(s, i) && (effect == MEMBERS_NONE || !is_open(s, effect)));
        e->values[i] = s->states[i] == GOOD ? MEMBERS_EVAL_COUNTS : MEMBERS_EVAL_VOID;
        if (members_admit_is_revocation(s->log->ops[i]->kind)) {
            bool stands = effect != MEMBERS_NONE && s->states[effect] == BAD;
            e->effects[i] = stands ? MEMBERS_EVAL_STANDS : MEMBERS_EVAL_FALLS;
        }
    }
    read_revoked(e, s->log);
    e->knots = s->knots;
    e->work = s->work + s->waits.work + s->signers.work;
}

void members_eval_run(struct members_eval *e, const struct members *log)
{
    struct solving s;
    memset(&s, 0, sizeof s);
    s.log = log;
    drop(e);
    e->count = log->op_count;
    e->member_count = log->member_count;
    e->values = mem_new(e->count);
    e->effects = mem_new(e->count);
    e->revoked = mem_new(e->member_count);
    members_signers_init(&s.signers, log);
    for (uint32_t i = 0; i < e->count; i++) { /* room for a moment */
        e->values[i] =
            members_admit_is_revocation(log->ops[i]->kind) && members_signers_may(&s.signers, i);
    }
    members_waits_init(&s.waits, log, e->values);
    make_room(&s);
    begin(&s);
    settle(&s);
    split(&s);
    untie_all(&s);
    read_off(e, &s);
    drop_room(&s);
}

bool members_eval_counts(const struct members_eval *e, uint32_t place)
{
    return place < e->count && e->values[place] == MEMBERS_EVAL_COUNTS;
}

bool members_eval_stands(const struct members_eval *e, uint32_t place)
{
    return place < e->count && e->effects[place] == MEMBERS_EVAL_STANDS;
}

bool members_eval_is_revoked(const struct members_eval *e, uint32_t member)
{
    return member < e->member_count && e->revoked[member] != 0;
}
