/*
 * Who belongs: reads off what counts and what stands who is a member, by which root and devices.
 */
#include "members/members_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "members/members_admit.h"

static const char label_state[] = "wavu members state 1";

/* A thing with a name of 32 bytes, to be sorted by it. */
struct sorted {
    const uint8_t *name;
    uint32_t place;
};

void members_state_init(struct members_state *s)
{
    memset(s, 0, sizeof *s);
    members_eval_init(&s->eval);
}

static void drop(struct members_state *s)
{
    mem_free(s->members);
    mem_free(s->devices);
    mem_free(s->by_key);
    mem_free(s->leaves);
    mem_free(s->lasts);
    s->leaves = NULL;
    s->lasts = NULL;
    s->members = NULL;
    s->devices = NULL;
    s->by_key = NULL;
}

void members_state_clear(struct members_state *s)
{
    members_eval_clear(&s->eval);
    drop(s);
    memset(s, 0, sizeof *s);
}

static int by_name(const void *a, const void *b)
{
    const struct sorted *x = a;
    const struct sorted *y = b;
    int order = span_compare(span_of(x->name, MEMBERS_MSG_KEY_SIZE),
                             span_of(y->name, MEMBERS_MSG_KEY_SIZE));
    return order != 0 ? order : x->place < y->place ? -1 : x->place > y->place ? 1 : 0;
}

static void sort_seats(struct members_state *s)
{
    struct sorted *all = mem_new_array(s->seat_count, sizeof *all);
    s->by_key = mem_new_array(s->seat_count, sizeof *s->by_key);
    for (uint32_t i = 0; i < s->seat_count; i++) {
        all[i] = (struct sorted){members_seat_key(s->log, i), i};
    }
    qsort(all, s->seat_count, sizeof *all, by_name);
    for (uint32_t i = 0; i < s->seat_count; i++) {
        s->by_key[i] = all[i].place;
    }
    mem_free(all);
}

/* The first revocation of one kind that stands in the list of a seat, from `r` on. */
static uint32_t standing(const struct members_state *s, uint32_t r, uint32_t kind)
{
    while (r != MEMBERS_NONE &&
           (s->log->ops[r]->kind != kind || !members_eval_stands(&s->eval, r))) {
        r = s->log->ops[r]->next;
    }
    return r;
}

/* Follow the successions that stand. */
static uint32_t root_of(const struct members_state *s, uint32_t member)
{
    const struct members *log = s->log;
    uint32_t seat = members_seat_of(log, member, log->members[member].root);
    for (int i = 0; i <= MEMBERS_ROOTS_MAX; i++) {
        uint32_t r = standing(s, log->seats[seat]->first_cutter, MEMBERS_MSG_SUCCEED);
        if (r == MEMBERS_NONE) {
            return seat;
        }
        if (standing(s, log->ops[r]->next, MEMBERS_MSG_SUCCEED) != MEMBERS_NONE) {
            return MEMBERS_NONE;
        }
        seat = log->ops[r]->made;
    }
    return MEMBERS_NONE;
}

/* Does it need a newer program? */
static bool freezes(const struct members_op *op)
{
    return op->kind == MEMBERS_ADMIT_KIND_UNKNOWN && op->is_critical;
}

/* May what that member signs freeze the network? Also who left, as what it said stands. Not who was
 * only invited, whatever the root signs; nor, where whoever asks is a member, anybody but the
 * founder. */
static bool may_freeze(const struct members_state *s, uint32_t member)
{
    return s->members[member].has_joined &&
           (s->log->policy != MEMBERS_MSG_OPEN || member == MEMBERS_GENESIS);
}

/* Does an operation that needs a newer program count, of somebody who may freeze? */
static bool is_frozen(const struct members_state *s)
{
    for (uint32_t i = 0; i < s->log->op_count; i++) {
        const struct members_op *op = s->log->ops[i];
        if (freezes(op) && may_freeze(s, op->member) && members_eval_counts(&s->eval, i)) {
            return true;
        }
    }
    return false;
}

