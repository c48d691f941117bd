/*
 * Origins and the ranges of their broadcasts that are here.
 */
#include "overlay/plumtree_seen.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/hash.h"

static const char tag_use[] = "wavu broadcast tag 1";

void plumtree_seen_init(struct plumtree_seen *s, const struct random *random, size_t max)
{
    *s = (struct plumtree_seen){.max = max, .position = 1};
    map_init(&s->by_id, random);
    map_init(&s->by_tag, random);
    list_init(&s->recent);
}

static struct span tag_span(const struct plumtree_origin *o)
{
    return span_of(o->tag, PLUMTREE_SEEN_TAG_SIZE);
}

void plumtree_seen_clear(struct plumtree_seen *s)
{
    while (!list_is_empty(&s->recent)) {
        plumtree_seen_remove(s, LIST_OF(s->recent.next, struct plumtree_origin, recent));
    }
    map_clear(&s->by_id);
    map_clear(&s->by_tag);
}

struct plumtree_origin *plumtree_seen_find(const struct plumtree_seen *s,
                                           const struct overlay_id *id, uint64_t generation)
{
    struct plumtree_origin *o = map_get(&s->by_id, overlay_id_span(id));
    while (o != NULL && o->generation != generation) {
        o = o->older;
    }
    return o;
}

struct plumtree_origin *plumtree_seen_newest(const struct plumtree_seen *s,
                                             const struct overlay_id *id)
{
    return map_get(&s->by_id, overlay_id_span(id));
}

struct plumtree_origin *plumtree_seen_find_tag(const struct plumtree_seen *s,
                                               const struct plumtree_msg_id *id)
{
    return map_get(&s->by_tag, span_of(id->bytes, PLUMTREE_SEEN_TAG_SIZE));
}

/* Lives of `id`, and the oldest of them. */
static size_t lives_of(const struct plumtree_seen *s, const struct overlay_id *id,
                       struct plumtree_origin **oldest)
{
    size_t count = 0;
    *oldest = NULL;
    for (struct plumtree_origin *o = map_get(&s->by_id, overlay_id_span(id)); o != NULL;
         o = o->older) {
        *oldest = o;
        count++;
    }
    return count;
}

bool plumtree_seen_is_stale(const struct plumtree_seen *s, const struct overlay_id *id,
                            uint64_t generation)
{
    struct plumtree_origin *oldest;
    return lives_of(s, id, &oldest) >= PLUMTREE_SEEN_LIVES_MAX && generation < oldest->generation;
}

struct plumtree_origin *plumtree_seen_victim(const struct plumtree_seen *s,
                                             const struct overlay_id *id)
{
    struct plumtree_origin *oldest;
    if (lives_of(s, id, &oldest) >= PLUMTREE_SEEN_LIVES_MAX) {
        return oldest;
    }
    if (s->count < s->max) {
        return NULL;
    }
    for (struct list *at = list_next(&s->recent, &s->recent); at != NULL;
         at = list_next(&s->recent, at)) {
        struct plumtree_origin *o = LIST_OF(at, struct plumtree_origin, recent);
        if (!o->is_pinned) {
            return o;
        }
    }
    return NULL;
}

struct plumtree_origin *plumtree_seen_stranger(const struct plumtree_seen *s)
{
    for (struct list *at = list_next(&s->recent, &s->recent);
         at != NULL && s->stranger_count >= PLUMTREE_SEEN_STRANGERS_MAX;
         at = list_next(&s->recent, at)) {
        struct plumtree_origin *o = LIST_OF(at, struct plumtree_origin, recent);
        if (o->is_stranger) {
            return o;
        }
    }
    return NULL;
}

void plumtree_seen_set_stranger(struct plumtree_seen *s, struct plumtree_origin *o,
                                bool is_stranger)
{
    s->stranger_count -= o->is_stranger;
    o->is_stranger = is_stranger;
    s->stranger_count += o->is_stranger;
}

void plumtree_seen_tag(uint8_t tag[PLUMTREE_SEEN_TAG_SIZE], const struct overlay_id *id,
                       uint64_t generation)
{
    uint8_t bytes[sizeof tag_use + OVERLAY_ID_SIZE + 8];
    uint8_t hash[HASH_SHA256_SIZE];
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_text(&w, tag_use);
    wr_bytes(&w, overlay_id_span(id));
    wr_u64be(&w, generation);
    hash_sha256(hash, wr_span(&w));
    memcpy(tag, hash, PLUMTREE_SEEN_TAG_SIZE);
}

