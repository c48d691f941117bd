/*
 * The parts of a saved state come in, one behind the other, and become parts of a machine. Damage
 * is noticed where a part refers to another one or would break a limit.
 */
#include "group/epoch_load.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "group/epoch_form.h"
#include "group/epoch_make.h"
#include "group/epoch_room.h"
#include "group/epoch_seal.h"
#include "group/epoch_wait.h"

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

    if (bytes.len == 0) {
        return epoch_view_skip(&e->views);
    }
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
    d->is_worn = f.of[9].value != 0;
    d->answered = f.of[10].value;
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
        is_good = slot < e->views.device_count && e->views.devices[slot].is_used;
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

    if (bytes.len != c->members->count * EPOCH_FORM_PAIR_SIZE) {
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
    return true;
}

/* The secrets of a change. Pairs that are not there come from those of its parents, before it. */
static bool load_secrets(const struct epoch *e, struct epoch_change *c, const struct fields *f)
{
    c->has_secret = copy(c->merge, f, 9, 32) && epoch_view_has(c->members, e->self);
    if (!c->has_secret || f->of[10].bytes.len > 0) {
        return c->has_secret && load_pairs(c, f->of[10].bytes);
    }
    return epoch_make_is_derivable(e, c);
}

static bool load_change(struct epoch *e, struct span bytes)
{
    struct fields f;
    struct epoch_msg_change c = {.kind = EPOCH_MSG_SEED};
    uint8_t id[32];
    struct epoch_members *members = NULL;

    if (!read_fields(&f, bytes) || !copy(id, &f, 1, 32) || !copy(c.commitment, &f, 8, 32) ||
        f.of[2].value >= e->views.device_count || !e->views.devices[f.of[2].value].is_used ||
        f.of[6].bytes.len % 32 != 0 || f.of[6].bytes.len > EPOCH_MSG_PARENTS_MAX * 32 ||
        e->graph.count == EPOCH_GRAPH_CHANGES_MAX || epoch_graph_find(&e->graph, id) != NULL) {
        return false;
    }
    members = view_at(e, f.of[7].value);
    if (members == NULL ||
        epoch_room_secrets(e) + members->count > EPOCH_ROOM_SECRETS_MAX + EPOCH_ROOM_SECRETS_OWN) {
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
    change->is_below = (f.of[14].value & 1) != 0;
    change->is_orphan = (f.of[14].value & 2) != 0;
    return copy(change->passed, &f, 13, sizeof change->passed) &&
           (f.of[9].bytes.len == 0 || load_secrets(e, change, &f));
}

static bool load_chain(struct chain *c, struct span bytes)
{
    struct fields f;
    uint8_t key[CHAIN_KEY_SIZE];
    struct rd r;

    if (!read_fields(&f, bytes) || !copy(key, &f, 1, sizeof key) ||
        f.of[2].value > CHAIN_GENERATIONS_MAX || f.of[3].bytes.len % EPOCH_FORM_SKIPPED_SIZE != 0 ||
        f.of[3].bytes.len / EPOCH_FORM_SKIPPED_SIZE > CHAIN_SKIPPED_MAX) {
        return false;
    }
    chain_init(c, key);
    secret_wipe(key, sizeof key);
    c->next = (uint32_t)f.of[2].value;
    if (f.of[3].bytes.len > 0) {
        c->skipped_count = (uint32_t)(f.of[3].bytes.len / EPOCH_FORM_SKIPPED_SIZE);
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

    s->chains = mem_new_array(s->count, sizeof *s->chains);
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
    bool is_good = copy(s->root, &f, 7, sizeof s->root) || load_chains(e, s, bytes);
    if (is_good && s->reserved > 0) { /* all of them may have been used */
        chain_skip_to(&epoch_set_chains(s, &e->views)[s->own], s->reserved);
    }
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

    e->ask.is_open = true;
    e->ask.was_given = true; /* it may have been */
    if (!read_fields(&f, bytes)) {
        return false;
    }
    e->ask.since = f.of[3].value;
    return load_own(&e->ask.key, &f);
}

static bool load_waiting(struct epoch *e, struct span bytes)
{
    struct fields f;

    return read_fields(&f, bytes) && f.of[1].bytes.len == 32 && f.of[3].bytes.len > 0 &&
           f.of[3].bytes.len <= EPOCH_MSG_SIZE_MAX &&
           epoch_wait_restore(e, f.of[1].bytes.ptr, f.of[2].value, f.of[3].bytes);
}

static bool load_out(struct epoch *e, struct span bytes)
{
    struct fields f;

    if (!read_fields(&f, bytes) || f.of[2].bytes.len == 0 ||
        f.of[2].bytes.len > EPOCH_MSG_SIZE_MAX ||
        e->out_bytes + f.of[2].bytes.len > EPOCH_OUT_BYTES_MAX) {
        return false;
    }
    struct epoch_out *out = epoch_emit(e, EPOCH_SAY, f.of[2].bytes.len);
    memcpy(out->bytes, f.of[2].bytes.ptr, f.of[2].bytes.len);
    if (copy(out->event.to, &f, 1, 32)) { /* as long as one to all */
        out->event.kind = EPOCH_TELL;
    }
    return true;
}

static bool load_names(struct epoch *e, struct span bytes)
{
    struct rd r;
    uint8_t id[32];
    bool is_good = true;

    rd_init(&r, bytes);
    while (is_good && rd_left(&r) >= EPOCH_FORM_NAME_SIZE) {
        rd_copy(&r, id, sizeof id);
        uint64_t owner = rd_u64be(&r);
        is_good = epoch_graph_restore(&e->graph, id, owner, rd_u8(&r) != 0);
    }
    return is_good && rd_left(&r) == 0;
}

static bool load_part(struct epoch *e, const struct pb_field *f)
{
    switch (f->number) {
    case EPOCH_FORM_DEVICE:
        return load_device(e, f->bytes);
    case EPOCH_FORM_VIEW:
        return load_view(e, f->bytes);
    case EPOCH_FORM_PAST:
        return load_names(e, f->bytes);
    case EPOCH_FORM_CHANGE:
        return load_change(e, f->bytes);
    case EPOCH_FORM_SET:
        return load_set(e, f->bytes);
    case EPOCH_FORM_LEAF:
        return load_leaf(e, f->bytes);
    case EPOCH_FORM_PENDING:
        return load_pending(e, f->bytes);
    case EPOCH_FORM_ASK_KEY:
        return load_ask_key(e, f->bytes);
    case EPOCH_FORM_ROOM:
        return f->bytes.len == 32 && epoch_seal_room(e, f->bytes.ptr) == 0;
    case EPOCH_FORM_WAITING:
        return load_waiting(e, f->bytes);
    case EPOCH_FORM_OUT:
        return load_out(e, f->bytes);
    default:
        return true;
    }
}

static bool load_number(struct epoch *e, uint64_t now, const struct pb_field *f)
{
    switch (f->number) {
    case EPOCH_FORM_TIME:
        e->offset = f->value - now; /* modulo 2^64: our own time goes on where it was */
        return true;
    case EPOCH_FORM_SEQUENCE:
        e->sequence = f->value;
        return true;
    case EPOCH_FORM_ASK_NUMBER:
        e->ask.number = f->value;
        return true;
    case EPOCH_FORM_TICKET:
        e->ticket = f->value;
        e->saved = f->value;
        return true;
    case EPOCH_FORM_CURRENT:
        if (e->current != NULL || view_at(e, f->value) == NULL) {
            return false;
        }
        e->current = epoch_view_ref(view_at(e, f->value));
        return true;
    case EPOCH_FORM_STOPPED:
        e->is_stopped = f->value != 0;
        return true;
    default:
        return true;
    }
}

bool epoch_load_parts(struct epoch *e, uint64_t now, struct span state)
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
    e->views.free_from = 0; /* all are in their places */
    return is_good && pb_finish(&p) == 0 && e->leaf_count > 0;
}
