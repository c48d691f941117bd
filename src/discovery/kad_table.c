/*
 * Buckets by the leading bits that a peer's place shares with ours; the last bucket splits.
 */
#include "discovery/kad_table.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define PLACES_STEP 4 /* a list of entries grows by so many */

void kad_table_init(struct kad_table *t, const struct peerid *self, unsigned k,
                    const struct random *random, uint64_t now)
{
    CHECK(k >= 1 && k <= KAD_TABLE_K_MAX);
    *t = (struct kad_table){.k = k, .random = random};
    kad_key_of(&t->self, peerid_span(self));
    t->buckets = mem_new(sizeof *t->buckets);
    t->buckets[0].refreshed_ns = now;
    t->bucket_count = 1;
}

static void kad_places_free(struct kad_places *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        mem_free(p->list[i]);
    }
    mem_free(p->list);
}

void kad_table_clear(struct kad_table *t)
{
    for (unsigned i = 0; i < t->bucket_count; i++) {
        kad_places_free(&t->buckets[i].entries);
        kad_places_free(&t->buckets[i].waiting);
    }
    mem_free(t->buckets);
    t->buckets = NULL;
    t->bucket_count = 0;
    t->count = 0;
    t->doubted = 0;
}

static struct kad_bucket *kad_table_bucket(const struct kad_table *t, const struct kad_key *key)
{
    unsigned prefix = kad_key_prefix(&t->self, key);
    return &t->buckets[prefix < t->bucket_count ? prefix : t->bucket_count - 1];
}

static unsigned kad_table_room(const struct kad_table *t, const struct kad_bucket *b)
{
    return b == &t->buckets[t->bucket_count - 1] ? 2 * t->k : t->k;
}

static struct kad_entry *kad_places_find(const struct kad_places *p, const struct kad_key *key)
{
    struct span wanted = span_of(key->bytes, KAD_KEY_SIZE);
    for (unsigned i = 0; i < p->count; i++) {
        if (span_is_equal(span_of(p->list[i]->key.bytes, KAD_KEY_SIZE), wanted)) {
            return p->list[i];
        }
    }
    return NULL;
}

/* An id's place says which few entries it can be. */
static struct kad_entry *kad_table_find(const struct kad_table *t, const struct kad_key *key)
{
    const struct kad_bucket *b = kad_table_bucket(t, key);
    struct kad_entry *e = kad_places_find(&b->entries, key);
    return e != NULL ? e : kad_places_find(&b->waiting, key);
}

static struct kad_entry *kad_table_find_id(const struct kad_table *t, const struct peerid *id)
{
    struct kad_key key;
    kad_key_of(&key, peerid_span(id));
    return kad_table_find(t, &key);
}

/* ---- One bucket ---- */

static void kad_places_add(struct kad_places *p, struct kad_entry *e)
{
    if (p->count == p->room) {
        p->room = (uint8_t)(p->room + PLACES_STEP);
        p->list = mem_resize(p->list, p->room * sizeof p->list[0]);
    }
    p->list[p->count++] = e;
}

static void kad_places_take(struct kad_places *p, const struct kad_entry *e)
{
    unsigned at = 0;
    while (p->list[at] != e) {
        at++;
        CHECK(at < p->count);
    }
    p->count--;
    memmove(&p->list[at], &p->list[at + 1], (p->count - at) * sizeof p->list[0]);
}

static void kad_bucket_wait(const struct kad_table *t, struct kad_bucket *b, struct kad_entry *e)
{
    CHECK(b->waiting.count < t->k);
    e->is_waiting = true;
    kad_places_add(&b->waiting, e);
}

static void kad_table_enter(struct kad_table *t, struct kad_bucket *b, struct kad_entry *e)
{
    CHECK(b->entries.count < 2 * KAD_TABLE_K_MAX);
    e->is_waiting = false;
    kad_places_add(&b->entries, e);
    t->count++;
    t->doubted += e->failures > 0 ? 1 : 0;
}

/* It has no place any more. */
static void kad_table_leave(struct kad_table *t, struct kad_bucket *b, struct kad_entry *e)
{
    if (e->is_waiting) {
        kad_places_take(&b->waiting, e);
        return;
    }
    kad_places_take(&b->entries, e);
    t->count--;
    t->doubted -= e->failures > 0 ? 1 : 0;
}

static void kad_table_forget(struct kad_table *t, struct kad_entry *e)
{
    kad_table_leave(t, kad_table_bucket(t, &e->key), e);
    mem_free(e);
}