/* Put `o` among the lives of its origin, newest first. */
static void enchain(struct plumtree_seen *s, struct plumtree_origin *o)
{
    struct plumtree_origin *newest = map_get(&s->by_id, overlay_id_span(&o->id));
    if (newest == NULL || newest->generation < o->generation) {
        o->older = newest;
        (void)map_put(&s->by_id, overlay_id_span(&o->id), o);
        return;
    }
    while (newest->older != NULL && newest->older->generation > o->generation) {
        newest = newest->older;
    }
    o->older = newest->older;
    newest->older = o;
}

static void unchain(struct plumtree_seen *s, struct plumtree_origin *o)
{
    struct plumtree_origin *at = map_get(&s->by_id, overlay_id_span(&o->id));
    if (at != o) {
        while (at->older != o) {
            at = at->older;
        }
        at->older = o->older;
    } else if (o->older != NULL) {
        (void)map_put(&s->by_id, overlay_id_span(&o->older->id), o->older);
    } else {
        (void)map_remove(&s->by_id, overlay_id_span(&o->id));
    }
    o->older = NULL;
}

struct plumtree_origin *plumtree_seen_add(struct plumtree_seen *s, const struct overlay_id *id,
                                          uint64_t generation)
{
    struct plumtree_origin *o = mem_new(sizeof *o);
    o->id = *id;
    o->generation = generation;
    plumtree_seen_tag(o->tag, id, generation);
    o->ranges = o->inline_ranges;
    o->range_cap = PLUMTREE_SEEN_RANGES_INLINE;
    o->position = s->position;
    list_init(&o->cached);
    enchain(s, o);
    void *twin = map_put(&s->by_tag, tag_span(o), o);
    CHECK(twin == NULL); /* else two keys with the same 96 bits of SHA-256 */
    list_push_back(&s->recent, &o->recent);
    s->count++;
    return o;
}

void plumtree_seen_remove(struct plumtree_seen *s, struct plumtree_origin *o)
{
    CHECK(list_is_empty(&o->cached));
    unchain(s, o);
    (void)map_remove(&s->by_tag, tag_span(o));
    list_remove(&o->recent);
    s->count--;
    s->stranger_count -= o->is_stranger;
    if (o->ranges != o->inline_ranges) {
        mem_free(o->ranges);
    }
    mem_free(o);
}

/* The first range that ends behind `sequence`, or range_count. The newest come last and are asked
 * for most: a few steps from the end, else by halves. */
