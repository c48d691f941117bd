/*
 * Views come from the membership log by way of the machine's owner; leaf keys from there and from
 * changes. Both are public.
 */
#include "group/epoch_view.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"

#define FIRST_DEVICES 8

void epoch_view_init(struct epoch_views *v)
{
    memset(v, 0, sizeof *v);
    list_init(&v->sets);
}

static void free_set(struct epoch_members *m)
{
    list_remove(&m->link);
    mem_free(m->log_heads);
    mem_free(m->slots);
    mem_free(m);
}

void epoch_view_clear(struct epoch_views *v)
{
    CHECK(list_is_empty(&v->sets)); /* who refers to them is gone */
    for (size_t i = 0; i < v->device_count; i++) {
        mem_free(v->devices[i].mlkem);
        buf_clear(&v->devices[i].said);
        buf_clear(&v->devices[i].said_full);
    }
    mem_free(v->devices);
    memset(v, 0, sizeof *v);
}

/* The place of `device` in v->by_id, or where it would stand. */
static size_t place_of(const struct epoch_views *v, const uint8_t device[32])
{
    size_t low = 0;
    size_t high = v->used;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (span_compare(span_of(v->devices[v->by_id[middle]].id, 32), span_of(device, 32)) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int epoch_view_slot(const struct epoch_views *v, const uint8_t device[32])
{
    size_t at = place_of(v, device);
    bool is_here = at < v->used &&
                   span_is_equal(span_of(v->devices[v->by_id[at]].id, 32), span_of(device, 32));

    return is_here ? v->by_id[at] : -1;
}

/* A zeroed place at the end. */
static struct epoch_device *append_place(struct epoch_views *v)
{
    if (v->device_count == v->device_cap) {
        v->device_cap = v->device_cap > 0 ? 2 * v->device_cap : FIRST_DEVICES;
        v->devices = mem_resize(v->devices, v->device_cap * sizeof *v->devices);
    }
    struct epoch_device *d = &v->devices[v->device_count++];
    memset(d, 0, sizeof *d);
    return d;
}

bool epoch_view_skip(struct epoch_views *v)
{
    bool has_room = v->device_count < EPOCH_VIEW_DEVICES_MAX;

    if (has_room) {
        (void)append_place(v);
        v->free_from = v->device_count; /* what follows goes behind it */
    }
    return has_room;
}

/* What all devices of one member have in common. The ids are keys: who would make two of them begin
 * alike gains a share in common with that other one. */
static uint64_t owner_of(const uint8_t id[32])
{
    struct rd r;

    rd_init(&r, span_of(id, 32));
    return rd_u64be(&r);
}

int epoch_view_enter(struct epoch_views *v, const uint8_t device[32])
{
    int slot = epoch_view_slot(v, device);

    if (slot >= 0 || v->used == EPOCH_VIEW_DEVICES_MAX) {
        return slot;
    }
    while (v->free_from < v->device_count && v->devices[v->free_from].is_used) {
        v->free_from++;
    }
    size_t at = place_of(v, device);
    struct epoch_device *d =
        v->free_from < v->device_count ? &v->devices[v->free_from] : append_place(v);
    memcpy(d->id, device, 32);
    d->is_used = true;
    d->owner = owner_of(device);
    buf_init(&d->said, EPOCH_MSG_SIZE_MAX);
    buf_init(&d->said_full, EPOCH_MSG_SIZE_MAX);
    memmove(&v->by_id[at + 1], &v->by_id[at], (v->used - at) * sizeof v->by_id[0]);
    v->by_id[at] = (uint16_t)(d - v->devices);
    v->used++;
    return v->by_id[at];
}

void epoch_view_sweep(struct epoch_views *v, const uint8_t kept[EPOCH_VIEW_DEVICES_MAX / 8])
{
    size_t used = 0;

    for (size_t i = 0; i < v->used; i++) {
        uint16_t slot = v->by_id[i];
        struct epoch_device *d = &v->devices[slot];
        if ((kept[slot / 8] & 1u << slot % 8) != 0) {
            v->by_id[used++] = slot;
            continue;
        }
        mem_free(d->mlkem);
        buf_clear(&d->said);
        buf_clear(&d->said_full);
        memset(d, 0, sizeof *d);
    }
    v->used = used;
    v->free_from = 0;
    while (v->device_count > 0 && !v->devices[v->device_count - 1].is_used) {
        v->device_count--;
    }
}

int epoch_view_first(const struct epoch_views *v, int slot)
{
    int first = 0;

    while (!v->devices[first].is_used || v->devices[first].owner != v->devices[slot].owner) {
        first++;
    }
    return first;
}

size_t epoch_view_fresh(const struct epoch_views *v, const struct epoch_view *view)
{
    size_t fresh = 0;

    for (size_t i = 0; i < view->count; i++) {
        fresh += epoch_view_slot(v, view->members[i].device) < 0;
    }
    return fresh;
}

void epoch_view_key(uint8_t key[32], struct epoch_msg_ids log_heads)
{
    hash_sha256(key, span_of(log_heads.bytes, log_heads.count * EPOCH_MSG_ID_SIZE));
}

struct epoch_members *epoch_view_find(const struct epoch_views *v, struct epoch_msg_ids log_heads)
{
    uint8_t key[32];

    epoch_view_key(key, log_heads);
    for (struct list *at = list_next(&v->sets, &v->sets); at != NULL;
         at = list_next(&v->sets, at)) {
        struct epoch_members *m = LIST_OF(at, struct epoch_members, link);
        if (span_is_equal(span_of(m->log_key, 32), span_of(key, 32))) {
            return m;
        }
    }
    return NULL;
}

struct epoch_members *epoch_view_ref(struct epoch_members *m)
{
    m->refs++;
    return m;
}

void epoch_view_drop(struct epoch_members *m)
{
    if (m != NULL && --m->refs == 0) {
        free_set(m);
    }
}

static bool ascends(const struct epoch_view *view)
{
    for (size_t i = 1; i < view->count; i++) {
        if (span_compare(span_of(view->members[i - 1].device, 32),
                         span_of(view->members[i].device, 32)) >= 0) {
            return false;
        }
    }
    return view->count > 0 && view->log_heads.count <= EPOCH_VIEW_LOG_HEADS_MAX;
}

static void take_member(struct epoch_device *d, const struct epoch_member *member)
{
    if (member->owner != NULL) {
        d->owner = owner_of(member->owner);
    }
    if (d->leaf_sequence == 0 && d->said_full.len == 0 && member->leaf != NULL) {
        memcpy(d->leaf, member->leaf, sizeof d->leaf);
        d->has_leaf = true;
    }
    if (member->mlkem == NULL || d->mlkem_sequence > 0 || d->said_full.len > 0) {
        return;
    }
    if (d->mlkem == NULL) {
        d->mlkem = mem_new_raw(MLKEM_PUBLIC_SIZE);
    }
    memcpy(d->mlkem, member->mlkem, MLKEM_PUBLIC_SIZE);
}

/* A new set without its log heads, of devices that have places. */
static struct epoch_members *make_set(struct epoch_views *v, const struct epoch_view *view)
{
    struct epoch_members *m = mem_new(sizeof *m);

    m->slots = mem_new_array(view->count, sizeof *m->slots);
    m->count = view->count;
    for (size_t i = 0; i < view->count; i++) {
        int slot = epoch_view_enter(v, view->members[i].device);
        CHECK(slot >= 0);
        m->slots[i] = (uint16_t)slot;
        m->bits[slot / 8] |= (uint8_t)(1u << slot % 8);
    }
    epoch_view_hash(m->hash, v, m->slots, m->count);
    return m;
}

/* Whether `m` has the devices of `view` and no other: both ascend. */
static bool has_all(const struct epoch_views *v, const struct epoch_members *m,
                    const struct epoch_view *view)
{
    bool is_same = m->count == view->count;

    for (size_t i = 0; i < view->count && is_same; i++) {
        is_same = span_is_equal(span_of(v->devices[m->slots[i]].id, 32),
                                span_of(view->members[i].device, 32));
    }
    return is_same;
}

int epoch_view_take(struct epoch_views *v, const struct epoch_view *view,
                    struct epoch_members **out)
{
    struct epoch_members *m = NULL;
    size_t size = view->log_heads.count * EPOCH_MSG_ID_SIZE;

    /* All that can be refused is refused before anything is entered. */
    if (!ascends(view)) {
        return WAVU_ERR_INVALID;
    }
    m = epoch_view_find(v, view->log_heads);
    if (m != NULL && !has_all(v, m, view)) {
        return WAVU_ERR_INVALID;
    }
    if (m == NULL && v->used + epoch_view_fresh(v, view) > EPOCH_VIEW_DEVICES_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (m == NULL) {
        m = make_set(v, view);
        epoch_view_key(m->log_key, view->log_heads);
        m->log_heads = mem_new_raw(size + 1);
        if (size > 0) {
            memcpy(m->log_heads, view->log_heads.bytes, size);
        }
        m->log_head_count = view->log_heads.count;
        list_push_back(&v->sets, &m->link);
    }
    for (size_t i = 0; i < view->count; i++) {
        take_member(&v->devices[m->slots[i]], &view->members[i]);
    }
    *out = epoch_view_ref(m);
    return 0;
}

bool epoch_view_has(const struct epoch_members *m, int slot)
{
    return slot >= 0 && (m->bits[slot / 8] & 1u << slot % 8) != 0;
}

int epoch_view_index(const struct epoch_members *m, int slot)
{
    for (size_t i = 0; epoch_view_has(m, slot) && i < m->count; i++) {
        if (m->slots[i] == slot) {
            return (int)i;
        }
    }
    return -1;
}

size_t epoch_view_common(uint16_t *slots, struct epoch_members *const *sets, size_t count)
{
    size_t found = 0;

    for (size_t i = 0; i < sets[0]->count; i++) {
        uint16_t slot = sets[0]->slots[i];
        bool is_common = true;
        for (size_t k = 1; k < count && is_common; k++) {
            is_common = epoch_view_has(sets[k], slot);
        }
        if (is_common) {
            slots[found++] = slot;
        }
    }
    return found;
}

void epoch_view_hash(uint8_t hash[32], const struct epoch_views *v, const uint16_t *slots,
                     size_t count)
{
    uint8_t *joined = mem_new_raw(count * 32 + 1);

    for (size_t i = 0; i < count; i++) {
        memcpy(joined + i * 32, v->devices[slots[i]].id, 32);
    }
    signer_id(hash, "wavu epoch members 1", span_of(joined, count * 32));
    mem_free(joined);
}

void epoch_view_state_leaf(struct epoch_device *d, const struct epoch_msg_leaf *leaf,
                           struct span message)
{
    CHECK(d->leaf_sequence == 0 && d->mlkem_sequence == 0);
    if (d->mlkem == NULL) {
        d->mlkem = mem_new_raw(MLKEM_PUBLIC_SIZE);
    }
    memcpy(d->mlkem, leaf->mlkem, MLKEM_PUBLIC_SIZE);
    memcpy(d->leaf, leaf->leaf, sizeof d->leaf);
    d->has_leaf = true;
    buf_clear(&d->said_full);
    CHECK(buf_append(&d->said_full, message) == 0);
}

static void set_mlkem(struct epoch_device *d, const struct epoch_msg_change *c, struct span message)
{
    d->mlkem_sequence = c->sequence;
    if (d->mlkem == NULL) {
        d->mlkem = mem_new_raw(MLKEM_PUBLIC_SIZE);
    }
    memcpy(d->mlkem, c->mlkem, MLKEM_PUBLIC_SIZE);
    buf_clear(&d->said_full);
    CHECK(buf_append(&d->said_full, message) == 0);
}

void epoch_view_set_leaf(struct epoch_device *d, const struct epoch_msg_change *c,
                         struct span message)
{
    if (c->kind != EPOCH_MSG_SEED) {
        return;
    }
    if (c->mlkem != NULL && c->sequence > d->mlkem_sequence) {
        set_mlkem(d, c, message);
    }
    if (c->sequence > d->leaf_sequence) {
        d->leaf_sequence = c->sequence;
        d->has_leaf = true;
        memcpy(d->leaf, c->leaf, sizeof d->leaf);
        buf_clear(&d->said);
        if (c->mlkem == NULL) {
            CHECK(buf_append(&d->said, message) == 0);
        }
    }
}
