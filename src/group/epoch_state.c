/*
 * Saving: the machine goes in, bytes leave to the store. Loading: back.
 *
 * Parts refer to each other by their place in the file; each is written behind those it refers to,
 * and a reference to something that has not come is damage.
 */
#include "group/epoch_state.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "group/epoch_form.h"
#include "group/epoch_load.h"
#include "group/epoch_room.h"

/* Heads of fields (at most 6 bytes, a number and its value 12) and what they hold, at most. */
#define HEAD 6
#define NUMBER 12
#define DEVICE_MAX                                                                                 \
    (7 * HEAD + 4 * NUMBER + 2 * 32 + MLKEM_PUBLIC_SIZE + 2 * EPOCH_MSG_CHANGE_SIZE_MAX)
#define VIEW_MAX (3 * HEAD + 32 * EPOCH_MSG_LOG_HEADS_MAX + 2 * EPOCH_VIEW_DEVICES_MAX)
#define CHANGE_MAX                                                                                 \
    (7 * HEAD + 9 * NUMBER + 3 * 32 + 32 * EPOCH_MSG_PARENTS_MAX + EPOCH_VIEW_DEVICES_MAX / 8)
#define SET_MAX (3 * HEAD + 4 * NUMBER + 32 * (EPOCH_MSG_PARENTS_MAX + 1))
#define CHAIN_MAX (3 + 2 + CHAIN_KEY_SIZE + 3) /* without kept keys: HEADs of 3 and 2, 2 bytes */
#define WAITING_MAX (3 * HEAD + NUMBER + 32 + EPOCH_MSG_SIZE_MAX)
#define OWN_MAX (3 * HEAD + NUMBER + X25519_SIZE + MLKEM_SEED_SIZE)
#define SECRETS_MAX (EPOCH_ROOM_SECRETS_MAX + EPOCH_ROOM_SECRETS_OWN)
#define MANY_MAX ((EPOCH_SETS_MAX - EPOCH_GRAPH_CHANGES_MAX) * EPOCH_VIEW_DEVICES_MAX)

_Static_assert(EPOCH_STATE_SIZE_MAX >=
                   EPOCH_VIEW_DEVICES_MAX * DEVICE_MAX +
                       /* those of changes, and the one of now, which may have more log heads */
                       (EPOCH_GRAPH_CHANGES_MAX + 1) * VIEW_MAX + 32 * EPOCH_VIEW_LOG_HEADS_MAX +
                       HEAD + EPOCH_FORM_NAME_SIZE * EPOCH_GRAPH_PAST_MAX +
                       EPOCH_GRAPH_CHANGES_MAX * CHANGE_MAX + EPOCH_SETS_MAX * SET_MAX +
                       SECRETS_MAX * (EPOCH_FORM_PAIR_SIZE + CHAIN_MAX) + MANY_MAX * CHAIN_MAX +
                       EPOCH_SKIPPED_MAX * (EPOCH_FORM_SKIPPED_SIZE + HEAD) +
                       EPOCH_WAITING_MAX * WAITING_MAX + (EPOCH_LEAVES_MAX + 1) * OWN_MAX +
                       /* a message has 64 bytes at least */
                       EPOCH_OUT_BYTES_MAX / 64 * (3 * HEAD + 32) + EPOCH_OUT_BYTES_MAX +
                       EPOCH_ROOMS_MAX * (HEAD + 32) + 1024,
               "whatever the machine holds can be saved");

/* One nested message being written. */
struct part {
    const struct epoch *e;
    const void *what;
};

typedef void put_part(struct wr *w, const struct part *part);

/* The message is written first and moved behind its head then: measured before, what is nested
 * three deep would be made eight times. */
static void put_nested(struct wr *w, uint32_t number, put_part *put, const struct epoch *e,
                       const void *what)
{
    struct part part = {.e = e, .what = what};
    uint8_t bytes[NUMBER];
    const size_t at = w->len;
    struct wr head;

    put(w, &part);
    const size_t len = w->len - at;

    wr_init(&head, span_mut_of(bytes, sizeof bytes));
    pb_write_head(&head, number, len);
    CHECK(wr_finish(&head) == 0);
    wr_bytes(w, wr_span(&head)); /* makes room, or counts */
    if (!w->failed) {
        memmove(w->out.ptr + at + head.len, w->out.ptr + at, len);
        memcpy(w->out.ptr + at, bytes, head.len);
    }
}

