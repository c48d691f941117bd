/*
 * What changes the shared state: entries of others from deltas, and our own.
 *
 * Nothing is kept before its signature was verified, and no signature is looked at for what is here
 * already. Our own namespace is never taken from others: a past of ours that is ahead of us (a
 * restart without its versions) is only overtaken.
 */
#include <string.h>

#include "base/check.h"
#include "overlay/state_core.h"

/* Owners beyond it have signed their own end: no life reaches it by counting. */
#define GENERATION_MAX ((uint64_t)INT64_MAX)

struct state_owner *state_apply_self(const struct state *s)
{
    return state_table_get(&s->table, &s->config.self);
}

static bool is_self(const struct state *s, const struct overlay_id *owner)
{
    return overlay_id_is_equal(owner, &s->config.self);
}

static int verify_by(const struct overlay_sign *sign, const struct state_msg_block *block,
                     const struct state_msg_entry *e)
{
    uint8_t head[OVERLAY_SIGN_HEAD_MAX];
    return sign->verify(
        sign->context, e->signature.ptr, &block->owner,
        state_owner_head(span_mut_of(head, sizeof head), &block->owner, block->generation, e),
        e->value);
}

/* 0; WAVU_ERR_LIMIT when the link has used up its signatures, WAVU_ERR_CRYPTO. */
static int verify(struct state *s, uint64_t now, struct state_link *link,
                  const struct state_msg_block *block, const struct state_msg_entry *e)
{
    if (link != NULL && budget_bucket_take(&link->verify, 1, now) < 0) {
        s->stats.shed++;
        return WAVU_ERR_LIMIT;
    }
    int rc = verify_by(s->config.sign, block, e);
    s->stats.forged += rc < 0;
    return rc;
}

/* Of what this node saved itself: what is not damaged is signed anew. */
static int verify_saved(const struct state *s, const struct state_msg_block *block,
                        const struct state_msg_entry *e)
{
    int rc = verify_by(s->config.sign, block, e);
    return rc < 0 && s->config.sign_saved != NULL ? verify_by(s->config.sign_saved, block, e) : rc;
}

/* Tell of a change, unless the key looks as before. */
static void tell(struct state *s, const struct state_owner *o, const struct state_entry *old,
                 const struct state_entry *e)
{
    bool was_there = old != NULL && !old->is_deleted;
    if (is_self(s, &o->id) || (e->is_deleted && !was_there) ||
        (!e->is_deleted && was_there &&
         span_is_equal(state_owner_value(old), state_owner_value(e)))) {
        return;
    }
    state_out_changed(s, o, e, e->is_deleted);
}

/* What the generation before had and the new one has not is gone. */
static void drop_past(struct state *s, struct state_owner *o)
{
    struct state_entry *e;
    while ((e = state_table_take_past(&s->table, o)) != NULL) {
        if (!e->is_deleted && !is_self(s, &o->id)) {
            state_out_changed(s, o, e, true);
        }
    }
}

/* Has the block's owner said nothing for so long that a stranger would be forgotten? */
static bool is_silent(const struct state *s, const struct state_msg_block *block)
{
    return block->age_s >= s->config.forget_ns / TIMERS_SECOND;
}

/* When the owner was last heard of, as the block says. */
static uint64_t heard_of(const struct state *s, uint64_t now, const struct state_msg_block *block)
{
    uint64_t age_ns = is_silent(s, block) ? s->config.forget_ns : block->age_s * TIMERS_SECOND;
    return age_ns < now ? now - age_ns : 0;
}

/* A new owner. A member's has the place of who has to go first, where there is no other; NULL for
 * want of room. */
static struct state_owner *add_owner(struct state *s, uint64_t now,
                                     const struct state_msg_block *block)
{
    bool is_stranger = !state_belongs(s, &block->owner);
    uint64_t heard_ns = heard_of(s, now, block);
    struct state_owner *o = state_table_add(&s->table, &block->owner, heard_ns);
    while (o == NULL && !is_stranger && state_make_room(s, is_silent(s, block))) {
        o = state_table_add(&s->table, &block->owner, heard_ns);
    }
    if (o != NULL) {
        o->generation = block->generation;
        state_table_set_stranger(&s->table, o, is_stranger);
        state_table_set_silent(&s->table, o, is_silent(s, block));
    }
    return o;
}

