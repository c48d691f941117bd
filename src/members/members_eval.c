/*
 * What counts. Operations wait for each other: for what they rest on, and for revocations that
 * would cut them. The graph is split into strongly connected components (Tarjan's algorithm, with a
 * stack of its own); one operation alone is decided by the rules, a knot of several by the strength
 * of the revocations in it, after which what is left of it is split again.
 *
 *   members_eval_run
 *     prepare   ways through chains as intervals
 *     solve     parts of `nodes` on a stack: split, decide, or pull a knot apart
 */
#include "members/members_eval.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "members/members_admit.h"

/* Where a walk through all that an operation waits for has got to. */
struct cursor {
    uint32_t phase;
    uint32_t at;     /* in a list */
    uint32_t member; /* whose list: its own, or of one that it is under */
};
enum { PHASE_COSIGNS = 3, PHASE_CHAIN = 4, PHASE_MEMBER = 5, PHASE_END = 6 };

struct members_eval_step {
    uint32_t node;
    struct cursor cursor;
};

/* A part of `nodes` whose components are known and are worked through from `at` on. */
struct part {
    uint32_t from;
    uint32_t end;
};

struct parts {
    struct part *items;
    uint32_t count;
    uint32_t cap;
};

struct strength {
    bool is_pair;
    uint32_t depth;
};

void members_eval_init(struct members_eval *e)
{
    memset(e, 0, sizeof *e);
}

void members_eval_clear(struct members_eval *e)
{
    mem_free(e->values);
    mem_free(e->effects);
    mem_free(e->enter);
    mem_free(e->span);
    memset(e, 0, sizeof *e);
}

/* --- cuts --- */

static bool is_on_way(const struct members_eval *e, uint32_t o, uint32_t last)
{
    return e->enter[last] - e->enter[o] < e->span[o];
}

bool members_eval_cuts(const struct members_eval *e, uint32_t r, uint32_t o)
{
    const struct members_op *by = e->log->ops[r];
    uint32_t seat = e->log->ops[o]->seat;
    if (by->kind == MEMBERS_MSG_SUCCEED) {
        return !is_on_way(e, o, r);
    }
    uint32_t low = 0;
    uint32_t high = by->cut_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (e->log->ops[by->cuts[middle]]->seat < seat) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_named = low < by->cut_count && e->log->ops[by->cuts[low]]->seat == seat;
    return !is_named || !is_on_way(e, o, by->cuts[low]);
}

uint32_t members_eval_next_revoke(const struct members *log, uint32_t member, uint32_t *at,
                                  uint32_t r)
{
    if (r == MEMBERS_NONE) {
        *at = member;
        r = log->members[member].first_revoke;
    } else {
        r = log->ops[r]->next;
    }
    for (;;) {
        while (r != MEMBERS_NONE && *at != member && !log->ops[r]->is_subtree) {
            r = log->ops[r]->next;
        }
        if (r != MEMBERS_NONE || *at == MEMBERS_GENESIS || log->subtree_count == 0) {
            return r;
        }
        *at = log->members[*at].inviter;
        r = log->members[*at].has_subtree ? log->members[*at].first_revoke : MEMBERS_NONE;
    }
}

/* --- what an operation waits for --- */

/* The next revocation that is for the chain of `o`, whether it cuts `o` or not. */
static uint32_t next_cutter(const struct members *log, const struct members_op *o, struct cursor *c)
{
    if (o->seat == MEMBERS_NONE) {
        return MEMBERS_NONE; /* nothing is for the genesis */
    }
    if (c->phase == PHASE_CHAIN) {
        c->at = c->at == MEMBERS_NONE ? log->seats[o->seat]->first_cutter : log->ops[c->at]->next;
        if (c->at != MEMBERS_NONE) {
            return c->at;
        }
        c->phase = PHASE_MEMBER;
    }
    if (c->phase == PHASE_MEMBER) {
        c->at = members_eval_next_revoke(log, o->member, &c->member, c->at);
        if (c->at != MEMBERS_NONE) {
            return c->at;
        }
        c->phase = PHASE_END;
    }
    return MEMBERS_NONE;
}

static const struct cursor cutters = {.phase = PHASE_CHAIN, .at = MEMBERS_NONE};
static const struct cursor everything = {.phase = 0, .at = MEMBERS_NONE};