static void put_device(struct wr *w, const struct part *part)
{
    const struct epoch_device *d = part->what;

    if (!d->is_used) {
        return; /* a free place */
    }
    pb_write_bytes(w, 1, span_of(d->id, 32));
    if (d->has_leaf) {
        pb_write_bytes(w, 2, span_of(d->leaf, 32));
    }
    if (d->mlkem != NULL) {
        pb_write_bytes(w, 3, span_of(d->mlkem, MLKEM_PUBLIC_SIZE));
    }
    pb_write_varint(w, 4, d->leaf_sequence);
    if (d->said.len > 0) {
        pb_write_bytes(w, 5, buf_span(&d->said));
    }
    if (d->said_full.len > 0) {
        pb_write_bytes(w, 6, buf_span(&d->said_full));
    }
    pb_write_varint(w, 7, d->mlkem_sequence);
    pb_write_varint(w, 8, d->forgotten);
    pb_write_bool(w, 9, d->is_worn);
    pb_write_varint(w, 10, d->answered);
}

static void put_view(struct wr *w, const struct part *part)
{
    const struct epoch_members *m = part->what;

    pb_write_bytes(w, 1, span_of(m->log_heads, m->log_head_count * 32));
    pb_write_head(w, 2, m->count * 2);
    for (size_t i = 0; i < m->count; i++) {
        wr_u16be(w, m->slots[i]);
    }
}

/* The place of `link` in its list. */
static uint64_t place_of(const struct list *head, const struct list *link)
{
    uint64_t place = 0;

    for (struct list *at = list_next(head, head); at != NULL && at != link;
         at = list_next(head, at)) {
        place++;
    }
    return place;
}

static void put_pairs(struct wr *w, const struct epoch_change *c)
{
    pb_write_head(w, 10, c->members->count * EPOCH_FORM_PAIR_SIZE);
    for (size_t i = 0; i < c->members->count; i++) {
        const struct epoch_pair *p = &c->pairs[i];
        wr_u8(w, (uint8_t)((p->has_in ? 1 : 0) | (p->has_out ? 2 : 0)));
        wr_bytes(w, span_of(p->in, 32));
        wr_bytes(w, span_of(p->out, 32));
    }
}

static void put_change(struct wr *w, const struct part *part)
{
    const struct epoch_change *c = part->what;

    pb_write_bytes(w, 1, span_of(c->id, 32));
    pb_write_varint(w, 2, (uint64_t)c->author);
    pb_write_varint(w, 3, c->sequence);
    pb_write_varint(w, 4, c->kind);
    pb_write_bool(w, 5, c->is_full);
    pb_write_bytes(w, 6, span_of(c->parents, c->parent_count * 32));
    pb_write_varint(w, 7, place_of(&part->e->views.sets, &c->members->link));
    pb_write_bytes(w, 8, span_of(c->commitment, 32));
    if (c->has_secret) {
        pb_write_bytes(w, 9, span_of(c->merge, 32));
        if (c->pairs != NULL) {
            put_pairs(w, c);
        }
    }
    pb_write_varint(w, 11, c->since);
    pb_write_varint(w, 12, c->superseded);
    pb_write_bytes(w, 13, span_of(c->passed, sizeof c->passed));
    pb_write_varint(w, 14, (c->is_below ? 1 : 0) | (c->is_orphan ? 2 : 0));
}

static void put_chain(struct wr *w, const struct part *part)
{
    const struct chain *c = part->what;

    pb_write_bytes(w, 1, span_of(c->key, CHAIN_KEY_SIZE));
    pb_write_varint(w, 2, c->next);
    if (c->skipped_count > 0) {
        pb_write_head(w, 3, (size_t)c->skipped_count * EPOCH_FORM_SKIPPED_SIZE);
        for (size_t i = 0; i < c->skipped_count; i++) {
            wr_u64be(w, c->skipped[i].since);
            wr_u32be(w, c->skipped[i].generation);
            wr_bytes(w, span_of(c->skipped[i].keys.key, CHAIN_KEY_SIZE));
            wr_bytes(w, span_of(c->skipped[i].keys.salt, CHAIN_SALT_SIZE));
        }
    }
}

/* Whether `s` is as it comes from the merge secrets of its heads, and nobody named it: it can be
 * made again at any time, so it is no part of the state. */
static bool is_spare(const struct epoch_set *s)
{
    bool is_spare = s->head_count > 1 && !s->is_named && s->asked == 0;

    for (size_t i = 0; i < epoch_set_chain_count(s) && is_spare; i++) {
        is_spare = s->chains[i].next == 0;
    }
    return is_spare;
}