/* Who waits and was seen last takes a free place. */
static void kad_table_fill(struct kad_table *t, struct kad_bucket *b)
{
    while (b->waiting.count > 0 && b->entries.count < kad_table_room(t, b)) {
        b->waiting.count--;
        kad_table_enter(t, b, b->waiting.list[b->waiting.count]);
    }
}

/* ---- Splitting ---- */

static void kad_table_split(struct kad_table *t)
{
    unsigned at = t->bucket_count - 1;
    t->buckets = mem_resize(t->buckets, (t->bucket_count + 1U) * sizeof *t->buckets);
    struct kad_bucket old = t->buckets[at];
    struct kad_bucket *here = &t->buckets[at];
    struct kad_bucket *deeper = &t->buckets[at + 1];
    *here = (struct kad_bucket){.refreshed_ns = old.refreshed_ns};
    *deeper = (struct kad_bucket){.refreshed_ns = old.refreshed_ns};
    t->bucket_count++;
    for (unsigned i = 0; i < old.entries.count; i++) {
        struct kad_entry *e = old.entries.list[i];
        /* All stay: more than k of them are only those that were there before. */
        kad_places_add(kad_key_prefix(&t->self, &e->key) == at ? &here->entries : &deeper->entries,
                       e);
    }
    for (unsigned i = 0; i < old.waiting.count; i++) {
        struct kad_entry *e = old.waiting.list[i];
        kad_bucket_wait(t, kad_key_prefix(&t->self, &e->key) == at ? here : deeper, e);
    }
    mem_free(old.entries.list);
    mem_free(old.waiting.list);
    kad_table_fill(t, here);
    kad_table_fill(t, deeper);
}

/* ---- Who comes ---- */

static unsigned kad_bucket_group(const struct kad_bucket *b, uint64_t group)
{
    unsigned count = 0;
    for (unsigned i = 0; i < b->entries.count; i++) {
        count += b->entries.list[i]->group == group;
    }
    return count;
}

/* The newest entry of the group that has most of the full bucket's places, if that is more than its
 * share. */
static struct kad_entry *kad_bucket_crowded(const struct kad_bucket *b, uint64_t newcomer)
{
    struct kad_entry *out = NULL;
    unsigned most = KAD_TABLE_GROUP_SHARE;
    for (unsigned i = b->entries.count; i-- > 0;) {
        uint64_t group = b->entries.list[i]->group;
        unsigned count = group == 0 || group == newcomer ? 0 : kad_bucket_group(b, group);
        if (count > most) {
            most = count;
            out = b->entries.list[i];
        }
    }
    return out;
}

static struct kad_entry *kad_table_new(const struct peerid *id, const struct kad_key *key,
                                       uint64_t group, uint64_t now)
{
    struct kad_entry *e = mem_new(sizeof *e);
    *e = (struct kad_entry){
        .key = *key, .id = *id, .group = group, .added_ns = now, .answered_ns = now};
    return e;
}

static enum kad_table_put kad_table_known(struct kad_table *t, struct kad_entry *e, uint64_t group,
                                          uint64_t now)
{
    struct kad_bucket *b = kad_table_bucket(t, &e->key);
    t->doubted -= !e->is_waiting && e->failures > 0 ? 1 : 0;
    e->group = group;
    e->answered_ns = now;
    e->failures = 0;
    e->failed_ns = 0;
    if (!e->is_waiting) {
        return KAD_TABLE_KNOWN;
    }
    kad_places_take(&b->waiting, e);
    kad_bucket_wait(t, b, e);
    kad_table_fill(t, b);
    return e->is_waiting ? KAD_TABLE_WAITING : KAD_TABLE_ADDED;
}

enum kad_table_put kad_table_put(struct kad_table *t, const struct peerid *id, uint64_t group,
                                 uint64_t now)
{
    struct kad_key key;
    kad_key_of(&key, peerid_span(id));
    struct kad_entry *e = kad_table_find(t, &key);
    if (e != NULL) {
        return kad_table_known(t, e, group, now);
    }
    if (kad_key_prefix(&t->self, &key) == KAD_KEY_BITS) {
        return KAD_TABLE_REFUSED;
    }
    struct kad_bucket *b = kad_table_bucket(t, &key);
    while (b->entries.count >= kad_table_room(t, b) && b == &t->buckets[t->bucket_count - 1] &&
           t->bucket_count < KAD_KEY_BITS) {
        kad_table_split(t);
        b = kad_table_bucket(t, &key);
    }
    if (b->entries.count < kad_table_room(t, b)) {
        kad_table_enter(t, b, kad_table_new(id, &key, group, now));
        return KAD_TABLE_ADDED;
    }
    struct kad_entry *crowded = kad_bucket_crowded(b, group);
    if (crowded != NULL && (group == 0 || kad_bucket_group(b, group) < KAD_TABLE_GROUP_SHARE)) {
        kad_table_forget(t, crowded);
        kad_table_enter(t, b, kad_table_new(id, &key, group, now));
        return KAD_TABLE_ADDED;
    }
    if (b->waiting.count == t->k) {
        kad_table_forget(t, b->waiting.list[0]); /* seen longest ago */
    }
    kad_bucket_wait(t, b, kad_table_new(id, &key, group, now));
    return KAD_TABLE_WAITING;
}