static uint32_t rests_on(const struct members_op *o, uint32_t i)
{
    return i == 0 ? o->invitation : i == 1 ? o->grant : o->join;
}

/* The next operation that `node` waits for, decided or not; MEMBERS_NONE behind the last. */
static uint32_t next_awaited(const struct members_eval *e, uint32_t node, struct cursor *c)
{
    const struct members_op *o = e->log->ops[node];
    while (c->phase < PHASE_COSIGNS) {
        uint32_t found = rests_on(o, c->phase++);
        if (found != MEMBERS_NONE) {
            return found;
        }
    }
    if (c->phase == PHASE_COSIGNS) {
        c->at = c->at == MEMBERS_NONE ? o->first_cosign : e->log->ops[c->at]->next;
        if (c->at != MEMBERS_NONE) {
            return c->at;
        }
        c->phase = PHASE_CHAIN;
    }
    for (;;) {
        uint32_t r = next_cutter(e->log, o, c);
        if (r == MEMBERS_NONE ||
            (e->effects[r] == MEMBERS_EVAL_UNKNOWN && members_eval_cuts(e, r, node))) {
            return r;
        }
    }
}

/* --- signers --- */

/* Which signers of a revocation could be one of a pair, and whether two are. The first one's branch
 * and root are kept: two are a pair when one differs from it in both, or one in the branch alone
 * and another in the root alone. */
struct pairing {
    bool has_first;
    bool has_same_branch; /* with another root */
    bool has_same_root;   /* of another branch */
    bool is_pair;
    uint32_t branch;
    const uint8_t *root;
    uint32_t depth; /* the least */
};

static void add_signer(struct pairing *p, const struct members *log, uint32_t member,
                       uint32_t target)
{
    const struct members_member *m = &log->members[member];
    if (member == target || (target != MEMBERS_GENESIS && members_is_under(log, member, target))) {
        return;
    }
    if (!p->has_first) {
        p->has_first = true;
        p->branch = m->branch;
        p->root = m->root;
        p->depth = m->depth;
        return;
    }
    bool is_same_root =
        span_is_equal(span_of(p->root, sizeof m->root), span_of(m->root, sizeof m->root));
    bool is_same_branch = p->branch == m->branch;
    p->has_same_branch = p->has_same_branch || (is_same_branch && !is_same_root);
    p->has_same_root = p->has_same_root || (!is_same_branch && is_same_root);
    p->is_pair = p->is_pair || (!is_same_branch && !is_same_root) ||
                 (p->has_same_branch && p->has_same_root);
    p->depth = m->depth < p->depth ? m->depth : p->depth;
}

static struct pairing pairing_of(const struct members_eval *e, uint32_t r)
{
    const struct members *log = e->log;
    const struct members_op *op = log->ops[r];
    uint32_t target = op->kind == MEMBERS_MSG_REVOKE ? op->target : op->member;
    struct pairing p = {.has_first = false};
    add_signer(&p, log, op->member, target);
    for (uint32_t c = op->first_cosign; c != MEMBERS_NONE; c = log->ops[c]->next) {
        if (e->values[c] != MEMBERS_EVAL_VOID) {
            add_signer(&p, log, log->ops[c]->member, target);
        }
    }
    return p;
}

/* Could it stand, as far as signers go? */
static bool is_signed_enough(const struct members_eval *e, uint32_t r)
{
    return e->log->ops[r]->is_alone ||
           (e->log->ops[r]->first_cosign != MEMBERS_NONE && pairing_of(e, r).is_pair);
}

static struct strength strength_of(const struct members_eval *e, uint32_t r)
{
    const struct members_op *op = e->log->ops[r];
    struct strength s = {.is_pair = false, .depth = e->log->members[op->member].depth};
    if (op->first_cosign != MEMBERS_NONE) {
        struct pairing p = pairing_of(e, r);
        s.is_pair = p.is_pair;
        s.depth = p.is_pair ? p.depth : s.depth;
    }
    return s;
}

/* Positive when a is stronger than b. */
static int compare(struct strength a, struct strength b)
{
    if (a.is_pair != b.is_pair) {
        return a.is_pair ? 1 : -1;
    }
    return a.depth == b.depth ? 0 : a.depth < b.depth ? 1 : -1;
}

/* --- deciding --- */

