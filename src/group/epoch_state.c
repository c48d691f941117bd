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
#include "group/epoch_seal.h"

#define FORMAT 1
#define PAIR_SIZE 65    /* what is there | in | out */
#define SKIPPED_SIZE 76 /* since 8 | generation 4 | key 32 | salt 32 */

enum field {
    FIELD_FORMAT = 1,
    FIELD_GROUP,
    FIELD_SELF,
    FIELD_TIME,
    FIELD_SEQUENCE,
    FIELD_ASK_NUMBER,
    FIELD_DEVICE,
    FIELD_VIEW,
    FIELD_CURRENT,
    FIELD_PAST,
    FIELD_CHANGE,
    FIELD_SET,
    FIELD_LEAF,
    FIELD_PENDING,
    FIELD_ASK_KEY,
    FIELD_STOPPED,
    FIELD_DUE_TOLD,
    FIELD_ROOM,
    FIELD_WAITING,
    FIELD_OUT,
    FIELD_TICKET
};

/* One nested message being written. */
struct part {
    const struct epoch *e;
    const void *what;
};

typedef void put_part(struct wr *w, const struct part *part);

static void put_nested(struct wr *w, uint32_t number, put_part *put, const struct epoch *e,
                       const void *what)
{
    struct part part = {.e = e, .what = what};
    struct wr measure;

    wr_init(&measure, span_mut_of(NULL, 0));
    put(&measure, &part);
    pb_write_head(w, number, measure.len);
    put(w, &part);
}

static void put_device(struct wr *w, const struct part *part)
{
    const struct epoch_device *d = part->what;

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
    pb_write_head(w, 10, c->members->count * PAIR_SIZE);
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
        put_pairs(w, c);
    }
    pb_write_varint(w, 11, c->since);
    pb_write_varint(w, 12, c->superseded);
    pb_write_bytes(w, 13, span_of(c->passed, sizeof c->passed));
    pb_write_bool(w, 14, c->is_blind_told);
    pb_write_bool(w, 15, c->is_below);
}

static void put_chain(struct wr *w, const struct part *part)
{
    const struct chain *c = part->what;

    pb_write_bytes(w, 1, span_of(c->key, CHAIN_KEY_SIZE));
    pb_write_varint(w, 2, c->next);
    if (c->skipped_count > 0) {
        pb_write_head(w, 3, (size_t)c->skipped_count * SKIPPED_SIZE);
        for (size_t i = 0; i < c->skipped_count; i++) {
            wr_u64be(w, c->skipped[i].since);
            wr_u32be(w, c->skipped[i].generation);
            wr_bytes(w, span_of(c->skipped[i].keys.key, CHAIN_KEY_SIZE));
            wr_bytes(w, span_of(c->skipped[i].keys.salt, CHAIN_SALT_SIZE));
        }
    }
}

