/*
 * One namespace.
 */
#include "overlay/state_owner.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/hash.h"

#define CAP_MIN 4 /* entries; most owners have a handful of keys */

static const char signed_use[] = "wavu state 1";

struct span state_owner_key(const struct state_entry *e)
{
    return span_of(e->bytes, e->key_len);
}

struct span state_owner_value(const struct state_entry *e)
{
    return span_of(e->bytes + e->key_len, e->value_len);
}

uint32_t state_owner_cost(size_t key_len, size_t value_len)
{
    return (uint32_t)(key_len + value_len + STATE_OWNER_ENTRY_COST);
}

static uint32_t cost_of(const struct state_entry *e)
{
    return state_owner_cost(e->key_len, e->value_len);
}

struct span state_owner_head(struct span_mut out, const struct overlay_id *owner,
                             uint64_t generation, const struct state_msg_entry *e)
{
    struct wr w;
    wr_init(&w, out);
    wr_text(&w, signed_use);
    wr_bytes(&w, overlay_id_span(owner));
    wr_u64be(&w, generation);
    wr_u64be(&w, e->version);
    wr_u8(&w, e->is_deleted ? 1 : 0);
    wr_u16be(&w, (uint16_t)e->key.len);
    wr_bytes(&w, e->key);
    wr_bytes(&w, e->set);
    CHECK(wr_finish(&w) == 0);
    return wr_span(&w);
}

/* Where `key` stands, or count. */
static size_t index_of(const struct state_owner *o, struct span key)
{
    size_t i = 0;
    while (i < o->count && !span_is_equal(state_owner_key(o->entries[i]), key)) {
        i++;
    }
    return i;
}

struct state_entry *state_owner_find(const struct state_owner *o, struct span key)
{
    size_t i = index_of(o, key);
    return i < o->count ? o->entries[i] : NULL;
}

/* True when a key here has that version: an owner that signs two keys with one is not believed
 * twice. */
static bool has_version(const struct state_owner *o, uint64_t version)
{
    size_t i = o->count;
    while (i > o->past_count && o->entries[i - 1]->version > version) {
        i--;
    }
    return i > o->past_count && o->entries[i - 1]->version == version;
}

bool state_owner_wants(const struct state_owner *o, const struct state_msg_entry *e)
{
    const struct state_entry *old = state_owner_find(o, e->key);
    if (old != NULL && !old->is_past && e->version <= old->version) {
        return false;
    }
    return e->version > o->version || (!o->is_whole && !has_version(o, e->version));
}

bool state_owner_has_room(const struct state_owner *o, const struct state_msg_entry *e)
{
    const struct state_entry *old = state_owner_find(o, e->key);
    size_t keys = o->count - o->past_count;
    size_t bytes = o->bytes - o->past_bytes + state_owner_cost(e->key.len, e->value.len);
    if (old != NULL && !old->is_past) {
        bytes -= cost_of(old);
    } else {
        keys++;
    }
    return keys <= STATE_OWNER_KEYS_MAX && bytes <= STATE_OWNER_BYTES_MAX;
}

/* Take the entry at `i` out of the array. */
static struct state_entry *take_at(struct state_owner *o, size_t i)
{
    struct state_entry *e = o->entries[i];
    memmove(&o->entries[i], &o->entries[i + 1], (o->count - i - 1u) * sizeof(struct state_entry *));
    o->count--;
    o->bytes -= cost_of(e);
    if (e->is_past) {
        o->past_count--;
        o->past_bytes -= cost_of(e);
    }
    return e;
}

static struct state_entry *entry_new(const struct state_msg_entry *m)
{
    struct state_entry *e = mem_new_raw(sizeof *e + m->key.len + m->value.len);
    memset(e, 0, sizeof *e);
    e->version = m->version;
    e->key_len = (uint16_t)m->key.len;
    e->value_len = (uint16_t)m->value.len;
    e->is_deleted = m->is_deleted;
    memcpy(e->set, m->set.ptr, STATE_MSG_SET_SIZE);
    memcpy(e->signature, m->signature.ptr, OVERLAY_SIGN_SIZE);
    memcpy(e->bytes, m->key.ptr, m->key.len);
    if (m->value.len > 0) {
        memcpy(e->bytes + m->key.len, m->value.ptr, m->value.len);
    }
    return e;
}