/* The record that `block` goes into, made ready for its generation; NULL for want of room. */
static struct state_owner *owner_for(struct state *s, uint64_t now,
                                     const struct state_msg_block *block)
{
    struct state_owner *o = state_table_get(&s->table, &block->owner);
    uint64_t heard_ns = heard_of(s, now, block);
    o = o == NULL ? add_owner(s, now, block) : o;
    if (o == NULL) {
        return NULL;
    }
    o->heard_ns = heard_ns > o->heard_ns ? heard_ns : o->heard_ns;
    state_table_set_silent(&s->table, o, o->is_silent && is_silent(s, block));
    if (o->is_forgotten) {
        state_table_recall(&s->table, o);
    }
    if (block->generation > o->generation) {
        state_table_begin(&s->table, o, block->generation);
    }
    return o;
}

/* One verified entry. WAVU_ERR_LIMIT when there is no room, and the rest of the block is moot. */
static int put(struct state *s, struct state_owner *o, const struct state_msg_entry *e)
{
    struct state_entry *old;
    if (!state_owner_has_room(o, e)) {
        s->stats.full++;
        state_out_forgot(s, o);
        state_table_bar(&s->table, o);
        return WAVU_ERR_LIMIT;
    }
    int rc = state_table_put(&s->table, o, e, &old);
    while (rc < 0 && !o->is_stranger && state_make_room(s, o->is_silent)) {
        rc = state_table_put(&s->table, o, e, &old);
    }
    if (rc < 0) {
        s->stats.full++;
        return WAVU_ERR_LIMIT;
    }
    s->stats.applied++;
    tell(s, o, old, state_owner_find(o, e->key));
    return 0;
}

/* True when nothing in `block` can be news. */
static bool is_over(const struct state_owner *o, const struct state_msg_block *block)
{
    return o != NULL && block->generation < o->generation;
}

/* True when the entry is news for `o` (NULL: unknown). */
static bool is_wanted(const struct state_owner *o, const struct state_msg_block *block,
                      const struct state_msg_entry *e)
{
    if (o == NULL || block->generation > o->generation) {
        return true;
    }
    return o->is_forgotten ? e->version > o->version : state_owner_wants(o, e);
}

static void finish_block(struct state *s, struct state_owner *o)
{
    state_table_settle(&s->table, o);
    if (o->is_whole) {
        drop_past(s, o);
    }
}

/* Entries of another owner. `*applied` counts them. */
static int apply_block(struct state *s, uint64_t now, struct state_link *link,
                       const struct state_msg_block *block, size_t *applied)
{
    struct state_owner *o = state_table_get(&s->table, &block->owner);
    struct state_msg_entry e;
    struct pb cursor;
    int rc = 0;
    bool is_full = false;
    if (is_over(o, block)) {
        s->stats.stale++;
        return 0;
    }
    if (o == NULL && !state_has_place(s, &block->owner, is_silent(s, block))) {
        s->stats.full++;
        return 0;
    }
    bool is_touched = false;
    pb_init(&cursor, block->entries);
    while (rc == 0 && !is_full && state_msg_next_entry(&cursor, &e)) {
        if (!is_wanted(o, block, &e)) {
            s->stats.stale++;
            continue;
        }
        rc = verify(s, now, link, block, &e);
        if (rc < 0) {
            break;
        }
        if (!is_touched) {
            o = owner_for(s, now, block);
            is_touched = o != NULL;
        }
        is_full = o == NULL || put(s, o, &e) < 0;
        s->stats.full += o == NULL;
        *applied += !is_full;
    }
    if (is_touched && !o->is_forgotten) {
        finish_block(s, o);
    }
    return rc;
}

/* What others say that we said. When one entry of it is ours and ahead of us, our versions were
 * lost: go beyond. */
