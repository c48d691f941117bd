/*
 * Rounds of the shared state, each message answered from itself alone:
 *
 *     HASH -> (differs) BUCKETS -> (some differ) DIGEST -> DELTA and a request -> DELTA
 *
 * A small state goes from HASH to DIGEST at once. The running hash is a sum that an owner could
 * bend by choosing versions, so every STATE_SALT_ROUNDS a round hashes anew under a random salt.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "overlay/state_core.h"

#define SMALL_OWNERS 4 /* as many items are no longer than the buckets' hashes */
#define ALL_BUCKETS UINT64_MAX

_Static_assert(STATE_MSG_BUCKET_COUNT == 64, "a mask has a bit for each bucket");

/* One owner that the neighbour lacks something of. */
struct behind {
    const struct state_owner *owner;
    uint64_t version; /* it has all up to here */
    uint32_t depth;   /* entries above it */
    uint32_t lot;     /* order among equals, drawn */
};

void state_round_begin(struct state *s, uint8_t slot)
{
    struct state_msg m = {.kind = STATE_MSG_HASH};
    s->round++;
    while (m.salt == 0 && s->round % STATE_SALT_ROUNDS == 0) {
        m.salt = random_u64(s->config.random);
    }
    m.hash = state_table_hash(&s->table, m.salt);
    s->links[slot].is_new = false;
    s->stats.rounds++;
    state_out_send(s, slot, &m, span_empty());
}

static struct state_owner *next_owner(const struct state *s, const struct state_owner *o)
{
    const struct list *at = o == NULL ? &s->table.owners : &o->order;
    struct list *next = list_next(&s->table.owners, at);
    return next == NULL ? NULL : LIST_OF(next, struct state_owner, order);
}

/* True when others may know of it from us. */
static bool is_shown(const struct state_owner *o)
{
    return !o->is_forgotten && o->version > 0;
}

/* Of the buckets in `mask` those that go into one DIGEST together, from a random one on. */
static uint64_t choose_buckets(const struct state *s, uint64_t mask)
{
    size_t counts[STATE_MSG_BUCKET_COUNT] = {0};
    size_t start = (size_t)random_below(s->config.random, STATE_MSG_BUCKET_COUNT);
    size_t count = 0;
    uint64_t chosen = 0;
    for (struct state_owner *o = next_owner(s, NULL); o != NULL; o = next_owner(s, o)) {
        counts[state_table_bucket_of(&o->id)] += is_shown(o);
    }
    for (size_t i = 0; i < STATE_MSG_BUCKET_COUNT; i++) {
        size_t bucket = (start + i) % STATE_MSG_BUCKET_COUNT;
        uint64_t bit = UINT64_C(1) << bucket;
        if ((mask & bit) != 0 && (chosen == 0 || count + counts[bucket] <= STATE_ITEMS_ROUND_MAX)) {
            chosen |= bit;
            count += counts[bucket];
        }
    }
    return chosen;
}

static struct state_msg_item item_of(const struct state_owner *o)
{
    return (struct state_msg_item){.owner = o->id,
                                   .generation = o->generation,
                                   .version = o->version,
                                   .is_partial = !o->is_whole,
                                   .is_silent = o->is_silent};
}

/* List what is here in some of the buckets in `mask`. */
static void send_digest(struct state *s, uint8_t slot, uint64_t mask)
{
    struct state_msg m = {.kind = STATE_MSG_DIGEST, .mask = choose_buckets(s, mask)};
    uint8_t *items = mem_new_raw((size_t)STATE_MSG_ITEMS_MAX * STATE_MSG_ITEM_SIZE_MAX);
    struct wr w;
    size_t count = 0;
    wr_init(&w, span_mut_of(items, (size_t)STATE_MSG_ITEMS_MAX * STATE_MSG_ITEM_SIZE_MAX));
    for (struct state_owner *o = next_owner(s, NULL); o != NULL; o = next_owner(s, o)) {
        uint64_t bit = UINT64_C(1) << state_table_bucket_of(&o->id);
        if (!is_shown(o) || (m.mask & bit) == 0) {
            continue;
        }
        if (count == STATE_MSG_ITEMS_MAX) { /* one bucket overflows: it is not listed whole */
            m.mask = 0;
            break;
        }
        struct state_msg_item item = item_of(o);
        state_msg_put_item(&w, &item);
        count++;
    }
    if (state_table_is_full(&s->table)) {
        m.mask = 0; /* no room for owners that are unknown here: none shall be sent unasked */
    }
    CHECK(wr_finish(&w) == 0);
    state_out_send(s, slot, &m, wr_span(&w));
    mem_free(items);
}