/* Is it void by what is decided already, whatever becomes of the rest? */
static bool is_void(const struct members_eval *e, uint32_t node)
{
    const struct members_op *o = e->log->ops[node];
    for (uint32_t i = 0; i < PHASE_COSIGNS; i++) {
        uint32_t x = rests_on(o, i);
        if (x != MEMBERS_NONE && e->values[x] == MEMBERS_EVAL_VOID) {
            return true;
        }
    }
    struct cursor c = cutters;
    for (;;) {
        uint32_t r = next_cutter(e->log, o, &c);
        if (r == MEMBERS_NONE) {
            return false;
        }
        if (e->effects[r] == MEMBERS_EVAL_STANDS && members_eval_cuts(e, r, node)) {
            return true;
        }
    }
}

/* All that it waits for is decided. */
static void decide(struct members_eval *e, uint32_t node)
{
    bool counts = !is_void(e, node);
    e->values[node] = counts ? MEMBERS_EVAL_COUNTS : MEMBERS_EVAL_VOID;
    if (e->effects[node] == MEMBERS_EVAL_UNKNOWN) {
        bool stands = counts && is_signed_enough(e, node);
        e->effects[node] = stands ? MEMBERS_EVAL_STANDS : MEMBERS_EVAL_FALLS;
    }
}