bool kad_table_wants(const struct kad_table *t, const struct peerid *id)
{
    struct kad_key key;
    kad_key_of(&key, peerid_span(id));
    if (kad_table_find(t, &key) != NULL) {
        return false;
    }
    const struct kad_bucket *b = kad_table_bucket(t, &key);
    bool may_split = b == &t->buckets[t->bucket_count - 1] && t->bucket_count < KAD_KEY_BITS;
    return kad_key_prefix(&t->self, &key) != KAD_KEY_BITS &&
           (b->entries.count < kad_table_room(t, b) || may_split);
}

/* ---- What becomes of entries ---- */

void kad_table_answered(struct kad_table *t, const struct peerid *id, uint64_t now)
{
    struct kad_entry *e = kad_table_find_id(t, id);
    if (e != NULL) {
        (void)kad_table_known(t, e, e->group, now);
    }
}

void kad_table_failed(struct kad_table *t, const struct peerid *id, uint64_t now)
{
    struct kad_entry *e = kad_table_find_id(t, id);
    if (e == NULL) {
        return;
    }
    struct kad_bucket *b = kad_table_bucket(t, &e->key);
    t->doubted += !e->is_waiting && e->failures == 0 ? 1 : 0;
    e->failures++;
    e->failed_ns = now;
    bool is_outlived =
        b->waiting.count > 0 && b->waiting.list[b->waiting.count - 1]->answered_ns > e->answered_ns;
    if (e->is_waiting || e->failures >= KAD_TABLE_FAILURES_MAX || is_outlived) {
        kad_table_remove(t, id);
    }
}

void kad_table_remove(struct kad_table *t, const struct peerid *id)
{
    struct kad_entry *e = kad_table_find_id(t, id);
    if (e != NULL) {
        struct kad_bucket *b = kad_table_bucket(t, &e->key);
        kad_table_forget(t, e);
        kad_table_fill(t, b);
    }
}

const struct kad_entry *kad_table_get(const struct kad_table *t, const struct peerid *id)
{
    return kad_table_find_id(t, id);
}

/* ---- Questions ---- */

/* Those in doubt stand behind all others. */
static int kad_table_order(const struct kad_key *target, const struct kad_entry *a,
                           const struct kad_entry *b)
{
    bool a_doubted = a->failures > 0;
    bool b_doubted = b->failures > 0;
    return a_doubted != b_doubted ? (int)a_doubted - (int)b_doubted
                                  : kad_key_compare(target, &a->key, &b->key);
}

struct kad_nearest {
    const struct kad_key *target;
    const struct peerid *skip;
    const struct kad_entry **out;
    size_t max;
    size_t count;
};

static void kad_nearest_take(struct kad_nearest *n, const struct kad_bucket *b)
{
    for (unsigned i = 0; i < b->entries.count; i++) {
        const struct kad_entry *e = b->entries.list[i];
        if (n->skip != NULL && peerid_is_equal(&e->id, n->skip)) {
            continue;
        }
        size_t at = n->count;
        while (at > 0 && kad_table_order(n->target, e, n->out[at - 1]) < 0) {
            at--;
        }
        if (at == n->max) {
            continue;
        }
        n->count += n->count < n->max;
        memmove(&n->out[at + 1], &n->out[at], (n->count - at - 1) * sizeof n->out[0]);
        n->out[at] = e;
    }
}

/* Peers of the target's own bucket are nearest; then come all that share more bits with us than the
 * target does, then the buckets before it, from the deepest. Within one of these steps all are
 * looked at, so a step is whole or not begun. */