static int meet_past(struct state *s, uint64_t now, struct state_link *link,
                     const struct state_msg_block *block)
{
    const struct state_owner *self = state_apply_self(s);
    struct state_msg_entry e;
    struct state_msg_entry last = {0};
    struct pb cursor;
    pb_init(&cursor, block->entries);
    while (state_msg_next_entry(&cursor, &e)) {
        last = e;
    }
    bool is_ahead = last.version > 0 && block->generation < GENERATION_MAX &&
                    (block->generation > self->generation ||
                     (block->generation == self->generation && last.version > self->version));
    if (!is_ahead) {
        s->stats.stale++;
        return 0;
    }
    int rc = verify(s, now, link, block, &last);
    if (rc == 0) {
        s->stats.reborn++;
        state_apply_rebirth(s, now, block->generation);
    }
    return rc;
}

int state_apply_delta(struct state *s, uint64_t now, struct state_link *link,
                      const struct state_msg *m)
{
    struct state_msg_block block;
    struct pb cursor;
    int rc = 0;
    pb_init(&cursor, m->blocks);
    while (rc == 0 && state_msg_next_block(&cursor, &block)) {
        size_t applied = 0;
        if (is_self(s, &block.owner)) {
            rc = meet_past(s, now, link, &block);
            continue;
        }
        rc = apply_block(s, now, link, &block, &applied);
        if (link != NULL && applied > 0) {
            budget_bucket_add(&link->wishes, 1000); /* this one was given */
        }
    }
    return rc;
}

int state_apply_own(struct state *s, uint64_t now, struct span key, struct span value,
                    bool is_deleted)
{
    struct state_owner *self = state_apply_self(s);
    struct state_entry *old;
    uint8_t set[STATE_MSG_SET_SIZE];
    uint8_t signature[OVERLAY_SIGN_SIZE];
    uint8_t head[OVERLAY_SIGN_HEAD_MAX];
    struct state_msg_entry e = {.version = self->version + 1,
                                .key = key,
                                .value = value,
                                .is_deleted = is_deleted,
                                .set = span_of(set, sizeof set),
                                .signature = span_of(signature, sizeof signature)};
    if (!state_owner_has_room(self, &e)) {
        return WAVU_ERR_LIMIT;
    }
    state_owner_set(self, key, e.version, set);
    s->config.sign->sign(
        s->config.sign->context, signature,
        state_owner_head(span_mut_of(head, sizeof head), &self->id, self->generation, &e), value);
    int rc = state_table_put(&s->table, self, &e, &old);
    while (rc < 0 && state_make_room(s, false)) {
        rc = state_table_put(&s->table, self, &e, &old);
    }
    if (rc == 0) {
        state_table_settle(&s->table, self);
        self->heard_ns = now;
        CHECK(self->is_whole);
        s->is_written = true;
    }
    return rc;
}

void state_apply_rebirth(struct state *s, uint64_t now, uint64_t generation)
{
    struct state_owner *self = state_apply_self(s);
    CHECK(generation >= self->generation && generation < GENERATION_MAX);
    state_table_begin(&s->table, self, generation + 1);
    /* Each write takes its key's entry out of the past; what is left are deleted ones. */
    for (size_t i = 0; i < self->past_count;) {
        const struct state_entry *e = self->entries[i];
        if (e->is_deleted) {
            i++;
            continue;
        }
        int rc = state_apply_own(s, now, state_owner_key(e), state_owner_value(e), false);
        CHECK(rc == 0); /* it had room before, and needs none more */
    }
    drop_past(s, self);
    state_table_settle(&s->table, self);
    s->is_written = true;
}

int state_apply_load(struct state *s, uint64_t now, const struct state_msg_block *block)
{
    struct state_owner *self = state_apply_self(s);
    struct state_msg_entry e;
    struct pb cursor;
    if (self->count > 0) {
        return WAVU_ERR_EXISTS;
    }
    if (block->generation >= GENERATION_MAX) {
        return WAVU_ERR_CORRUPT;
    }
    pb_init(&cursor, block->entries);
    while (state_msg_next_entry(&cursor, &e)) {
        int rc = verify_saved(s, block, &e);
        if (rc < 0) {
            return rc;
        }
    }
    self->generation =
        block->generation < self->generation ? self->generation : block->generation + 1;
    pb_init(&cursor, block->entries);
    int rc = 0;
    while (rc == 0 && state_msg_next_entry(&cursor, &e)) {
        rc = e.is_deleted ? 0 : state_apply_own(s, now, e.key, e.value, false);
    }
    s->is_written = true;
    return rc;
}