static size_t range_at(const struct plumtree_origin *o, uint32_t sequence)
{
    size_t low = 0;
    size_t high = o->range_count;
    while (low < high) {
        size_t middle = high - low > 2 ? low + (high - low) / 2 : high - 1;
        if (o->ranges[middle].first + o->ranges[middle].count > sequence) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

bool plumtree_seen_has(const struct plumtree_origin *o, uint32_t sequence)
{
    size_t i = range_at(o, sequence);
    return i < o->range_count && o->ranges[i].first <= sequence;
}

uint32_t plumtree_seen_missing(const struct plumtree_origin *o, uint32_t sequence)
{
    size_t i = range_at(o, sequence);
    bool is_here = i < o->range_count && o->ranges[i].first <= sequence;
    return is_here ? o->ranges[i].first + o->ranges[i].count : sequence;
}

static void ranges_remove(struct plumtree_origin *o, size_t at)
{
    memmove(&o->ranges[at], &o->ranges[at + 1], (o->range_count - at - 1u) * sizeof o->ranges[0]);
    o->range_count--;
}

/* Make room for one more range at the end. */
static void ranges_grow(struct plumtree_origin *o)
{
    if (o->range_count < o->range_cap) {
        return;
    }
    uint16_t cap = (uint16_t)(o->range_cap * 2);
    if (o->ranges == o->inline_ranges) {
        o->ranges = mem_new_array(cap, sizeof o->ranges[0]);
        memcpy(o->ranges, o->inline_ranges, sizeof o->inline_ranges);
    } else {
        o->ranges = mem_resize(o->ranges, cap * sizeof o->ranges[0]);
    }
    o->range_cap = cap;
}

/* Give storage back once the holes are closed. */
static void ranges_shrink(struct plumtree_origin *o)
{
    if (o->ranges == o->inline_ranges || o->range_count > PLUMTREE_SEEN_RANGES_INLINE) {
        return;
    }
    memcpy(o->inline_ranges, o->ranges, o->range_count * sizeof o->ranges[0]);
    mem_free(o->ranges);
    o->ranges = o->inline_ranges;
    o->range_cap = PLUMTREE_SEEN_RANGES_INLINE;
}

static void ranges_insert(struct plumtree_seen *s, struct plumtree_origin *o, size_t at,
                          uint32_t sequence)
{
    ranges_grow(o);
    memmove(&o->ranges[at + 1], &o->ranges[at], (o->range_count - at) * sizeof o->ranges[0]);
    o->ranges[at] = (struct plumtree_msg_range){.first = sequence, .count = 1};
    o->range_count++;
    if (o->range_count > PLUMTREE_SEEN_RANGES_MAX) {
        o->ranges[0].count = o->ranges[1].first + o->ranges[1].count - o->ranges[0].first;
        ranges_remove(o, 1);
        s->given_up++;
    }
}

void plumtree_seen_mark(struct plumtree_seen *s, struct plumtree_origin *o, uint32_t sequence)
{
    size_t i = range_at(o, sequence);
    bool joins_before = i > 0 && o->ranges[i - 1].first + o->ranges[i - 1].count == sequence;
    bool joins_behind = i < o->range_count && o->ranges[i].first == sequence + 1;
    CHECK(sequence > 0 && sequence < UINT32_MAX && !plumtree_seen_has(o, sequence));
    if (joins_before && joins_behind) {
        o->ranges[i - 1].count += 1 + o->ranges[i].count;
        ranges_remove(o, i);
        ranges_shrink(o);
    } else if (joins_before) {
        o->ranges[i - 1].count++;
    } else if (joins_behind) {
        o->ranges[i].first--;
        o->ranges[i].count++;
    } else {
        ranges_insert(s, o, i, sequence);
    }
    s->position++;
    o->position = s->position;
    list_remove(&o->recent);
    list_push_back(&s->recent, &o->recent);
}

struct plumtree_msg_id plumtree_seen_id(const struct plumtree_origin *o, uint32_t sequence)
{
    struct plumtree_msg_id id;
    struct wr w;
    wr_init(&w, span_mut_of(id.bytes, sizeof id.bytes));
    wr_bytes(&w, tag_span(o));
    wr_u32be(&w, sequence);
    return id;
}

uint32_t plumtree_seen_sequence(const struct plumtree_msg_id *id)
{
    struct rd r;
    rd_init(&r, span_of(id->bytes + PLUMTREE_SEEN_TAG_SIZE, 4));
    return rd_u32be(&r);
}

bool plumtree_seen_offer(const struct plumtree_origin *o, const struct random *random,
                         struct plumtree_msg_offer *offer, bool *is_all)
{
    size_t i = range_at(o, o->offer_low);
    *is_all = true;
    if (list_is_empty(&o->cached) || i == o->range_count) {
        return false;
    }
    size_t parts = (o->range_count - i + PLUMTREE_MSG_RANGES_MAX - 1) / PLUMTREE_MSG_RANGES_MAX;
    if (parts > 1) {
        i += (size_t)random_below(random, parts) * PLUMTREE_MSG_RANGES_MAX;
        *is_all = false;
    }
    offer->origin = o->id;
    offer->generation = o->generation;
    offer->range_count = 0;
    for (; i < o->range_count && offer->range_count < PLUMTREE_MSG_RANGES_MAX; i++) {
        struct plumtree_msg_range r = o->ranges[i];
        if (r.first < o->offer_low) {
            r.count -= o->offer_low - r.first;
            r.first = o->offer_low;
        }
        offer->ranges[offer->range_count++] = r;
    }
    return true;
}

static void check_origin(const struct plumtree_seen *s, const struct plumtree_origin *o)
{
    uint64_t end = 0;
    CHECK(o->range_count <= PLUMTREE_SEEN_RANGES_MAX && o->range_count <= o->range_cap);
    CHECK((o->ranges == o->inline_ranges) == (o->range_cap == PLUMTREE_SEEN_RANGES_INLINE));
    for (size_t i = 0; i < o->range_count; i++) {
        CHECK(o->ranges[i].count > 0 && o->ranges[i].first > end);
        end = (uint64_t)o->ranges[i].first + o->ranges[i].count;
    }
    CHECK(end <= UINT32_MAX && o->position <= s->position);
    CHECK(plumtree_seen_find(s, &o->id, o->generation) == o);
    CHECK(map_get(&s->by_tag, tag_span(o)) == o);
    CHECK(o->older == NULL || o->older->generation < o->generation);
}

void plumtree_seen_check(const struct plumtree_seen *s)
{
    size_t count = 0;
    size_t strangers = 0;
    uint64_t position = 0;
    for (struct list *at = list_next(&s->recent, &s->recent); at != NULL;
         at = list_next(&s->recent, at)) {
        struct plumtree_origin *o = LIST_OF(at, struct plumtree_origin, recent);
        check_origin(s, o);
        CHECK(o->position >= position);
        position = o->position;
        strangers += o->is_stranger;
        count++;
    }
    CHECK(strangers == s->stranger_count);
    CHECK(count == s->count && count == s->by_tag.count && s->by_id.count <= count);
    map_check(&s->by_id);
    map_check(&s->by_tag);
}