static void judge_members(struct members_state *s)
{
    const struct members *log = s->log;
    s->members = mem_new_array(s->member_count, sizeof *s->members);
    s->members[MEMBERS_GENESIS].status = MEMBERS_STATE_BELONGS; /* the founder need not join */
    s->members[MEMBERS_GENESIS].has_joined = true;
    for (uint32_t i = 0; i < log->op_count; i++) {
        const struct members_op *op = log->ops[i];
        if (!members_eval_counts(&s->eval, i)) {
            continue;
        }
        struct members_state_member *m = &s->members[op->member];
        if (op->kind == MEMBERS_MSG_INVITE) {
            s->members[op->made].status = MEMBERS_STATE_INVITED;
        } else if (op->kind == MEMBERS_MSG_JOIN) {
            m->status = m->status == MEMBERS_STATE_INVITED ? MEMBERS_STATE_BELONGS : m->status;
            m->has_joined = true;
        } else if (op->kind == MEMBERS_MSG_LEAVE && m->status != MEMBERS_STATE_VOID) {
            m->status = MEMBERS_STATE_LEFT; /* its JOIN stands before it in the log */
        }
    }
    s->is_frozen = is_frozen(s); /* before revocations are looked at: what they honour freezes */
    for (uint32_t i = 0; i < s->member_count; i++) {
        struct members_state_member *m = &s->members[i];
        m->root = root_of(s, i);
        if (m->status == MEMBERS_STATE_VOID) {
            continue;
        }
        if (m->status == MEMBERS_STATE_BELONGS && m->root == MEMBERS_NONE) {
            m->status = MEMBERS_STATE_LOST;
        }
        m->status = members_eval_is_revoked(&s->eval, i) ? MEMBERS_STATE_REVOKED : m->status;
    }
}

/* Of two operations (the first may be none) the one of the lower id. */
static uint32_t lower(const struct members *log, uint32_t a, uint32_t b)
{
    if (a == MEMBERS_NONE) {
        return b;
    }
    int order = span_compare(span_of(log->ops[a]->id, MEMBERS_MSG_ID_SIZE),
                             span_of(log->ops[b]->id, MEMBERS_MSG_ID_SIZE));
    return order <= 0 ? a : b;
}

/* Every seat by itself: whether it was made a device, and still is one. */
static void judge_devices(struct members_state *s)
{
    const struct members *log = s->log;
    s->devices = mem_new(s->seat_count);
    s->leaves = mem_new_array(s->seat_count, sizeof *s->leaves);
    for (uint32_t i = 0; i < s->seat_count; i++) {
        s->leaves[i] = MEMBERS_NONE;
    }
    for (uint32_t i = 0; i < log->op_count; i++) {
        if (log->ops[i]->kind == MEMBERS_MSG_DEVICE && members_eval_counts(&s->eval, i)) {
            uint32_t seat = log->ops[i]->made;
            s->devices[seat] = MEMBERS_STATE_LIVE;
            s->leaves[seat] =
                log->ops[i]->leaf != NULL ? lower(log, s->leaves[seat], i) : s->leaves[seat];
        }
    }
    for (uint32_t i = 0; i < s->seat_count; i++) {
        const struct members_seat *seat = log->seats[i];
        if (s->devices[i] != MEMBERS_STATE_LIVE) {
            continue;
        }
        if (s->members[seat->member].status != MEMBERS_STATE_BELONGS) {
            s->devices[i] = MEMBERS_STATE_ORPHAN;
        } else if (standing(s, seat->first_cutter, MEMBERS_MSG_REMOVE) != MEMBERS_NONE) {
            s->devices[i] = MEMBERS_STATE_REMOVED;
        } else if (seat->is_forked) {
            s->devices[i] = MEMBERS_STATE_FORKED;
        }
    }
}

static bool is_same_key(const struct members_state *s, uint32_t a, uint32_t b)
{
    return span_is_equal(span_of(members_seat_key(s->log, a), MEMBERS_MSG_KEY_SIZE),
                         span_of(members_seat_key(s->log, b), MEMBERS_MSG_KEY_SIZE));
}

/* Seats of one key, by_key[from .. end): are those that are live of different persons? */
static bool is_claimed(const struct members_state *s, uint32_t from, uint32_t end)
{
    uint32_t first = MEMBERS_NONE;
    for (uint32_t i = from; i < end; i++) {
        uint32_t seat = s->by_key[i];
        if (s->devices[seat] != MEMBERS_STATE_LIVE) {
            continue;
        }
        uint32_t root = s->members[s->log->seats[seat]->member].root;
        if (first == MEMBERS_NONE) {
            first = root;
        } else if (!is_same_key(s, first, root)) {
            return true;
        }
    }
    return false;
}