static int by_place(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

/* Step 1 of a knot: what cannot count, what cannot stand. True when that decided anything. */
static bool settle(struct members_eval *e, uint32_t from, uint32_t end)
{
    bool is_changed = false;
    qsort(e->nodes + from, end - from, sizeof *e->nodes, by_place); /* what is rested on first */
    for (uint32_t i = from; i < end; i++) {
        uint32_t node = e->nodes[i];
        if (is_void(e, node)) {
            e->values[node] = MEMBERS_EVAL_VOID;
            e->effects[node] = MEMBERS_EVAL_FALLS;
            is_changed = true;
        }
    }
    for (uint32_t i = from; i < end; i++) {
        uint32_t node = e->nodes[i];
        if (e->effects[node] == MEMBERS_EVAL_UNKNOWN && !is_signed_enough(e, node)) {
            e->effects[node] = MEMBERS_EVAL_FALLS;
            is_changed = true;
        }
    }
    return is_changed;
}

/* Put `node` on the list of what the strongest rest on, if it belongs to the knot under work and is
 * not there yet. `low` marks those that are. */
static void hold(struct members_eval *e, uint32_t node, uint32_t piece, uint32_t *count)
{
    if (node != MEMBERS_NONE && e->piece[node] == piece && e->low[node] != UINT32_MAX) {
        e->low[node] = UINT32_MAX;
        e->stack[(*count)++] = node;
    }
}

/* Step 2 of a knot: the strongest stand, what cuts them or what they rest on is void. */
static void crown(struct members_eval *e, uint32_t from, uint32_t end, uint32_t piece)
{
    struct strength best = {.is_pair = false, .depth = UINT32_MAX};
    uint32_t held = 0;
    for (uint32_t i = from; i < end; i++) {
        e->low[e->nodes[i]] = 0;
        if (e->effects[e->nodes[i]] == MEMBERS_EVAL_UNKNOWN) {
            struct strength s = strength_of(e, e->nodes[i]);
            best = compare(s, best) > 0 ? s : best;
        }
    }
    uint32_t crowned = 0; /* they are moved to the front */
    for (uint32_t i = from; i < end; i++) {
        uint32_t node = e->nodes[i];
        if (e->effects[node] == MEMBERS_EVAL_UNKNOWN && compare(strength_of(e, node), best) == 0) {
            e->nodes[i] = e->nodes[from + crowned];
            e->nodes[from + crowned++] = node;
            hold(e, node, piece, &held);
        }
    }
    for (uint32_t i = 0; i < held; i++) {
        const struct members_op *o = e->log->ops[e->stack[i]];
        for (uint32_t k = 0; k < PHASE_COSIGNS; k++) {
            hold(e, rests_on(o, k), piece, &held);
        }
        bool needs_cosigns = e->effects[o->place] == MEMBERS_EVAL_UNKNOWN && !o->is_alone;
        for (uint32_t c = o->first_cosign; needs_cosigns && c != MEMBERS_NONE;
             c = e->log->ops[c]->next) {
            hold(e, c, piece, &held);
        }
    }
    for (uint32_t i = from; i < from + crowned; i++) {
        e->values[e->nodes[i]] = MEMBERS_EVAL_COUNTS;
        e->effects[e->nodes[i]] = MEMBERS_EVAL_STANDS;
    }
    for (uint32_t i = 0; i < held; i++) {
        struct cursor c = cutters;
        uint32_t r = MEMBERS_NONE;
        while ((r = next_cutter(e->log, e->log->ops[e->stack[i]], &c)) != MEMBERS_NONE) {
            if (e->piece[r] == piece && e->effects[r] == MEMBERS_EVAL_UNKNOWN &&
                members_eval_cuts(e, r, e->stack[i])) {
                e->values[r] = MEMBERS_EVAL_VOID;
                e->effects[r] = MEMBERS_EVAL_FALLS;
            }
        }
    }
}

/* --- components --- */

/* Pop the component whose root is `node` from the stack to the end of what is written. */
static void close_component(struct members_eval *e, uint32_t node, uint32_t *stacked,
                            uint32_t *written)
{
    uint32_t x = MEMBERS_NONE;
    do {
        x = e->stack[--*stacked];
        e->low[x] = UINT32_MAX; /* off the stack */
        e->ends[*written] = 0;
        e->nodes[(*written)++] = x;
    } while (x != node);
    e->ends[*written - 1] = 1;
}

/* Walk from `root` and write the components found, each behind those that it waits for. */
static void walk(struct members_eval *e, uint32_t root, uint32_t piece, uint32_t *numbered,
                 uint32_t *written)
{
    uint32_t depth = 0;
    uint32_t stacked = 0;
    e->steps[0] = (struct members_eval_step){root, everything};
    e->order[root] = e->low[root] = ++*numbered;
    e->stack[stacked++] = root;
    for (;;) {
        struct members_eval_step *s = &e->steps[depth];
        uint32_t node = s->node;
        uint32_t x = next_awaited(e, node, &s->cursor);
        if (x != MEMBERS_NONE) {
            if (e->piece[x] != piece || e->values[x] != MEMBERS_EVAL_OPEN) {
                continue;
            }
            if (e->order[x] == 0) {
                e->order[x] = e->low[x] = ++*numbered;
                e->stack[stacked++] = x;
                e->steps[++depth] = (struct members_eval_step){x, everything};
            } else if (e->low[x] != UINT32_MAX && e->order[x] < e->low[node]) {
                e->low[node] = e->order[x];
            }
            continue;
        }
        uint32_t low = e->low[node];
        if (low == e->order[node]) {
            close_component(e, node, &stacked, written);
        }
        if (depth == 0) {
            return;
        }
        uint32_t above = e->steps[--depth].node;
        if (e->low[node] != UINT32_MAX && low < e->low[above]) {
            e->low[above] = low;
        }
    }
}

/* Order nodes[from..end), all open, by components, and mark their ends. */
static void split(struct members_eval *e, uint32_t from, uint32_t end)
{
    uint32_t numbered = 0;
    uint32_t written = from;
    uint32_t piece = ++e->piece_last;
    uint32_t *roots = mem_new_array(end - from, sizeof *roots);
    memcpy(roots, e->nodes + from, (end - from) * sizeof *roots);
    for (uint32_t i = from; i < end; i++) {
        e->piece[e->nodes[i]] = piece;
        e->order[e->nodes[i]] = 0;
    }
    for (uint32_t i = 0; i < end - from; i++) {
        if (e->order[roots[i]] == 0) {
            walk(e, roots[i], piece, &numbered, &written);
        }
    }
    CHECK(written == end);
    mem_free(roots);
}

static void push(struct parts *p, uint32_t from, uint32_t end)
{
    if (p->count == p->cap) {
        p->cap = p->cap == 0 ? 16 : p->cap * 2;
        p->items = mem_resize(p->items, p->cap * sizeof *p->items);
    }
    p->items[p->count++] = (struct part){from, end};
}

/* Decide some of a knot. Returns where those that are still open begin: the others are before. */
static uint32_t loosen(struct members_eval *e, uint32_t from, uint32_t end)
{
    e->knots++;
    if (!settle(e, from, end)) {
        uint32_t piece = ++e->piece_last;
        for (uint32_t i = from; i < end; i++) {
            e->piece[e->nodes[i]] = piece;
        }
        crown(e, from, end, piece);
    }
    uint32_t open = end;
    for (uint32_t i = end; i-- > from;) {
        uint32_t node = e->nodes[i];
        if (e->values[node] == MEMBERS_EVAL_OPEN) {
            e->nodes[i] = e->nodes[--open];
            e->nodes[open] = node;
        }
    }
    return open;
}

static void solve(struct members_eval *e)
{
    struct parts parts = {NULL, 0, 0};
    split(e, 0, e->count);
    push(&parts, 0, e->count);
    while (parts.count > 0) {
        struct part *p = &parts.items[parts.count - 1];
        if (p->from == p->end) {
            parts.count--;
            continue;
        }
        uint32_t from = p->from;
        uint32_t end = from + 1;
        while (e->ends[end - 1] == 0) {
            end++;
        }
        p->from = end;
        if (end - from == 1) {
            decide(e, e->nodes[from]);
            continue;
        }
        uint32_t open = loosen(e, from, end);
        if (open < end) {
            split(e, open, end);
            push(&parts, open, end);
        }
    }
    mem_free(parts.items);
}

/* --- the whole --- */

/* Lay each chain's operations out so that those behind one, on whatever branch, are an interval. */
static void lay_out(struct members_eval *e)
{
    const struct members *log = e->log;
    uint32_t *next = e->order; /* where the next branch behind an operation begins */
    uint32_t begin = 0;
    for (uint32_t i = 0; i < e->count; i++) {
        e->span[i] = 1;
    }
    for (uint32_t i = e->count; i-- > 0;) {
        if (log->ops[i]->previous != MEMBERS_NONE) {
            e->span[log->ops[i]->previous] += e->span[i];
        }
    }
    for (uint32_t i = 0; i < e->count; i++) {
        uint32_t *at =
            log->ops[i]->previous != MEMBERS_NONE ? &next[log->ops[i]->previous] : &begin;
        e->enter[i] = *at;
        *at += e->span[i];
        next[i] = e->enter[i] + 1;
    }
}

static void make_room(struct members_eval *e)
{
    size_t n = e->count;
    mem_free(e->values);
    mem_free(e->effects);
    mem_free(e->enter);
    mem_free(e->span);
    e->values = mem_new(n);
    e->effects = mem_new(n);
    e->enter = mem_new_array(n, sizeof *e->enter);
    e->span = mem_new_array(n, sizeof *e->span);
    e->nodes = mem_new_array(n, sizeof *e->nodes);
    e->ends = mem_new(n);
    e->order = mem_new_array(n, sizeof *e->order);
    e->low = mem_new_array(n, sizeof *e->low);
    e->piece = mem_new_array(n, sizeof *e->piece);
    e->stack = mem_new_array(n, sizeof *e->stack);
    e->steps = mem_new_array(n, sizeof *e->steps);
}

static void drop_room(struct members_eval *e)
{
    mem_free(e->nodes);
    mem_free(e->ends);
    mem_free(e->order);
    mem_free(e->low);
    mem_free(e->piece);
    mem_free(e->stack);
    mem_free(e->steps);
    e->nodes = NULL;
    e->ends = NULL;
    e->order = NULL;
    e->low = NULL;
    e->piece = NULL;
    e->stack = NULL;
    e->steps = NULL;
}

void members_eval_run(struct members_eval *e, const struct members *log)
{
    e->log = log;
    e->count = log->op_count;
    e->piece_last = 0;
    e->knots = 0;
    make_room(e);
    lay_out(e);
    for (uint32_t i = 0; i < e->count; i++) {
        e->nodes[i] = i;
        e->effects[i] = members_admit_is_revocation(log->ops[i]->kind) ? MEMBERS_EVAL_UNKNOWN
                                                                       : MEMBERS_EVAL_FALLS;
    }
    solve(e);
    drop_room(e);
}

bool members_eval_counts(const struct members_eval *e, uint32_t place)
{
    return place < e->count && e->values[place] == MEMBERS_EVAL_COUNTS;
}

bool members_eval_stands(const struct members_eval *e, uint32_t place)
{
    return place < e->count && e->effects[place] == MEMBERS_EVAL_STANDS;
}