static void put_set(struct wr *w, const struct part *part)
{
    const struct epoch_set *s = part->what;

    pb_write_head(w, 1, s->head_count * 32);
    for (size_t i = 0; i < s->head_count; i++) {
        wr_bytes(w, span_of(s->heads[i]->id, 32));
    }
    pb_write_varint(w, 2, s->asked); /* durable with this very state */
    pb_write_bool(w, 3, s->is_named);
    pb_write_varint(w, 4, s->since);
    pb_write_varint(w, 6, (uint64_t)(s->namer + 1));
    for (size_t i = 0; i < epoch_set_chain_count(s); i++) {
        put_nested(w, 5, put_chain, part->e, &s->chains[i]);
    }
    if (s->chains == NULL) {
        pb_write_bytes(w, 7, span_of(s->root, sizeof s->root));
    }
}

static void put_own(struct wr *w, const struct wrap_own *own)
{
    pb_write_bytes(w, 1, span_of(own->x25519.secret, X25519_SIZE));
    if (own->has_mlkem) {
        pb_write_bytes(w, 2, span_of(own->mlkem_seed, MLKEM_SEED_SIZE));
    }
}

static void put_leaf(struct wr *w, const struct part *part)
{
    const struct epoch_leaf *leaf = part->what;

    put_own(w, &leaf->own);
    pb_write_varint(w, 3, leaf->since);
}

static void put_ask_key(struct wr *w, const struct part *part)
{
    put_own(w, &part->e->ask.key);
    pb_write_varint(w, 3, part->e->ask.since);
}

static void put_pending(struct wr *w, const struct part *part)
{
    const struct epoch_pending *p = part->what;

    pb_write_bytes(w, 1, span_of(p->change->id, 32));
    pb_write_bytes(w, 2, span_of(p->seed, 32));
    pb_write_varint(w, 3, p->next);
}

static void put_waiting(struct wr *w, const struct part *part)
{
    const struct epoch_waiting *one = part->what;

    pb_write_bytes(w, 1, span_of(one->from, 32));
    pb_write_varint(w, 2, one->since);
    pb_write_bytes(w, 3, span_of(one->bytes, one->len));
}

static void put_out(struct wr *w, const struct part *part)
{
    const struct epoch_out *out = part->what;

    if (out->event.kind == EPOCH_TELL) {
        pb_write_bytes(w, 1, span_of(out->event.to, 32));
    }
    pb_write_bytes(w, 2, out->event.bytes);
}

static void put_names(struct wr *w, const struct epoch_graph *g)
{
    pb_write_head(w, EPOCH_FORM_PAST, g->past_count * EPOCH_FORM_NAME_SIZE);
    for (size_t i = 0; i < g->past_count; i++) {
        wr_bytes(w, span_of(g->past[i], 32));
        wr_u64be(w, g->past_by[i]);
        wr_u8(w, g->past_said[i]);
    }
}

static void put_lists(struct wr *w, const struct epoch *e)
{
    for (struct list *l = list_next(&e->views.sets, &e->views.sets); l != NULL;
         l = list_next(&e->views.sets, l)) {
        put_nested(w, EPOCH_FORM_VIEW, put_view, e, LIST_OF(l, struct epoch_members, link));
    }
    if (e->current != NULL) {
        pb_write_varint(w, EPOCH_FORM_CURRENT, place_of(&e->views.sets, &e->current->link));
    }
    put_names(w, &e->graph);
    for (struct list *l = list_next(&e->graph.changes, &e->graph.changes); l != NULL;
         l = list_next(&e->graph.changes, l)) {
        put_nested(w, EPOCH_FORM_CHANGE, put_change, e, LIST_OF(l, struct epoch_change, link));
    }
    for (struct list *l = list_next(&e->sets, &e->sets); l != NULL; l = list_next(&e->sets, l)) {
        if (!is_spare(LIST_OF(l, struct epoch_set, link))) {
            put_nested(w, EPOCH_FORM_SET, put_set, e, LIST_OF(l, struct epoch_set, link));
        }
    }
    for (struct list *l = list_next(&e->waiting, &e->waiting); l != NULL;
         l = list_next(&e->waiting, l)) {
        put_nested(w, EPOCH_FORM_WAITING, put_waiting, e, LIST_OF(l, struct epoch_waiting, link));
    }
    for (struct list *l = list_next(&e->out, &e->out); l != NULL; l = list_next(&e->out, l)) {
        const struct epoch_out *out = LIST_OF(l, struct epoch_out, link);
        if (out->event.kind == EPOCH_SAY || out->event.kind == EPOCH_TELL) {
            put_nested(w, EPOCH_FORM_OUT, put_out, e, out);
        }
    }
}