/* The seats of the key of by_key[from] end where? */
static uint32_t end_of_key(const struct members_state *s, uint32_t from)
{
    uint32_t end = from + 1;
    while (end < s->seat_count && is_same_key(s, s->by_key[from], s->by_key[end])) {
        end++;
    }
    return end;
}

static void judge_claims(struct members_state *s)
{
    uint32_t end = 0;
    for (uint32_t from = 0; from < s->seat_count; from = end) {
        end = end_of_key(s, from);
        if (end - from == 1 || !is_claimed(s, from, end)) {
            continue;
        }
        for (uint32_t i = from; i < end; i++) {
            if (s->devices[s->by_key[i]] == MEMBERS_STATE_LIVE) {
                s->devices[s->by_key[i]] = MEMBERS_STATE_CLAIMED;
            }
        }
    }
}

/* Of a member with more live devices than that (whose root forked: else no more are let in) the
 * first by key stay. */
static void judge_numbers(struct members_state *s)
{
    uint32_t *counts = mem_new_array(s->member_count, sizeof *counts);
    for (uint32_t i = 0; i < s->seat_count; i++) {
        uint32_t seat = s->by_key[i];
        if (s->devices[seat] == MEMBERS_STATE_LIVE &&
            counts[s->log->seats[seat]->member]++ >= MEMBERS_DEVICES_MAX) {
            s->devices[seat] = MEMBERS_STATE_SURPLUS;
        }
    }
    mem_free(counts);
}

/* The last operation of each chain that counts: of the highest sequence, of two the lower id. */
static void find_lasts(struct members_state *s)
{
    const struct members *log = s->log;
    s->lasts = mem_new_array(s->seat_count, sizeof *s->lasts);
    for (uint32_t i = 0; i < s->seat_count; i++) {
        s->lasts[i] = MEMBERS_NONE;
    }
    for (uint32_t i = 0; i < log->op_count; i++) {
        const struct members_op *op = log->ops[i];
        if (op->seat == MEMBERS_NONE || !members_eval_counts(&s->eval, i)) {
            continue;
        }
        uint32_t *last = &s->lasts[op->seat];
        if (*last == MEMBERS_NONE || op->sequence > log->ops[*last]->sequence) {
            *last = i;
        } else if (op->sequence == log->ops[*last]->sequence) {
            *last = lower(log, *last, i);
        }
    }
}

void members_state_run(struct members_state *s, const struct members *log)
{
    drop(s);
    s->log = log;
    s->member_count = log->member_count;
    s->seat_count = log->seat_count;
    s->is_frozen = false;
    members_eval_run(&s->eval, log);
    judge_members(s);
    judge_devices(s);
    sort_seats(s);
    judge_claims(s);
    judge_numbers(s);
    find_lasts(s);
}

bool members_state_may_write(const struct members_state *s, enum members_msg_kind kind)
{
    return !s->is_frozen || kind == MEMBERS_MSG_REMOVE || kind == MEMBERS_MSG_REVOKE ||
           kind == MEMBERS_MSG_COSIGN || kind == MEMBERS_MSG_LEAVE;
}