struct state_entry *state_owner_put(struct state_owner *o, const struct state_msg_entry *m)
{
    struct state_entry *e = entry_new(m); /* first: `m` may borrow from what is replaced */
    size_t i = index_of(o, m->key);
    struct state_entry *old = i < o->count ? take_at(o, i) : NULL;
    if (o->count == o->cap) {
        o->cap = (uint16_t)(o->cap == 0 ? CAP_MIN : 2 * o->cap);
        o->entries = mem_resize(o->entries, o->cap * sizeof(struct state_entry *));
    }
    for (i = o->count; i > o->past_count && o->entries[i - 1]->version > e->version; i--) {
        o->entries[i] = o->entries[i - 1];
    }
    o->entries[i] = e;
    o->count++;
    o->bytes += cost_of(e);
    o->version = e->version > o->version ? e->version : o->version;
    o->is_whole = false;
    return old;
}

void state_owner_set(const struct state_owner *o, struct span key, uint64_t version,
                     uint8_t set[STATE_MSG_SET_SIZE])
{
    uint8_t bytes[(STATE_OWNER_KEYS_MAX + 1) * (STATE_MSG_KEY_MAX + 10)];
    uint8_t hash[HASH_SHA256_SIZE];
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    for (size_t i = o->past_count; i < o->count; i++) {
        const struct state_entry *e = o->entries[i];
        if (key.len == 0 || !span_is_equal(state_owner_key(e), key)) {
            wr_u64be(&w, e->version);
            wr_u16be(&w, e->key_len);
            wr_bytes(&w, state_owner_key(e));
        }
    }
    if (key.len > 0) {
        wr_u64be(&w, version);
        wr_u16be(&w, (uint16_t)key.len);
        wr_bytes(&w, key);
    }
    CHECK(wr_finish(&w) == 0);
    hash_sha256(hash, wr_span(&w));
    memcpy(set, hash, STATE_MSG_SET_SIZE);
}

void state_owner_settle(struct state_owner *o)
{
    uint8_t set[STATE_MSG_SET_SIZE];
    if (o->count == o->past_count) {
        o->is_whole = false;
        return;
    }
    state_owner_set(o, span_empty(), 0, set);
    o->is_whole = span_is_equal(span_of(set, sizeof set),
                                span_of(o->entries[o->count - 1]->set, STATE_MSG_SET_SIZE));
}

void state_owner_begin(struct state_owner *o, uint64_t generation)
{
    CHECK(generation > o->generation && o->past_count == 0);
    for (size_t i = 0; i < o->count; i++) {
        o->entries[i]->is_past = true;
    }
    o->past_count = o->count;
    o->past_bytes = o->bytes - STATE_OWNER_COST;
    o->generation = generation;
    o->version = 0;
    o->is_whole = false;
}

struct state_entry *state_owner_take(struct state_owner *o)
{
    if (o->count > 0) {
        return take_at(o, 0);
    }
    mem_free(o->entries);
    o->entries = NULL;
    o->cap = 0;
    return NULL;
}

struct state_msg_entry state_owner_show(const struct state_entry *e)
{
    return (struct state_msg_entry){.version = e->version,
                                    .key = state_owner_key(e),
                                    .value = state_owner_value(e),
                                    .is_deleted = e->is_deleted,
                                    .set = span_of(e->set, sizeof e->set),
                                    .signature = span_of(e->signature, sizeof e->signature)};
}

size_t state_owner_write(const struct state_owner *o, uint64_t version, size_t budget, struct wr *w)
{
    size_t count = 0;
    size_t start = w->len;
    for (size_t i = o->past_count; i < o->count; i++) {
        struct state_msg_entry e = state_owner_show(o->entries[i]);
        if (e.version <= version) {
            continue;
        }
        if (count > 0 && w->len - start + state_msg_entry_size(&e) > budget) {
            break;
        }
        state_msg_put_entry(w, &e);
        count++;
    }
    return count;
}

void state_owner_check(const struct state_owner *o)
{
    uint32_t bytes = STATE_OWNER_COST;
    uint32_t past_bytes = 0;
    uint64_t version = 0;
    CHECK(o->past_count <= o->count && o->count <= o->cap);
    CHECK(o->count - o->past_count <= STATE_OWNER_KEYS_MAX);
    for (size_t i = 0; i < o->count; i++) {
        const struct state_entry *e = o->entries[i];
        CHECK(e->is_past == (i < o->past_count));
        CHECK(state_owner_find(o, state_owner_key(e)) == e);
        bytes += cost_of(e);
        if (e->is_past) {
            past_bytes += cost_of(e);
            continue;
        }
        CHECK(e->version > version && e->version <= o->version);
        version = e->version;
    }
    CHECK(bytes == o->bytes && past_bytes == o->past_bytes);
    CHECK(bytes - past_bytes - STATE_OWNER_COST <= STATE_OWNER_BYTES_MAX);
    CHECK(o->is_forgotten || version == o->version);
    CHECK(!o->is_forgotten || o->count == 0);
}