static void put_state(struct wr *w, const struct epoch *e, uint64_t now)
{
    pb_write_varint(w, EPOCH_FORM_FORMAT, EPOCH_FORM_NUMBER);
    pb_write_bytes(w, EPOCH_FORM_GROUP, span_of(e->config.group, 32));
    pb_write_bytes(w, EPOCH_FORM_SELF, span_of(e->config.device->public_key, 32));
    pb_write_varint(w, EPOCH_FORM_TIME, now + e->offset);
    pb_write_varint(w, EPOCH_FORM_SEQUENCE, e->sequence);
    pb_write_varint(w, EPOCH_FORM_ASK_NUMBER, e->ask.number);
    pb_write_varint(w, EPOCH_FORM_TICKET, e->ticket);
    for (size_t i = 0; i < e->views.device_count; i++) {
        put_nested(w, EPOCH_FORM_DEVICE, put_device, e, &e->views.devices[i]);
    }
    put_lists(w, e);
    for (size_t i = 0; i < e->leaf_count; i++) {
        put_nested(w, EPOCH_FORM_LEAF, put_leaf, e, &e->leaves[i]);
    }
    if (e->pending.change != NULL) {
        put_nested(w, EPOCH_FORM_PENDING, put_pending, e, &e->pending);
    }
    if (e->ask.is_open) {
        put_nested(w, EPOCH_FORM_ASK_KEY, put_ask_key, e, NULL);
    }
    pb_write_bool(w, EPOCH_FORM_STOPPED, e->is_stopped);
    for (size_t i = 0; i < e->room_count; i++) {
        pb_write_bytes(w, EPOCH_FORM_ROOM, span_of(e->rooms[i], 32));
    }
}

int epoch_state_save(const struct epoch *e, uint64_t now, struct buf *out)
{
    const size_t room = out->cap - out->len;
    struct wr w;
    int rc = 0;

    wr_init(&w, room > 0 ? span_mut_of(out->ptr + out->len, room) : span_mut_of(NULL, 0));
    put_state(&w, e, now);
    if (w.failed) { /* it measured; what it wrote before has secrets, and may be moved */
        if (room > 0) {
            secret_wipe(out->ptr + out->len, room);
        }
        rc = w.len <= EPOCH_STATE_SIZE_MAX ? buf_reserve(out, w.len) : WAVU_ERR_LIMIT;
        if (rc == 0) {
            wr_init(&w, span_mut_of(out->ptr + out->len, w.len));
            put_state(&w, e, now);
            CHECK(wr_finish(&w) == 0);
        }
    }
    out->len += rc == 0 ? w.len : 0;
    return rc;
}

/* Whose state it is: 0 when it is ours. */
static int check_head(const struct epoch_config *config, struct span state)
{
    struct pb p;
    struct pb_field f[3];
    const uint8_t *wanted[3] = {NULL, config->group, config->device->public_key};

    pb_init(&p, state);
    for (uint32_t i = 0; i < 3; i++) {
        if (!pb_next(&p, &f[i]) || f[i].number != i + 1) {
            return WAVU_ERR_CORRUPT;
        }
        if (i == 0 && (f[0].wire != PB_VARINT || f[0].value == 0)) {
            return WAVU_ERR_CORRUPT;
        }
        if (i == 0 && f[0].value > EPOCH_FORM_NUMBER) {
            return WAVU_ERR_UNSUPPORTED;
        }
        if (i > 0 && !span_is_equal(f[i].bytes, span_of(wanted[i], 32))) {
            return WAVU_ERR_CORRUPT;
        }
    }
    return 0;
}

int epoch_state_load(struct epoch *e, const struct epoch_config *config, uint64_t now,
                     struct span state)
{
    int rc = check_head(config, state);

    memset(e, 0, sizeof *e);
    if (rc < 0) {
        return rc;
    }
    epoch_init(e, config, now);
    wrap_forget(&e->leaves[0].own);
    e->leaf_count = 0;
    if (!epoch_load_parts(e, now, state)) {
        rc = WAVU_ERR_CORRUPT;
    }
    /* Each view had a reference while it was loaded; who uses it has another one. */
    struct list *next = NULL;
    for (struct list *l = list_next(&e->views.sets, &e->views.sets); l != NULL; l = next) {
        next = list_next(&e->views.sets, l);
        epoch_view_drop(LIST_OF(l, struct epoch_members, link));
    }
    if (rc < 0) {
        epoch_clear(e);
        return rc;
    }
    e->told_ns = now + e->offset;
    epoch_settle(e, e->told_ns);
    return 0;
}