/* The first seat of the key in by_key, or seat_count. */
static uint32_t first_of_key(const struct members_state *s, const uint8_t *key)
{
    struct span want = span_of(key, MEMBERS_MSG_KEY_SIZE);
    uint32_t low = 0;
    uint32_t high = s->seat_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        const uint8_t *at = members_seat_key(s->log, s->by_key[middle]);
        if (span_compare(span_of(at, MEMBERS_MSG_KEY_SIZE), want) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_there =
        low < s->seat_count &&
        span_is_equal(span_of(members_seat_key(s->log, s->by_key[low]), MEMBERS_MSG_KEY_SIZE),
                      want);
    return is_there ? low : s->seat_count;
}

uint32_t members_state_member_of(const struct members_state *s,
                                 const uint8_t device[MEMBERS_MSG_KEY_SIZE])
{
    uint32_t from = first_of_key(s, device);
    uint32_t end = from < s->seat_count ? end_of_key(s, from) : from;
    uint32_t found = MEMBERS_NONE;
    for (uint32_t i = from; i < end; i++) {
        uint32_t member = s->log->seats[s->by_key[i]]->member;
        if (s->devices[s->by_key[i]] != MEMBERS_STATE_LIVE) {
            continue;
        }
        /* Two members of one person: the one of the lower id, on all nodes. */
        if (found == MEMBERS_NONE ||
            span_compare(span_of(s->log->ops[s->log->members[member].op]->id, MEMBERS_MSG_ID_SIZE),
                         span_of(s->log->ops[s->log->members[found].op]->id, MEMBERS_MSG_ID_SIZE)) <
                0) {
            found = member;
        }
    }
    return found;
}

enum members_state_device members_state_device(const struct members_state *s,
                                               const uint8_t device[MEMBERS_MSG_KEY_SIZE])
{
    uint32_t from = first_of_key(s, device);
    uint32_t end = from < s->seat_count ? end_of_key(s, from) : from;
    enum members_state_device found = MEMBERS_STATE_NO_DEVICE;
    for (uint32_t i = from; i < end; i++) {
        enum members_state_device d = (enum members_state_device)s->devices[s->by_key[i]];
        if (d == MEMBERS_STATE_LIVE) {
            return d;
        }
        found = d > found ? d : found;
    }
    return found;
}

bool members_state_was_removed(const struct members_state *s,
                               const uint8_t device[MEMBERS_MSG_KEY_SIZE])
{
    uint32_t from = first_of_key(s, device);
    uint32_t end = from < s->seat_count ? end_of_key(s, from) : from;
    bool was = false;
    for (uint32_t i = from; i < end && !was; i++) {
        uint32_t first = s->log->seats[s->by_key[i]]->first_cutter;
        was = standing(s, first, MEMBERS_MSG_REMOVE) != MEMBERS_NONE;
    }
    return was;
}

bool members_state_next_device(const struct members_state *s, uint32_t *at,
                               struct members_state_view *view)
{
    while (*at < s->seat_count) {
        uint32_t from = *at;
        uint32_t leaf = MEMBERS_NONE;
        *at = end_of_key(s, from);
        view->device = members_seat_key(s->log, s->by_key[from]);
        view->member = members_state_member_of(s, view->device);
        for (uint32_t i = from; i < *at; i++) {
            uint32_t seat = s->by_key[i];
            if (s->devices[seat] == MEMBERS_STATE_LIVE && s->leaves[seat] != MEMBERS_NONE) {
                leaf = lower(s->log, leaf, s->leaves[seat]);
            }
        }
        view->leaf = leaf != MEMBERS_NONE ? s->log->ops[leaf]->leaf : NULL;
        if (view->member != MEMBERS_NONE) {
            return true;
        }
    }
    return false;
}

const uint8_t *members_state_root(const struct members_state *s, uint32_t member)
{
    uint32_t seat = s->members[member].root;
    return seat != MEMBERS_NONE ? members_seat_key(s->log, seat) : NULL;
}

bool members_state_is_cut(const struct members_state *s, uint32_t seat)
{
    uint32_t r = s->log->seats[seat]->first_cutter;
    while (r != MEMBERS_NONE && !members_eval_stands(&s->eval, r)) {
        r = s->log->ops[r]->next;
    }
    return r != MEMBERS_NONE || members_eval_is_revoked(&s->eval, s->log->seats[seat]->member);
}

bool members_state_is_device_cut(const struct members_state *s,
                                 const uint8_t device[MEMBERS_MSG_KEY_SIZE])
{
    uint32_t from = first_of_key(s, device);
    uint32_t end = from < s->seat_count ? end_of_key(s, from) : from;
    bool is_cut = false;
    for (uint32_t i = from; i < end; i++) {
        if (s->devices[s->by_key[i]] == MEMBERS_STATE_LIVE) {
            return false;
        }
        is_cut = is_cut || members_state_is_cut(s, s->by_key[i]);
    }
    return is_cut;
}

/* The last operation of each chain that a revocation is to honour, or MEMBERS_NONE: at each fork
 * the branch that came first here, so that who forks later, however far, takes nothing from who
 * rests on it. What a cut names is said in it, so all nodes read it alike, though each finds it by
 * its own order. When it `thaws`, what freezes the network is not honoured, nor what its author
 * built upon it. */
static uint32_t *find_ends(const struct members_state *s, bool thaws)
{
    const struct members *log = s->log;
    uint8_t *is_way = mem_new(s->eval.count); /* to one that counts */
    uint32_t *ends = mem_new_array(s->seat_count, sizeof *ends);
    uint32_t *at = mem_new_array(s->seat_count, sizeof *at); /* on the way */
    for (uint32_t i = s->eval.count; i-- > 0;) {
        const struct members_op *op = log->ops[i];
        is_way[i] |= members_eval_counts(&s->eval, i) ? 1 : 0;
        is_way[i] &= thaws && freezes(op) ? 0 : 1;
        if (is_way[i] != 0 && op->previous != MEMBERS_NONE) {
            is_way[op->previous] = 1;
        }
    }
    for (uint32_t i = 0; i < s->seat_count; i++) {
        ends[i] = MEMBERS_NONE;
        at[i] = MEMBERS_NONE;
    }
    for (uint32_t i = 0; i < s->eval.count; i++) { /* by place: the first of a fork goes on */
        const struct members_op *op = log->ops[i];
        if (is_way[i] != 0 && op->seat != MEMBERS_NONE && at[op->seat] == op->previous) {
            at[op->seat] = i;
            ends[op->seat] = members_eval_counts(&s->eval, i) ? i : ends[op->seat];
        }
    }
    mem_free(is_way);
    mem_free(at);
    return ends;
}

/* A chain that a revocation may name, and what would be lost if it did not. */
struct nameable {
    uint32_t last;
    uint32_t seat;
    uint32_t weight;
    const uint8_t *key;
};

static int by_weight(const void *a, const void *b)
{
    const struct nameable *x = a;
    const struct nameable *y = b;
    if (x->weight != y->weight) {
        return x->weight > y->weight ? -1 : 1;
    }
    int order =
        span_compare(span_of(x->key, MEMBERS_MSG_KEY_SIZE), span_of(y->key, MEMBERS_MSG_KEY_SIZE));
    return order != 0 ? order : x->seat < y->seat ? -1 : x->seat > y->seat ? 1 : 0;
}

static void name_chain(const struct members_state *s, uint32_t last, struct members_msg *m)
{
    const struct members_op *op = s->log->ops[last];
    m->cuts[m->cut_count++] =
        (struct members_msg_cut){op->sequence, span_of(op->id, sizeof op->id)};
}

/* What others rest on, by chain: on grants and the join all devices do, on an invitation one. */
static uint32_t *weigh(const struct members_state *s)
{
    const struct members *log = s->log;
    uint32_t *weights = mem_new_array(s->seat_count, sizeof *weights);
    for (uint32_t i = 0; i < s->eval.count; i++) {
        const struct members_op *op = log->ops[i];
        if (op->seat == MEMBERS_NONE || !members_eval_counts(&s->eval, i)) {
            continue;
        }
        if (op->kind == MEMBERS_MSG_DEVICE || op->kind == MEMBERS_MSG_SUCCEED ||
            op->kind == MEMBERS_MSG_JOIN) {
            weights[op->seat] += MEMBERS_OPERATIONS_MAX;
        } else if (op->kind == MEMBERS_MSG_INVITE) {
            weights[op->seat]++;
        }
    }
    return weights;
}

/* Whose chains are to be named, and how. */
struct naming {
    uint32_t member;
    bool is_subtree;
    bool thaws;
    uint32_t but; /* this chain is not named; or MEMBERS_NONE */
};

static size_t name_chains(const struct members_state *s, struct naming of, struct members_msg *m)
{
    size_t count = 0;
    uint32_t *weights = weigh(s);
    uint32_t *ends = find_ends(s, of.thaws);
    struct nameable *all = mem_new_array(s->seat_count, sizeof *all);
    for (uint32_t i = 0; i < s->seat_count; i++) {
        uint32_t member = s->log->seats[i]->member;
        bool is_one =
            member == of.member || (of.is_subtree && members_is_under(s->log, member, of.member));
        if (is_one && i != of.but && ends[i] != MEMBERS_NONE) {
            all[count++] = (struct nameable){ends[i], i, weights[i], members_seat_key(s->log, i)};
        }
    }
    if (count > MEMBERS_MSG_CUTS_MAX) {
        qsort(all, count, sizeof *all, by_weight);
    }
    m->cut_count = 0;
    while (m->cut_count < count && m->cut_count < MEMBERS_MSG_CUTS_MAX) {
        name_chain(s, all[m->cut_count].last, m);
    }
    mem_free(all);
    mem_free(ends);
    mem_free(weights);
    return count - m->cut_count;
}

size_t members_state_cuts(const struct members_state *s, uint32_t member, bool is_subtree,
                          struct members_msg *m)
{
    return name_chains(s, (struct naming){member, is_subtree, true, MEMBERS_NONE}, m);
}

size_t members_state_leave_cuts(const struct members_state *s, uint32_t member, uint32_t root,
                                struct members_msg *m)
{
    return name_chains(s, (struct naming){member, false, false, root}, m);
}

void members_state_cut(const struct members_state *s, uint32_t seat, struct members_msg *m)
{
    uint32_t *ends = find_ends(s, true);
    m->cut_count = 0;
    if (seat < s->seat_count && ends[seat] != MEMBERS_NONE) {
        name_chain(s, ends[seat], m);
    }
    mem_free(ends);
}

/* Append member, status, root, and the live devices; `by_key` runs through all seats once for each
 * member, so they are handed out by a pass before. */
static void append_member(const struct members_state *s, struct buf *out, uint32_t member,
                          const uint32_t *first, const uint32_t *next)
{
    const struct members_state_member *m = &s->members[member];
    const uint8_t *root = members_state_root(s, member);
    uint32_t count = 0;
    uint8_t head[1 + 1 + 4];
    struct wr w;
    for (uint32_t i = first[member]; i != MEMBERS_NONE; i = next[i]) {
        count++;
    }
    wr_init(&w, span_mut_of(head, sizeof head));
    wr_u8(&w, (uint8_t)m->status);
    wr_u8(&w, root != NULL ? 1 : 0);
    wr_u32be(&w, count);
    CHECK(buf_append(
              out, span_of(s->log->ops[s->log->members[member].op]->id, MEMBERS_MSG_ID_SIZE)) == 0);
    CHECK(buf_append(out, wr_span(&w)) == 0);
    if (root != NULL) {
        CHECK(buf_append(out, span_of(root, MEMBERS_MSG_KEY_SIZE)) == 0);
    }
    for (uint32_t i = first[member]; i != MEMBERS_NONE; i = next[i]) {
        CHECK(buf_append(out, span_of(members_seat_key(s->log, i), MEMBERS_MSG_KEY_SIZE)) == 0);
    }
}

void members_state_hash(const struct members_state *s, uint8_t out[HASH_SHA256_SIZE])
{
    uint32_t *first = mem_new_array(s->member_count, sizeof *first);
    uint32_t *next = mem_new_array(s->seat_count, sizeof *next);
    struct sorted *all = mem_new_array(s->member_count, sizeof *all);
    struct buf bytes;
    buf_init(&bytes, (size_t)(s->member_count + s->seat_count) * 128);
    for (uint32_t i = 0; i < s->member_count; i++) {
        first[i] = MEMBERS_NONE;
        all[i] = (struct sorted){s->log->ops[s->log->members[i].op]->id, i};
    }
    for (uint32_t i = s->seat_count; i-- > 0;) { /* from behind: lists are by ascending key */
        uint32_t seat = s->by_key[i];
        if (s->devices[seat] == MEMBERS_STATE_LIVE) {
            next[seat] = first[s->log->seats[seat]->member];
            first[s->log->seats[seat]->member] = seat;
        }
    }
    qsort(all, s->member_count, sizeof *all, by_name);
    for (uint32_t i = 0; i < s->member_count; i++) {
        if (s->members[all[i].place].status != MEMBERS_STATE_VOID) {
            append_member(s, &bytes, all[i].place, first, next);
        }
    }
    signer_id(out, label_state, buf_span(&bytes));
    buf_clear(&bytes);
    mem_free(first);
    mem_free(next);
    mem_free(all);
}

uint32_t members_state_last(const struct members_state *s, uint32_t seat)
{
    return seat < s->seat_count ? s->lasts[seat] : MEMBERS_NONE;
}