static void put_set(struct wr *w, const struct part *part)
{
    const struct epoch_set *s = part->what;

    pb_write_head(w, 1, s->head_count * 32);
    for (size_t i = 0; i < s->head_count; i++) {
        wr_bytes(w, span_of(s->heads[i]->id, 32));
    }
    pb_write_varint(w, 2, s->reserved);
    pb_write_bool(w, 3, s->is_named);
    pb_write_varint(w, 4, s->since);
    pb_write_varint(w, 6, (uint64_t)(s->namer + 1));
    for (size_t i = 0; i < s->count; i++) {
        put_nested(w, 5, put_chain, part->e, &s->chains[i]);
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
    put_own(w, part->what);
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

static void put_lists(struct wr *w, const struct epoch *e)
{
    for (struct list *l = list_next(&e->views.sets, &e->views.sets); l != NULL;
         l = list_next(&e->views.sets, l)) {
        put_nested(w, FIELD_VIEW, put_view, e, LIST_OF(l, struct epoch_members, link));
    }
    if (e->current != NULL) {
        pb_write_varint(w, FIELD_CURRENT, place_of(&e->views.sets, &e->current->link));
    }
    pb_write_bytes(w, FIELD_PAST,
                   span_of(e->graph.past, 32 * (e->graph.past_count < EPOCH_GRAPH_PAST_MAX
                                                    ? e->graph.past_count
                                                    : EPOCH_GRAPH_PAST_MAX)));
    for (struct list *l = list_next(&e->graph.changes, &e->graph.changes); l != NULL;
         l = list_next(&e->graph.changes, l)) {
        put_nested(w, FIELD_CHANGE, put_change, e, LIST_OF(l, struct epoch_change, link));
    }
    for (struct list *l = list_next(&e->sets, &e->sets); l != NULL; l = list_next(&e->sets, l)) {
        put_nested(w, FIELD_SET, put_set, e, LIST_OF(l, struct epoch_set, link));
    }
    for (struct list *l = list_next(&e->waiting, &e->waiting); l != NULL;
         l = list_next(&e->waiting, l)) {
        put_nested(w, FIELD_WAITING, put_waiting, e, LIST_OF(l, struct epoch_waiting, link));
    }
    for (struct list *l = list_next(&e->out, &e->out); l != NULL; l = list_next(&e->out, l)) {
        const struct epoch_out *out = LIST_OF(l, struct epoch_out, link);
        if (out->event.kind == EPOCH_SAY || out->event.kind == EPOCH_TELL) {
            put_nested(w, FIELD_OUT, put_out, e, out);
        }
    }
}

static void put_state(struct wr *w, const struct epoch *e, uint64_t now)
{
    pb_write_varint(w, FIELD_FORMAT, FORMAT);
    pb_write_bytes(w, FIELD_GROUP, span_of(e->config.group, 32));
    pb_write_bytes(w, FIELD_SELF, span_of(e->config.device->public_key, 32));
    pb_write_varint(w, FIELD_TIME, now + e->offset);
    pb_write_varint(w, FIELD_SEQUENCE, e->sequence);
    pb_write_varint(w, FIELD_ASK_NUMBER, e->ask_number);
    pb_write_varint(w, FIELD_TICKET, e->ticket);
    for (size_t i = 0; i < e->views.device_count; i++) {
        put_nested(w, FIELD_DEVICE, put_device, e, &e->views.devices[i]);
    }
    put_lists(w, e);
    for (size_t i = 0; i < e->leaf_count; i++) {
        put_nested(w, FIELD_LEAF, put_leaf, e, &e->leaves[i]);
    }
    if (e->pending.change != NULL) {
        put_nested(w, FIELD_PENDING, put_pending, e, &e->pending);
    }
    if (e->is_asking) {
        put_nested(w, FIELD_ASK_KEY, put_ask_key, e, &e->ask_key);
    }
    pb_write_bool(w, FIELD_STOPPED, e->is_stopped);
    pb_write_bool(w, FIELD_DUE_TOLD, e->is_due_told);
    for (size_t i = 0; i < e->room_count; i++) {
        pb_write_bytes(w, FIELD_ROOM, span_of(e->rooms[i], 32));
    }
}

int epoch_state_save(const struct epoch *e, uint64_t now, struct buf *out)
{
    struct wr w;

    wr_init(&w, span_mut_of(NULL, 0));
    put_state(&w, e, now);
    int rc = w.len <= EPOCH_STATE_SIZE_MAX ? buf_reserve(out, w.len) : WAVU_ERR_LIMIT;
    if (rc == 0) {
        wr_init(&w, span_mut_of(out->ptr + out->len, w.len));
        put_state(&w, e, now);
        CHECK(wr_finish(&w) == 0);
        out->len += w.len;
    }
    return rc;
}

/* The fields of one nested message by number; the last of each, the repeated ones are read apart.
 */
struct fields {
    struct pb_field of[16];
};

static bool read_fields(struct fields *f, struct span bytes)
{
    struct pb p;
    struct pb_field one;

    memset(f, 0, sizeof *f);
    pb_init(&p, bytes);
    while (pb_next(&p, &one)) {
        if (one.number < 16) {
            f->of[one.number] = one;
        }
    }
    return pb_finish(&p) == 0;
}

static bool copy(uint8_t *out, const struct fields *f, uint32_t number, size_t size)
{
    if (f->of[number].bytes.len != size) {
        return false;
    }
    memcpy(out, f->of[number].bytes.ptr, size);
    return true;
}

static bool load_device(struct epoch *e, struct span bytes)
{
    struct fields f;
    uint8_t id[32];

    if (!read_fields(&f, bytes) || !copy(id, &f, 1, 32) || epoch_view_slot(&e->views, id) >= 0) {
        return false;
    }
    int slot = epoch_view_enter(&e->views, id);
    if (slot < 0) {
        return false;
    }
    struct epoch_device *d = &e->views.devices[slot];
    d->has_leaf = copy(d->leaf, &f, 2, 32);
    d->leaf_sequence = f.of[4].value;
    if (f.of[3].bytes.len == MLKEM_PUBLIC_SIZE) {
        d->mlkem = mem_new_raw(MLKEM_PUBLIC_SIZE);
        memcpy(d->mlkem, f.of[3].bytes.ptr, MLKEM_PUBLIC_SIZE);
    }
    d->mlkem_sequence = f.of[7].value;
    d->forgotten = f.of[8].value;
    return (f.of[5].bytes.len == 0 || buf_append(&d->said, f.of[5].bytes) == 0) &&
           (f.of[6].bytes.len == 0 || buf_append(&d->said_full, f.of[6].bytes) == 0);
}

/* The view keeps one reference of its own until the load is through. */
static bool load_view(struct epoch *e, struct span bytes)
{
    struct fields f;
    struct epoch_members *m = NULL;
    struct rd r;

    if (!read_fields(&f, bytes) || f.of[1].bytes.len % 32 != 0 || f.of[2].bytes.len % 2 != 0) {
        return false;
    }
    struct epoch_view view = {.log_heads = {f.of[1].bytes.ptr, f.of[1].bytes.len / 32},
                              .count = f.of[2].bytes.len / 2};
    if (view.count == 0 || view.count > EPOCH_VIEW_DEVICES_MAX) {
        return false;
    }
    struct epoch_member *members = mem_new_array(view.count, sizeof *members);
    bool is_good = true;
    rd_init(&r, f.of[2].bytes);
    for (size_t i = 0; i < view.count && is_good; i++) {
        uint16_t slot = rd_u16be(&r);
        is_good = slot < e->views.device_count;
        if (is_good) {
            memcpy(members[i].device, e->views.devices[slot].id, 32);
        }
    }
    view.members = members;
    is_good = is_good && epoch_view_find(&e->views, view.log_heads) == NULL &&
              epoch_view_take(&e->views, &view, &m) == 0;
    mem_free(members);
    return is_good;
}

static struct epoch_members *view_at(const struct epoch *e, uint64_t place)
{
    for (struct list *l = list_next(&e->views.sets, &e->views.sets); l != NULL;
         l = list_next(&e->views.sets, l)) {
        if (place-- == 0) {
            return LIST_OF(l, struct epoch_members, link);
        }
    }
    return NULL;
}

static bool load_pairs(struct epoch_change *c, struct span bytes)
{
    struct rd r;

    if (bytes.len != c->members->count * PAIR_SIZE) {
        return false;
    }
    c->pairs = mem_new_array(c->members->count, sizeof *c->pairs);
    rd_init(&r, bytes);
    for (size_t i = 0; i < c->members->count; i++) {
        uint8_t flags = rd_u8(&r);
        c->pairs[i].has_in = (flags & 1) != 0;
        c->pairs[i].has_out = (flags & 2) != 0;
        rd_copy(&r, c->pairs[i].in, 32);
        rd_copy(&r, c->pairs[i].out, 32);
    }
    c->has_secret = true;
    return true;
}

static bool load_change(struct epoch *e, struct span bytes)
{
    struct fields f;
    struct epoch_msg_change c = {.kind = EPOCH_MSG_SEED};
    uint8_t id[32];
    struct epoch_members *members = NULL;

    if (!read_fields(&f, bytes) || !copy(id, &f, 1, 32) || !copy(c.commitment, &f, 8, 32) ||
        f.of[2].value >= e->views.device_count || f.of[6].bytes.len % 32 != 0 ||
        f.of[6].bytes.len > EPOCH_MSG_PARENTS_MAX * 32 ||
        e->graph.count == EPOCH_GRAPH_CHANGES_MAX || epoch_graph_find(&e->graph, id) != NULL) {
        return false;
    }
    members = view_at(e, f.of[7].value);
    if (members == NULL) {
        return false;
    }
    c.sequence = f.of[3].value;
    c.kind = f.of[4].value == EPOCH_MSG_DERIVED ? EPOCH_MSG_DERIVED : EPOCH_MSG_SEED;
    c.parents = (struct epoch_msg_ids){f.of[6].bytes.ptr, f.of[6].bytes.len / 32};
    struct epoch_change *change =
        epoch_graph_make(&c, id, (int)f.of[2].value, epoch_view_ref(members));
    epoch_graph_add_take(&e->graph, change, f.of[11].value);
    change->is_full = f.of[5].value != 0;
    change->superseded = f.of[12].value;
    change->is_blind_told = f.of[14].value != 0;
    change->is_below = f.of[15].value != 0;
    return copy(change->passed, &f, 13, sizeof change->passed) &&
           (f.of[9].bytes.len == 0 ||
            (epoch_view_has(members, e->self) && copy(change->merge, &f, 9, 32) &&
             load_pairs(change, f.of[10].bytes)));
}

static bool load_chain(struct chain *c, struct span bytes)
{
    struct fields f;
    uint8_t key[CHAIN_KEY_SIZE];
    struct rd r;

    if (!read_fields(&f, bytes) || !copy(key, &f, 1, sizeof key) ||
        f.of[2].value > CHAIN_GENERATIONS_MAX || f.of[3].bytes.len % SKIPPED_SIZE != 0 ||
        f.of[3].bytes.len / SKIPPED_SIZE > CHAIN_SKIPPED_MAX) {
        return false;
    }
    chain_init(c, key);
    secret_wipe(key, sizeof key);
    c->next = (uint32_t)f.of[2].value;
    if (f.of[3].bytes.len > 0) {
        c->skipped_count = (uint32_t)(f.of[3].bytes.len / SKIPPED_SIZE);
        c->skipped = mem_new_array(c->skipped_count, sizeof *c->skipped);
    }
    rd_init(&r, f.of[3].bytes);
    for (size_t i = 0; i < c->skipped_count; i++) {
        c->skipped[i].since = rd_u64be(&r);
        c->skipped[i].generation = rd_u32be(&r);
        rd_copy(&r, c->skipped[i].keys.key, CHAIN_KEY_SIZE);
        rd_copy(&r, c->skipped[i].keys.salt, CHAIN_SALT_SIZE);
    }
    return true;
}

static bool load_chains(struct epoch *e, struct epoch_set *s, struct span bytes)
{
    struct pb p;
    struct pb_field f;
    size_t count = 0;
    bool is_good = true;

    pb_init(&p, bytes);
    while (is_good && pb_next(&p, &f)) {
        if (f.number == 5 && f.wire == PB_BYTES) {
            is_good = count < s->count && load_chain(&s->chains[count], f.bytes);
            e->skipped += is_good ? s->chains[count++].skipped_count : 0;
        }
    }
    return is_good && count == s->count && e->skipped <= EPOCH_SKIPPED_MAX &&
           s->chains[s->own].skipped_count == 0;
}

static bool load_set(struct epoch *e, struct span bytes)
{
    struct fields f;
    struct epoch_change *heads[EPOCH_MSG_PARENTS_MAX];
    size_t count = 0;
    struct epoch_set *s = NULL;

    if (!read_fields(&f, bytes) || f.of[1].bytes.len % 32 != 0 || f.of[1].bytes.len == 0 ||
        f.of[1].bytes.len / 32 > EPOCH_MSG_PARENTS_MAX || e->set_count == EPOCH_SETS_MAX ||
        f.of[2].value > CHAIN_GENERATIONS_MAX) {
        return false;
    }
    for (; count < f.of[1].bytes.len / 32; count++) {
        heads[count] = epoch_graph_find(&e->graph, f.of[1].bytes.ptr + count * 32);
        if (heads[count] == NULL || !heads[count]->has_secret) {
            return false;
        }
    }
    s = epoch_set_new(&e->views, e->config.group, heads, count, e->self);
    if (s == NULL) {
        return false;
    }
    s->reserved = (uint32_t)f.of[2].value;
    s->asked = s->reserved;
    s->is_named = f.of[3].value != 0;
    s->since = f.of[4].value;
    if (f.of[6].value <= e->views.device_count) {
        s->namer = (int)f.of[6].value - 1;
    }
    epoch_add_set_take(e, s);
    bool is_good = load_chains(e, s, bytes);
    chain_skip_to(&s->chains[s->own], s->reserved); /* all of them may have been used */
    return is_good;
}

static bool load_own(struct wrap_own *own, const struct fields *f)
{
    memset(own, 0, sizeof *own);
    own->has_mlkem = copy(own->mlkem_seed, f, 2, MLKEM_SEED_SIZE);
    bool is_good = copy(own->x25519.secret, f, 1, X25519_SIZE);
    x25519_derive(&own->x25519);
    return is_good;
}

static bool load_leaf(struct epoch *e, struct span bytes)
{
    struct fields f;

    if (!read_fields(&f, bytes) || e->leaf_count == EPOCH_LEAVES_MAX) {
        return false;
    }
    e->leaves[e->leaf_count].since = f.of[3].value;
    return load_own(&e->leaves[e->leaf_count++].own, &f);
}

static bool load_pending(struct epoch *e, struct span bytes)
{
    struct fields f;
    uint8_t id[32];

    if (!read_fields(&f, bytes) || !copy(id, &f, 1, 32) || !copy(e->pending.seed, &f, 2, 32)) {
        return false;
    }
    e->pending.change = epoch_graph_find(&e->graph, id);
    e->pending.next = (size_t)f.of[3].value;
    return e->pending.change != NULL;
}

static bool load_ask_key(struct epoch *e, struct span bytes)
{
    struct fields f;

    e->is_asking = true;
    return read_fields(&f, bytes) && load_own(&e->ask_key, &f);
}

static bool load_waiting(struct epoch *e, struct span bytes)
{
    struct fields f;

    if (!read_fields(&f, bytes) || f.of[1].bytes.len != 32 || f.of[3].bytes.len == 0 ||
        f.of[3].bytes.len > EPOCH_MSG_SIZE_MAX || e->waiting_count == EPOCH_WAITING_MAX) {
        return false;
    }
    struct epoch_waiting *one = mem_new(sizeof *one + f.of[3].bytes.len);
    memcpy(one->from, f.of[1].bytes.ptr, 32);
    memcpy(one->bytes, f.of[3].bytes.ptr, f.of[3].bytes.len);
    one->since = f.of[2].value;
    one->len = f.of[3].bytes.len;
    list_push_back(&e->waiting, &one->link);
    e->waiting_count++;
    return true;
}

static bool load_out(struct epoch *e, struct span bytes)
{
    struct fields f;

    if (!read_fields(&f, bytes) || f.of[2].bytes.len == 0 ||
        f.of[2].bytes.len > EPOCH_MSG_SIZE_MAX || e->out_count >= 2 * EPOCH_OUT_MAX) {
        return false;
    }
    struct epoch_out *out = epoch_emit(e, EPOCH_SAY, f.of[2].bytes.len);
    memcpy(out->bytes, f.of[2].bytes.ptr, f.of[2].bytes.len);
    if (copy(out->event.to, &f, 1, 32)) {
        out->event.kind = EPOCH_TELL;
    }
    return true;
}

static bool load_part(struct epoch *e, const struct pb_field *f)
{
    switch (f->number) {
    case FIELD_DEVICE:
        return load_device(e, f->bytes);
    case FIELD_VIEW:
        return load_view(e, f->bytes);
    case FIELD_PAST:
        for (size_t i = 0; i + 32 <= f->bytes.len; i += 32) {
            epoch_graph_remember(&e->graph, f->bytes.ptr + i);
        }
        return true;
    case FIELD_CHANGE:
        return load_change(e, f->bytes);
    case FIELD_SET:
        return load_set(e, f->bytes);
    case FIELD_LEAF:
        return load_leaf(e, f->bytes);
    case FIELD_PENDING:
        return load_pending(e, f->bytes);
    case FIELD_ASK_KEY:
        return load_ask_key(e, f->bytes);
    case FIELD_ROOM:
        return f->bytes.len == 32 && epoch_seal_room(e, f->bytes.ptr) == 0;
    case FIELD_WAITING:
        return load_waiting(e, f->bytes);
    case FIELD_OUT:
        return load_out(e, f->bytes);
    default:
        return true;
    }
}

static bool load_number(struct epoch *e, uint64_t now, const struct pb_field *f)
{
    switch (f->number) {
    case FIELD_TIME:
        e->offset = f->value - now; /* modulo 2^64: our own time goes on where it was */
        return true;
    case FIELD_SEQUENCE:
        e->sequence = f->value;
        return true;
    case FIELD_ASK_NUMBER:
        e->ask_number = f->value;
        return true;
    case FIELD_TICKET:
        e->ticket = f->value;
        e->saved = f->value;
        return true;
    case FIELD_CURRENT:
        if (e->current != NULL || view_at(e, f->value) == NULL) {
            return false;
        }
        e->current = epoch_view_ref(view_at(e, f->value));
        return true;
    case FIELD_STOPPED:
        e->is_stopped = f->value != 0;
        return true;
    case FIELD_DUE_TOLD:
        e->is_due_told = f->value != 0;
        return true;
    default:
        return true;
    }
}

/* All parts one behind the other. */
static bool load_parts(struct epoch *e, uint64_t now, struct span state)
{
    struct pb p;
    struct pb_field f;
    bool is_good = true;

    pb_init(&p, state);
    while (is_good && pb_next(&p, &f)) {
        if (f.wire == PB_BYTES) {
            is_good = load_part(e, &f);
        } else {
            is_good = load_number(e, now, &f);
        }
        e->self = epoch_view_slot(&e->views, e->config.device->public_key);
    }
    return is_good && pb_finish(&p) == 0 && e->leaf_count > 0;
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
        if (i == 0 && f[0].value > FORMAT) {
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
    if (!load_parts(e, now, state)) {
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
    epoch_settle(e, now + e->offset);
    return 0;
}
