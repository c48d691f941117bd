/*
 * Entries come from rooms to be sealed, and sealed ones from members to be opened.
 *
 * A generation is used up when all of an entry has proved itself, not before: what is refused
 * leaves chains as they were.
 */
#include "group/epoch_seal.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "group/epoch_hold.h"
#include "group/epoch_room.h"

#define FORMAT 2
#define AD_SIZE (1 + 1 + 3 * 32 + 4)

static const uint8_t nonce_zero[AEAD_NONCE_SIZE];

/* The clear head of a sealed entry, and what follows it. */
struct sealed {
    enum aead_kind kind;
    uint8_t device[EPOCH_MSG_HINT_SIZE];
    uint8_t epoch[EPOCH_MSG_HINT_SIZE];
    uint32_t generation;
    struct span text; /* ciphertext without its tag */
    const uint8_t *tag;
};

int epoch_seal_room(struct epoch *e, const uint8_t room[32])
{
    for (size_t i = 0; i < e->room_count; i++) {
        if (span_is_equal(span_of(e->rooms[i], 32), span_of(room, 32))) {
            return 0;
        }
    }
    if (e->room_count == EPOCH_ROOMS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    e->rooms = mem_resize(e->rooms, (e->room_count + 1) * sizeof *e->rooms);
    memcpy(e->rooms[e->room_count++], room, 32);
    return 0;
}

static struct span associated(uint8_t ad[AD_SIZE], const struct epoch *e, enum aead_kind kind,
                              const struct epoch_set *s, size_t index, uint32_t generation)
{
    struct wr w;

    wr_init(&w, span_mut_of(ad, AD_SIZE));
    wr_u8(&w, aead_number(kind));
    wr_u8(&w, FORMAT);
    wr_bytes(&w, span_of(e->config.group, 32));
    wr_bytes(&w, span_of(s->id, 32));
    wr_bytes(&w, span_of(e->views.devices[s->slots[index]].id, 32));
    wr_u32be(&w, generation);
    CHECK(wr_finish(&w) == 0);
    return wr_span(&w);
}

/* Tell the others what the hint of an epoch of several heads means. */
static void name(struct epoch *e, struct epoch_set *s)
{
    uint8_t ids[EPOCH_MSG_PARENTS_MAX * 32];
    struct epoch_msg_ids heads = {.bytes = ids, .count = s->head_count};
    struct wr w;

    for (size_t i = 0; i < s->head_count; i++) {
        memcpy(ids + i * 32, s->heads[i]->id, 32);
    }
    wr_init(&w, span_mut_of(NULL, 0));
    epoch_msg_write_name(&w, e->config.group, heads);
    struct epoch_out *out = epoch_emit(e, EPOCH_SAY, w.len);
    wr_init(&w, span_mut_of(out->bytes, w.len));
    epoch_msg_write_name(&w, e->config.group, heads);
    s->is_named = true;
}

/* Ask for the block behind `generation`: it is ours once a state that says so is durable. That
 * state has the epoch, too, so no restart meets generations used of an epoch that it does not know.
 */
static void reserve(struct epoch *e, struct epoch_set *s, uint32_t generation)
{
    uint32_t upto = (generation / EPOCH_SET_BLOCK + 1) * EPOCH_SET_BLOCK;

    if (upto > s->asked && upto <= CHAIN_GENERATIONS_MAX) {
        s->asked = upto;
        s->ticket = epoch_save(e);
    }
}

/* The epoch to write under: the one held on to while it lasts, so that the new one can come to all
 * meanwhile, and have generations on the disk when it is needed. */
static int choose(struct epoch *e, struct epoch_set **set)
{
    bool may_hold = epoch_hold_may(e);

    if (e->bar == EPOCH_READY && e->writing == NULL) {
        e->writing = epoch_set_of(e, e->graph.heads[0]->since, e->graph.heads, e->graph.head_count);
    }
    if (may_hold && epoch_set_next(e->held, e->held->own) < CHAIN_GENERATIONS_MAX) {
        if (e->bar == EPOCH_READY && e->writing != NULL && e->writing->asked == 0) {
            reserve(e, e->writing, 0);
        }
        *set = e->held;
        return 0;
    }
    if (e->bar != EPOCH_READY) {
        return may_hold ? WAVU_ERR_EXHAUSTED : WAVU_ERR_DENIED;
    }
    *set = e->writing;
    return e->writing != NULL ? 0 : WAVU_ERR_LIMIT;
}

/* That epoch, when one may write; `*generation` is the next of ours in it. */
static int find_writing(struct epoch *e, struct epoch_set **set, uint32_t *generation)
{
    int rc = choose(e, set);

    if (rc < 0) {
        return rc;
    }
    *generation = epoch_set_next(*set, (*set)->own);
    if (*generation >= CHAIN_GENERATIONS_MAX) {
        return WAVU_ERR_EXHAUSTED;
    }
    if (!(*set)->is_named && e->out_bytes + EPOCH_MSG_SIZE_MAX > EPOCH_OUT_BYTES_MAX) {
        return WAVU_ERR_AGAIN; /* its name could not be told */
    }
    if (*generation >= (*set)->reserved) {
        reserve(e, *set, *generation);
        return WAVU_ERR_AGAIN;
    }
    return 0;
}

/* Seal the signed `entry` with `key` behind what `w` has. */
static void put_sealed(struct epoch *e, const struct epoch_set *s, const struct chain_peek *peek,
                       const struct entry *entry, struct wr *w)
{
    struct aead_key key = {.kind = e->config.kind, .is_passing = true};
    uint8_t ad[AD_SIZE];
    uint8_t tag[AEAD_TAG_SIZE];
    size_t start = 0;

    wr_u8(w, aead_number(e->config.kind));
    wr_bytes(w, span_of(e->config.device->public_key, EPOCH_MSG_HINT_SIZE));
    wr_bytes(w, span_of(s->id, EPOCH_MSG_HINT_SIZE));
    wr_varint(w, peek->generation);
    start = w->len;
    CHECK(entry_write_plain(w, entry) == 0); /* it was just signed, content and all */
    memcpy(key.bytes, peek->keys.key, sizeof key.bytes);
    aead_seal(e->config.aead, &key, nonce_zero,
              associated(ad, e, e->config.kind, s, (size_t)s->own, peek->generation),
              span_mut_slice(w->out, start, w->len - start), tag);
    wr_bytes(w, span_of(tag, sizeof tag));
    CHECK(!w->failed);
    secret_wipe(&key, sizeof key);
}

static void tell_worn(struct epoch *e)
{
    if ((!e->is_due_told || e->due == EPOCH_CLASSIC) && epoch_hold_is_worn(e)) {
        e->is_due_told = true;
        e->due = EPOCH_READY;
        epoch_emit(e, EPOCH_DUE, 0)->event.bar = EPOCH_READY;
    }
}

int epoch_seal_write(struct epoch *e, struct entry *entry, struct wr *w)
{
    struct epoch_set *s = NULL;
    struct chain_peek peek;
    uint32_t generation = 0;
    int rc = find_writing(e, &s, &generation);

    if (rc < 0) {
        return rc;
    }
    if (w->failed || w->out.len - w->len < EPOCH_SEAL_OVERHEAD_MAX + entry->content.len) {
        return WAVU_ERR_LIMIT;
    }
    CHECK(epoch_set_look(s, &e->views, (size_t)s->own, generation, &peek) == 0);
    memcpy(entry->device, e->config.device->public_key, 32);
    memcpy(entry->salt, peek.keys.salt, sizeof entry->salt);
    rc = entry_sign(entry, e->config.group, e->config.signer, e->config.device);
    if (rc == 0) {
        rc = epoch_seal_room(e, entry->room);
    }
    if (rc == 0) {
        if (!s->is_named) {
            name(e, s);
        }
        put_sealed(e, s, &peek, entry, w);
        (void)epoch_set_take(s, &e->views, (size_t)s->own, 0, &peek);
        epoch_used(e);
        if (generation + 1 + EPOCH_SET_BLOCK / 2 >= s->reserved) {
            reserve(e, s, s->reserved);
        }
        if (s == e->writing) {
            epoch_hold_wrote(e, s);
            tell_worn(e);
        }
    }
    chain_drop(&peek);
    return rc;
}

static int read_head(struct sealed *sealed, struct span bytes)
{
    struct rd r;
    uint64_t generation = 0;
    uint8_t aead = 0;

    rd_init(&r, bytes);
    aead = rd_u8(&r);
    rd_copy(&r, sealed->device, sizeof sealed->device);
    rd_copy(&r, sealed->epoch, sizeof sealed->epoch);
    generation = rd_varint(&r);
    if (r.failed || rd_left(&r) < AEAD_TAG_SIZE || generation >= CHAIN_GENERATIONS_MAX ||
        rd_left(&r) > ENTRY_CONTENT_MAX + ENTRY_PLAIN_SIZE_MAX + AEAD_TAG_SIZE ||
        aead_of_number(&sealed->kind, aead) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    sealed->generation = (uint32_t)generation;
    sealed->text = rd_bytes(&r, rd_left(&r) - AEAD_TAG_SIZE);
    sealed->tag = rd_bytes(&r, AEAD_TAG_SIZE).ptr;
    return 0;
}

/* One opening. */
struct opening {
    struct epoch *e;
    uint64_t now;
    struct sealed sealed;
    const struct entry_proof_named *by;
    struct span_mut room;
    struct entry *entry;
};

/* The plaintext as an entry of that device, in a room that is known, and named as such by the
 * broadcast. */
static int prove(const struct opening *o, struct span text, const struct chain_peek *peek,
                 const uint8_t device[32])
{
    const struct epoch *e = o->e;
    struct entry *entry = o->entry;
    uint8_t room_hint[ENTRY_ROOM_HINT_SIZE];
    int rc = entry_read_plain(entry, room_hint, text);

    if (rc < 0) {
        return rc;
    }
    rc = WAVU_ERR_NOT_FOUND;
    memcpy(entry->device, device, 32);
    memcpy(entry->salt, peek->keys.salt, sizeof entry->salt);
    for (size_t i = 0; i < e->room_count && rc < 0; i++) {
        if (span_is_equal(span_of(e->rooms[i], sizeof room_hint),
                          span_of(room_hint, sizeof room_hint))) {
            memcpy(entry->room, e->rooms[i], 32);
            rc = entry_prove(entry, e->config.group, o->by);
        }
    }
    return rc;
}

/* Try it as an entry of the member `index` of `s`. */
static int try_member(const struct opening *o, struct epoch_set *s, size_t index)
{
    struct epoch *e = o->e;
    const struct sealed *sealed = &o->sealed;
    struct aead_key key = {.kind = sealed->kind, .is_passing = true};
    struct chain_peek peek;
    uint8_t ad[AD_SIZE];
    int rc = epoch_set_look(s, &e->views, index, sealed->generation, &peek);

    if (rc == 0) {
        struct span_mut text = span_mut_slice(o->room, 0, sealed->text.len);
        if (text.len > 0) {
            memcpy(text.ptr, sealed->text.ptr, text.len);
        }
        memcpy(key.bytes, peek.keys.key, sizeof key.bytes);
        rc = aead_open(e->config.aead, &key, nonce_zero,
                       associated(ad, e, sealed->kind, s, index, sealed->generation), text,
                       sealed->tag);
        if (rc == 0) {
            rc = prove(o, span_from_mut(text), &peek, e->views.devices[s->slots[index]].id);
        }
    }
    if (rc == 0 && (int)index == s->own) {
        epoch_stop(e); /* ours, and we did not seal it: sealed ones are used up */
        rc = WAVU_ERR_CRYPTO;
    }
    if (rc == 0) {
        int more = epoch_set_take(s, &e->views, index, o->now, &peek);
        e->skipped = (size_t)((ptrdiff_t)e->skipped + more);
        epoch_room_for_kept(e);
        epoch_used(e);
    } else {
        uint32_t next = epoch_set_next(s, (int)index);
        e->vain += sealed->generation >= next ? sealed->generation - next + 1 : 0;
        secret_wipe(o->room.ptr, sealed->text.len);
    }
    chain_drop(&peek);
    secret_wipe(&key, sizeof key);
    return rc;
}

/* How the member at `index` of `s` stands to the hint of a device: as span_compare. */
static int beside_hint(const struct opening *o, const struct epoch_set *s, size_t index)
{
    const uint8_t *id = o->e->views.devices[s->slots[index]].id;

    return span_compare(span_of(id, EPOCH_MSG_HINT_SIZE),
                        span_of(o->sealed.device, EPOCH_MSG_HINT_SIZE));
}

/* Try it with each member of `s` that its hint may mean: they ascend by device, so they stand
 * together. */
static int try_set(const struct opening *o, struct epoch_set *s)
{
    int rc = WAVU_ERR_CRYPTO;
    size_t from = 0;
    size_t to = s->count;

    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (beside_hint(o, s, middle) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    for (size_t i = from; i < s->count && rc == WAVU_ERR_CRYPTO && beside_hint(o, s, i) == 0; i++) {
        rc = try_member(o, s, i);
    }
    return rc;
}

int epoch_seal_open(struct epoch *e, uint64_t now, const struct epoch_seal_came *came,
                    struct span_mut room, struct entry *entry, struct epoch_seal *where)
{
    struct opening o = {
        .e = e, .now = now + e->offset, .by = came->by, .room = room, .entry = entry};
    bool is_known = false;
    int rc = read_head(&o.sealed, came->bytes);

    if (rc < 0) {
        return rc;
    }
    if (room.len < o.sealed.text.len) {
        return WAVU_ERR_LIMIT;
    }
    if (!span_has_prefix(span_of(came->by->device, 32),
                         span_of(o.sealed.device, sizeof o.sealed.device))) {
        return WAVU_ERR_CRYPTO; /* another one's, in that device's broadcast */
    }
    e->told_ns = o.now;
    rc = WAVU_ERR_CRYPTO;
    /* Its name may be on the way still. What is made here is not saved while nothing was opened
     * with it, so an entry that is refused leaves the state as it was. */
    if (e->bar == EPOCH_READY && e->writing == NULL) {
        e->writing = epoch_set_of(e, o.now, e->graph.heads, e->graph.head_count);
    }
    /* What is written under was made last: there are as many as changes, and nearly always it is
     * the first one here. */
    for (struct list *at = e->sets.prev, *before = NULL; at != &e->sets && rc == WAVU_ERR_CRYPTO;
         at = before) {
        struct epoch_set *s = LIST_OF(at, struct epoch_set, link);
        before = at->prev;
        if (span_has_prefix(span_of(s->id, 32), span_of(o.sealed.epoch, EPOCH_MSG_HINT_SIZE))) {
            is_known = true;
            rc = try_set(&o, s);
            memcpy(where->id, s->id, 32);
            where->generation = o.sealed.generation;
        }
    }
    return is_known ? rc : WAVU_ERR_AGAIN;
}