void state_round_hash(struct state *s, uint8_t slot, const struct state_msg *m)
{
    uint64_t buckets[STATE_MSG_BUCKET_COUNT];
    uint8_t bytes[STATE_MSG_BUCKET_COUNT * STATE_MSG_BUCKET_SIZE];
    struct state_msg answer = {.kind = STATE_MSG_BUCKETS, .salt = m->salt};
    struct wr w;
    uint64_t sum = 0;
    state_table_hashes(&s->table, m->salt, buckets);
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    for (size_t i = 0; i < STATE_MSG_BUCKET_COUNT; i++) {
        sum += buckets[i];
        wr_u32le(&w, (uint32_t)buckets[i]);
    }
    if (sum == m->hash) {
        s->stats.same++;
    } else if (s->table.count <= SMALL_OWNERS) {
        send_digest(s, slot, ALL_BUCKETS);
    } else {
        state_out_send(s, slot, &answer, wr_span(&w));
    }
}

void state_round_buckets(struct state *s, uint8_t slot, const struct state_msg *m)
{
    uint64_t buckets[STATE_MSG_BUCKET_COUNT];
    uint64_t mask = 0;
    state_table_hashes(&s->table, m->salt, buckets);
    for (size_t i = 0; i < STATE_MSG_BUCKET_COUNT; i++) {
        if ((uint32_t)buckets[i] != state_msg_bucket_at(m, i)) {
            mask |= UINT64_C(1) << i;
        }
    }
    if (mask != 0) {
        send_digest(s, slot, mask);
    }
}

/* Deepest first: whoever is furthest behind with one owner gets that one first (scuttle-depth). */
static int compare_depth(const void *a, const void *b)
{
    const struct behind *x = a;
    const struct behind *y = b;
    if (x->depth != y->depth) {
        return x->depth > y->depth ? -1 : 1;
    }
    return x->lot < y->lot ? -1 : x->lot > y->lot;
}

/* Entries of `o` above `version`. */
static uint32_t depth_of(const struct state_owner *o, uint64_t version)
{
    uint32_t depth = 0;
    for (size_t i = o->count; i > o->past_count && o->entries[i - 1]->version > version; i--) {
        depth++;
    }
    return depth;
}

/* Owners that the neighbour is behind with, in an array with room for all owners. */
struct behinds {
    struct behind *list; /* owned */
    size_t count;
};

static void behinds_add(struct state *s, struct behinds *b, const struct state_owner *o,
                        uint64_t version)
{
    uint32_t depth = depth_of(o, version);
    if (depth > 0 && b->count < s->table.count) {
        b->list[b->count++] =
            (struct behind){.owner = o,
                            .version = version,
                            .depth = depth,
                            .lot = (uint32_t)random_below(s->config.random, UINT32_MAX)};
    }
}

/* Append a block of `b`, entries up to `budget` bytes. */
static void write_block(uint64_t now, const struct behind *b, size_t budget, struct wr *w)
{
    size_t room = STATE_OWNER_BYTES_MAX;
    uint8_t *entries = mem_new_raw(room);
    struct wr inner;
    uint64_t heard_ns = b->owner->heard_ns < now ? b->owner->heard_ns : now;
    wr_init(&inner, span_mut_of(entries, room));
    (void)state_owner_write(b->owner, b->version, budget, &inner);
    CHECK(wr_finish(&inner) == 0);
    struct state_msg_block block = {.owner = b->owner->id,
                                    .generation = b->owner->generation,
                                    .age_s = (now - heard_ns) / TIMERS_SECOND,
                                    .entries = wr_span(&inner)};
    state_msg_put_block(w, &block);
    mem_free(entries);
}

/* Send what fits; the deepest owner whole, whatever the budget, so that it can become whole there.
 */
static void send_delta(struct state *s, uint64_t now, uint8_t slot, struct behinds *b)
{
    struct state_msg m = {.kind = STATE_MSG_DELTA};
    if (b->count == 0) {
        return;
    }
    uint8_t *blocks = mem_new_raw(STATE_MSG_SIZE_MAX);
    struct wr w;
    wr_init(&w, span_mut_of(blocks, STATE_MSG_SIZE_MAX));
    qsort(b->list, b->count, sizeof *b->list, compare_depth);
    write_block(now, &b->list[0], STATE_OWNER_BYTES_MAX, &w);
    for (size_t i = 1; i < b->count && w.len < s->config.round_bytes; i++) {
        write_block(now, &b->list[i], s->config.round_bytes - w.len, &w);
    }
    CHECK(wr_finish(&w) == 0);
    state_out_send(s, slot, &m, wr_span(&w));
    mem_free(blocks);
}