size_t kad_table_nearest(const struct kad_table *t, const struct kad_key *target,
                         const struct peerid *skip, const struct kad_entry **out, size_t max)
{
    struct kad_nearest n = {.target = target, .skip = skip, .out = out, .max = max};
    unsigned own = (unsigned)(kad_table_bucket(t, target) - t->buckets);
    if (max == 0) {
        return 0;
    }
    kad_nearest_take(&n, &t->buckets[own]);
    bool has_doubted = n.count > 0 && out[n.count - 1]->failures > 0;
    if (n.count < max || has_doubted) {
        for (unsigned i = own + 1; i < t->bucket_count; i++) {
            kad_nearest_take(&n, &t->buckets[i]);
        }
    }
    for (unsigned i = own; i-- > 0;) {
        has_doubted = n.count > 0 && out[n.count - 1]->failures > 0;
        if (n.count == max && !has_doubted) {
            break;
        }
        kad_nearest_take(&n, &t->buckets[i]);
    }
    return n.count;
}

void kad_table_touch(struct kad_table *t, const struct kad_key *target, uint64_t now)
{
    kad_table_bucket(t, target)->refreshed_ns = now;
}

void kad_table_due(struct kad_table *t, uint64_t due_ns)
{
    t->buckets[t->bucket_count - 1].refreshed_ns = due_ns - KAD_TABLE_REFRESH_NS;
}

uint64_t kad_table_deadline(const struct kad_table *t)
{
    uint64_t first = UINT64_MAX;
    for (unsigned i = 0; i < t->bucket_count; i++) {
        uint64_t due = t->buckets[i].refreshed_ns + KAD_TABLE_REFRESH_NS;
        first = due < first ? due : first;
    }
    return first;
}

bool kad_table_refresh(struct kad_table *t, uint64_t now, struct kad_key *target)
{
    unsigned at = t->bucket_count;
    for (unsigned i = 0; i < t->bucket_count; i++) {
        const struct kad_bucket *b = &t->buckets[i];
        if (now >= b->refreshed_ns + KAD_TABLE_REFRESH_NS &&
            (at == t->bucket_count || b->entries.count < t->buckets[at].entries.count)) {
            at = i;
        }
    }
    if (at == t->bucket_count) {
        return false;
    }
    t->buckets[at].refreshed_ns = now;
    if (at == t->bucket_count - 1) {
        *target = t->self;
    } else {
        kad_key_random(target, &t->self, at, t->random);
    }
    return true;
}

const struct kad_entry *kad_table_doubted(const struct kad_table *t, uint64_t now)
{
    for (unsigned i = 0; t->doubted > 0 && i < t->bucket_count; i++) {
        for (unsigned j = 0; j < t->buckets[i].entries.count; j++) {
            const struct kad_entry *e = t->buckets[i].entries.list[j];
            if (e->failures > 0 && now >= e->failed_ns + KAD_TABLE_DOUBT_NS) {
                return e;
            }
        }
    }
    return NULL;
}

size_t kad_table_bytes(const struct kad_table *t)
{
    size_t bytes = t->bucket_count * sizeof *t->buckets;
    for (unsigned i = 0; i < t->bucket_count; i++) {
        const struct kad_bucket *b = &t->buckets[i];
        bytes += ((size_t)b->entries.room + b->waiting.room) * sizeof b->entries.list[0];
        bytes += ((size_t)b->entries.count + b->waiting.count) * sizeof(struct kad_entry);
    }
    return bytes;
}

static void kad_table_check_bucket(const struct kad_table *t, const struct kad_bucket *b)
{
    CHECK(b->entries.count <= 2 * t->k && b->waiting.count <= t->k);
    for (unsigned i = 0; i < b->entries.count + b->waiting.count; i++) {
        bool is_waiting = i >= b->entries.count;
        const struct kad_entry *e =
            is_waiting ? b->waiting.list[i - b->entries.count] : b->entries.list[i];
        CHECK(e->is_waiting == is_waiting);
        CHECK(kad_table_bucket(t, &e->key) == b);
        CHECK(kad_table_find(t, &e->key) == e);
    }
    CHECK(b->waiting.count == 0 || b->entries.count >= kad_table_room(t, b));
}

void kad_table_check(const struct kad_table *t)
{
    size_t entries = 0;
    size_t doubted = 0;
    CHECK(t->bucket_count >= 1 && t->bucket_count <= KAD_KEY_BITS);
    for (unsigned i = 0; i < t->bucket_count; i++) {
        const struct kad_places *p = &t->buckets[i].entries;
        kad_table_check_bucket(t, &t->buckets[i]);
        entries += p->count;
        for (unsigned j = 0; j < p->count; j++) {
            doubted += p->list[j]->failures > 0;
        }
    }
    CHECK(entries == t->count && doubted == t->doubted);
}