/* What the neighbour says that it has of one owner, against what is here. True when it has more. */
static bool compare_item(struct state *s, const struct state_msg_item *item, struct behinds *b)
{
    struct state_owner *o = state_table_get(&s->table, &item->owner);
    if (o == NULL) {
        return item->version > 0 && state_has_place(s, &item->owner, item->is_silent);
    }
    o->stamp = s->stamp;
    if (o->is_forgotten) {
        return item->generation > o->generation ||
               (item->generation == o->generation && item->version > o->version);
    }
    if (item->generation != o->generation) {
        if (item->generation < o->generation) {
            behinds_add(s, b, o, 0);
            return false;
        }
        return true;
    }
    if (item->version < o->version) {
        behinds_add(s, b, o, item->version);
    } else if (item->version == o->version && item->is_partial && o->is_whole) {
        behinds_add(s, b, o, 0);
    }
    return item->version > o->version ||
           (item->version == o->version && !o->is_whole && !item->is_partial);
}

/* What we have of an owner that we wish more of. When the neighbour has the same version and knows
 * it whole, all is wished. */
static struct state_msg_item wish_of(struct state *s, const struct state_msg_item *theirs)
{
    const struct state_owner *o = state_table_get(&s->table, &theirs->owner);
    struct state_msg_item wish = {.owner = theirs->owner};
    if (o != NULL && !o->is_forgotten && o->generation == theirs->generation) {
        bool is_torn = o->version == theirs->version;
        s->stats.torn += is_torn;
        wish.generation = o->generation;
        wish.version = is_torn ? 0 : o->version;
    }
    return wish;
}

/* Owners in the buckets that the neighbour listed whole, and not among them: it has none of them.
 */
static void add_unlisted(struct state *s, uint64_t mask, struct behinds *b)
{
    for (struct state_owner *o = next_owner(s, NULL); o != NULL; o = next_owner(s, o)) {
        uint64_t bit = UINT64_C(1) << state_table_bucket_of(&o->id);
        if (is_shown(o) && o->stamp != s->stamp && (mask & bit) != 0) {
            behinds_add(s, b, o, 0);
        }
    }
}

void state_round_digest(struct state *s, uint64_t now, uint8_t slot, const struct state_msg *m)
{
    struct state_msg request = {.kind = STATE_MSG_DIGEST, .is_request = true};
    struct behinds b = {.list = mem_new_array(s->table.count, sizeof *b.list)};
    uint8_t *items = mem_new_raw((size_t)STATE_MSG_ITEMS_MAX * STATE_MSG_ITEM_SIZE_MAX);
    struct state_msg_item item;
    struct pb cursor;
    struct wr w;
    wr_init(&w, span_mut_of(items, (size_t)STATE_MSG_ITEMS_MAX * STATE_MSG_ITEM_SIZE_MAX));
    s->stamp++;
    pb_init(&cursor, m->items);
    while (state_msg_next_item(&cursor, &item)) {
        if (compare_item(s, &item, &b) && budget_bucket_take(&s->links[slot].wishes, 1, now) == 0) {
            struct state_msg_item wish = wish_of(s, &item);
            state_msg_put_item(&w, &wish);
        }
    }
    add_unlisted(s, m->mask, &b);
    CHECK(wr_finish(&w) == 0);
    if (w.len > 0) {
        state_out_send(s, slot, &request, wr_span(&w));
    }
    send_delta(s, now, slot, &b);
    mem_free(items);
    mem_free(b.list);
}

void state_round_request(struct state *s, uint64_t now, uint8_t slot, const struct state_msg *m)
{
    struct behinds b = {.list = mem_new_array(s->table.count, sizeof *b.list)};
    struct state_msg_item item;
    struct pb cursor;
    s->stamp++;
    pb_init(&cursor, m->items);
    while (state_msg_next_item(&cursor, &item)) {
        struct state_owner *o = state_table_get(&s->table, &item.owner);
        if (o == NULL || !is_shown(o) || o->stamp == s->stamp || item.generation > o->generation) {
            continue; /* nothing newer, or named twice */
        }
        o->stamp = s->stamp;
        behinds_add(s, &b, o, item.generation == o->generation ? item.version : 0);
    }
    send_delta(s, now, slot, &b);
    mem_free(b.list);
}
