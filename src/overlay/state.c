/*
 * The state machine: neighbours, what its owner writes and reads, and time. Rounds are
 * state_round.c's, what changes is state_apply.c's, events leave through state_out.c.
 */
#include "overlay/state.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "overlay/state_core.h"

#define LINKS_CAP_MIN 8
#define FIRST_ROUND_NS (UINT64_C(100) * TIMERS_MS) /* to the first round with a new neighbour */
#define FORGET_LOOKS 16 /* how often in STATE_FORGET_NS the silent are looked for */
#define REFRESH_PARTS 4 /* an owner speaks up so often in that time */

_Static_assert(STATE_OWNER_BYTES_MAX + 2 * STATE_ROUND_BYTES_MAX < STATE_MSG_SIZE_MAX,
               "a whole namespace and a round's budget fit one message");

/* `ns`, half to one and a half of it, so that nodes do not fall into step. */
static uint64_t jittered(const struct state *s, uint64_t ns)
{
    return ns / 2 + random_below(s->config.random, ns + 1);
}

static void set_defaults(struct state_config *c)
{
    c->interval_ns = c->interval_ns == 0 ? STATE_INTERVAL_NS : c->interval_ns;
    c->forget_ns = c->forget_ns == 0 ? STATE_FORGET_NS : c->forget_ns;
    c->round_bytes = c->round_bytes == 0 ? STATE_ROUND_BYTES_MAX : c->round_bytes;
    c->owners_max = c->owners_max == 0 ? STATE_TABLE_OWNERS_MAX : c->owners_max;
    c->bytes_max = c->bytes_max == 0 ? STATE_TABLE_BYTES_MAX : c->bytes_max;
}

void state_init(struct state *s, uint64_t now, const struct state_config *config)
{
    memset(s, 0, sizeof *s);
    s->config = *config;
    set_defaults(&s->config);
    CHECK(s->config.round_bytes <= STATE_ROUND_BYTES_MAX);
    state_table_init(&s->table, config->random, s->config.owners_max, s->config.bytes_max);
    struct state_owner *self = state_table_add(&s->table, &config->self, now);
    CHECK(self != NULL);
    self->generation = config->generation;
    s->round_due_ns = TIMERS_NEVER;
    s->forget_due_ns = now + s->config.forget_ns / FORGET_LOOKS;
    s->refresh_due_ns = now + jittered(s, s->config.forget_ns / REFRESH_PARTS);
}

void state_set_interval(struct state *s, uint64_t now, uint64_t interval_ns)
{
    s->config.interval_ns = interval_ns;
    set_defaults(&s->config);
    uint64_t next = now + jittered(s, s->config.interval_ns);
    if (s->round_due_ns != TIMERS_NEVER && s->round_due_ns > next) {
        s->round_due_ns = next; /* the one before may have been hours */
    }
}

void state_clear(struct state *s)
{
    state_out_clear(s);
    state_table_clear(&s->table);
    mem_free(s->links);
    s->links = NULL;
    s->link_cap = 0;
}

/* The slot of a neighbour, or -1. */
static int slot_of(const struct state *s, const struct overlay_id *who)
{
    for (size_t i = 0; i < s->link_cap; i++) {
        if (s->links[i].is_used && overlay_id_is_equal(&s->links[i].id, who)) {
            return (int)i;
        }
    }
    return -1;
}

/* A free slot, or -1 when all are taken. */
static int slot_new(struct state *s)
{
    for (size_t i = 0; i < s->link_cap; i++) {
        if (!s->links[i].is_used) {
            return (int)i;
        }
    }
    if (s->link_cap == STATE_LINKS_MAX) {
        return -1;
    }
    size_t cap = s->link_cap == 0 ? LINKS_CAP_MIN : STATE_LINKS_MAX;
    s->links = mem_resize(s->links, cap * sizeof *s->links);
    memset(s->links + s->link_cap, 0, (cap - s->link_cap) * sizeof *s->links);
    int slot = (int)s->link_cap;
    s->link_cap = cap;
    return slot;
}

int state_link_up(struct state *s, uint64_t now, const struct overlay_id *who)
{
    state_out_begin(s);
    if (slot_of(s, who) >= 0) {
        return WAVU_ERR_EXISTS;
    }
    int slot = slot_new(s);
    if (slot < 0) {
        return WAVU_ERR_LIMIT;
    }
    struct state_link *link = &s->links[slot];
    *link = (struct state_link){.id = *who, .is_used = true, .is_new = true};
    budget_bucket_init(&link->messages, STATE_LINK_MESSAGES_RATE, STATE_LINK_MESSAGES_BURST, now);
    budget_bucket_init(&link->verify, STATE_LINK_VERIFY_RATE, STATE_LINK_VERIFY_BURST, now);
    budget_bucket_init(&link->wishes, STATE_LINK_WISHES_RATE, STATE_LINK_WISHES_BURST, now);
    uint64_t due_ns = now + jittered(s, FIRST_ROUND_NS);
    s->round_due_ns = due_ns < s->round_due_ns ? due_ns : s->round_due_ns;
    return 0;
}

void state_link_down(struct state *s, uint64_t now, const struct overlay_id *who)
{
    int slot = slot_of(s, who);
    (void)now;
    state_out_begin(s);
    if (slot >= 0) {
        state_out_forget_slot(s, (uint8_t)slot);
        s->links[slot].is_used = false;
    }
}

/* Write a key of our own. When deleted keys take the room they go, by a new generation. */
static int write_own(struct state *s, uint64_t now, struct span key, struct span value,
                     bool is_deleted)
{
    int rc = state_apply_own(s, now, key, value, is_deleted);
    if (rc < 0) {
        state_apply_rebirth(s, now, state_apply_self(s)->generation);
        rc = state_apply_own(s, now, key, value, is_deleted);
    }
    return rc;
}

/* True when deleted keys could make room. */
static bool has_deleted(const struct state_owner *self)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->entries[i]->is_deleted) {
            return true;
        }
    }
    return false;
}

int state_set(struct state *s, uint64_t now, struct span key, struct span value)
{
    const struct state_owner *self = state_apply_self(s);
    state_out_begin(s);
    if (key.len == 0) {
        return WAVU_ERR_INVALID;
    }
    if (key.len > STATE_MSG_KEY_MAX || value.len > STATE_MSG_VALUE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    const struct state_entry *old = state_owner_find(self, key);
    if (old != NULL && !old->is_deleted && span_is_equal(state_owner_value(old), value)) {
        return 0;
    }
    return has_deleted(self) ? write_own(s, now, key, value, false)
                             : state_apply_own(s, now, key, value, false);
}

int state_delete(struct state *s, uint64_t now, struct span key)
{
    state_out_begin(s);
    const struct state_entry *old = state_owner_find(state_apply_self(s), key);
    if (old == NULL || old->is_deleted) {
        return WAVU_ERR_NOT_FOUND;
    }
    return state_apply_own(s, now, key, span_empty(), true);
}

int state_get(const struct state *s, const struct overlay_id *owner, struct span key,
              struct span *value)
{
    const struct state_owner *o = state_table_get(&s->table, owner);
    const struct state_entry *e = o == NULL ? NULL : state_owner_find(o, key);
    if (e == NULL || e->is_deleted) {
        return WAVU_ERR_NOT_FOUND;
    }
    *value = state_owner_value(e);
    return 0;
}

bool state_next(const struct state *s, struct state_cursor *cursor)
{
    for (;;) {
        size_t at = cursor->owner_at;
        const struct state_owner *o = map_next(&s->table.by_id, &at);
        if (o == NULL) {
            return false;
        }
        while (cursor->entry_at < o->count) {
            const struct state_entry *e = o->entries[cursor->entry_at++];
            if (!e->is_deleted) {
                cursor->owner = o->id;
                cursor->key = state_owner_key(e);
                cursor->value = state_owner_value(e);
                return true;
            }
        }
        cursor->owner_at = at;
        cursor->entry_at = 0;
    }
}

/* Take an owner out; its user is told unless it was forgotten before. */
static void remove_owner(struct state *s, struct state_owner *o)
{
    if (!o->is_forgotten) {
        s->stats.forgotten++;
        state_out_forgot(s, o);
    }
    state_table_remove(&s->table, o);
}

/* ---- Who belongs ---- */

bool state_belongs(const struct state *s, const struct overlay_id *owner)
{
    const struct state_policy *p = &s->config.policy;
    return p->belongs == NULL || overlay_id_is_equal(owner, &s->config.self) ||
           p->belongs(p->context, owner);
}

/* The log knows it, or it is ourselves: silence is no reason to forget it. */
static bool is_kept(const struct state *s, const struct state_owner *o)
{
    return o == state_apply_self(s) || (s->config.policy.belongs != NULL && !o->is_stranger);
}

bool state_has_place(const struct state *s, const struct overlay_id *owner, bool is_silent)
{
    const struct state_table *t = &s->table;
    if (!state_belongs(s, owner)) {
        return t->count < t->max && t->strangers < STATE_STRANGERS_MAX;
    }
    return t->strangers > 0 ||
           (is_silent ? !state_table_is_full(t) : t->count < t->max || t->silents > 0);
}

bool state_make_room(struct state *s, bool is_silent)
{
    struct state_owner *out = NULL;
    for (struct list *at = list_next(&s->table.owners, &s->table.owners); at != NULL;
         at = list_next(&s->table.owners, at)) {
        struct state_owner *o = LIST_OF(at, struct state_owner, order);
        bool may_go = o->is_stranger || (o->is_silent && !is_silent);
        if (may_go && (out == NULL || o->is_stranger > out->is_stranger ||
                       (o->is_stranger == out->is_stranger && o->heard_ns < out->heard_ns))) {
            out = o;
        }
    }
    if (out != NULL) {
        remove_owner(s, out);
    }
    return out != NULL;
}

void state_recheck(struct state *s)
{
    struct list *next;
    for (struct list *at = list_next(&s->table.owners, &s->table.owners); at != NULL; at = next) {
        struct state_owner *o = LIST_OF(at, struct state_owner, order);
        bool was_stranger = o->is_stranger;
        next = list_next(&s->table.owners, at);
        state_table_set_stranger(&s->table, o, !state_belongs(s, &o->id));
        if (was_stranger && !o->is_stranger && o->is_forgotten && o->version != UINT64_MAX) {
            remove_owner(s, o); /* forgotten before it was known: others have what it said */
        }
    }
}

static void forget(struct state *s, uint64_t now, struct state_owner *o)
{
    s->stats.forgotten++;
    state_out_forgot(s, o);
    state_table_forget(&s->table, o, now);
}

void state_forget(struct state *s, uint64_t now, const struct overlay_id *owner)
{
    struct state_owner *o = state_table_get(&s->table, owner);
    state_out_begin(s);
    if (o != NULL && !is_kept(s, o) && !o->is_forgotten) {
        forget(s, now, o);
    }
}

int state_save(const struct state *s, uint64_t now, const struct overlay_id *owner, struct wr *w)
{
    const struct state_owner *o = state_table_get(&s->table, owner);
    if (o == NULL || o->is_forgotten) {
        return WAVU_ERR_NOT_FOUND;
    }
    uint8_t *room = mem_new_raw(2 * (size_t)STATE_OWNER_BYTES_MAX);
    struct wr entries;
    struct wr block;
    wr_init(&entries, span_mut_of(room, STATE_OWNER_BYTES_MAX));
    (void)state_owner_write(o, 0, STATE_OWNER_BYTES_MAX, &entries);
    struct state_msg_block b = {.owner = o->id,
                                .generation = o->generation,
                                .age_s =
                                    o->heard_ns < now ? (now - o->heard_ns) / TIMERS_SECOND : 0,
                                .entries = wr_span(&entries)};
    wr_init(&block, span_mut_of(room + STATE_OWNER_BYTES_MAX, STATE_OWNER_BYTES_MAX));
    state_msg_put_block(&block, &b);
    CHECK(wr_finish(&entries) == 0 && wr_finish(&block) == 0);
    struct state_msg m = {.kind = STATE_MSG_DELTA, .blocks = wr_span(&block)};
    state_msg_encode(w, &m);
    mem_free(room);
    return wr_finish(w);
}

int state_load(struct state *s, uint64_t now, struct span saved)
{
    struct state_msg m;
    struct state_msg_block block;
    struct pb cursor;
    state_out_begin(s);
    if (state_msg_decode(&m, saved) < 0 || m.kind != STATE_MSG_DELTA) {
        return WAVU_ERR_CORRUPT;
    }
    pb_init(&cursor, m.blocks);
    if (!state_msg_next_block(&cursor, &block)) {
        return WAVU_ERR_CORRUPT;
    }
    int rc = overlay_id_is_equal(&block.owner, &s->config.self)
                 ? state_apply_load(s, now, &block)
                 : state_apply_delta(s, now, NULL, &m);
    return rc == WAVU_ERR_CRYPTO ? WAVU_ERR_CORRUPT : rc;
}

int state_feed(struct state *s, uint64_t now, const struct overlay_id *from,
               const struct state_msg *m)
{
    int slot = slot_of(s, from);
    state_out_begin(s);
    if (slot < 0) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (budget_bucket_take(&s->links[slot].messages, 1, now) < 0) {
        s->stats.shed++;
        return WAVU_ERR_LIMIT;
    }
    switch (m->kind) {
    case STATE_MSG_NONE:
        return 0;
    case STATE_MSG_HASH:
        state_round_hash(s, (uint8_t)slot, m);
        return 0;
    case STATE_MSG_BUCKETS:
        state_round_buckets(s, (uint8_t)slot, m);
        return 0;
    case STATE_MSG_DIGEST:
        if (m->is_request) {
            state_round_request(s, now, (uint8_t)slot, m);
        } else {
            state_round_digest(s, now, (uint8_t)slot, m);
        }
        return 0;
    case STATE_MSG_DELTA:
        return state_apply_delta(s, now, &s->links[slot], m);
    }
    return WAVU_ERR_PROTO;
}

bool state_next_event(struct state *s, struct state_event *event)
{
    return state_out_next(s, event);
}

uint64_t state_deadline(const struct state *s)
{
    uint64_t due = s->round_due_ns;
    due = s->forget_due_ns < due ? s->forget_due_ns : due;
    return s->refresh_due_ns < due ? s->refresh_due_ns : due;
}

/* A round with a neighbour that had none yet, else with a random one. */
static void tick_round(struct state *s, uint64_t now)
{
    uint8_t slots[STATE_LINKS_MAX];
    size_t count = 0;
    bool is_new = false;
    for (size_t i = 0; i < s->link_cap; i++) {
        const struct state_link *link = &s->links[i];
        if (!link->is_used || (is_new && !link->is_new)) {
            continue;
        }
        if (link->is_new && !is_new) {
            is_new = true;
            count = 0;
        }
        slots[count++] = (uint8_t)i;
    }
    if (count == 0) {
        s->round_due_ns = TIMERS_NEVER;
        return;
    }
    state_round_begin(s, slots[random_below(s->config.random, count)]);
    s->round_due_ns =
        now + jittered(s, is_new && count > 1 ? FIRST_ROUND_NS : s->config.interval_ns);
}

/* Forget who was silent too long, or note it of a member's; and those forgotten as long, for good.
 */
static void tick_forget(struct state *s, uint64_t now)
{
    struct list *next;
    s->forget_due_ns = now + s->config.forget_ns / FORGET_LOOKS;
    for (struct list *at = list_next(&s->table.owners, &s->table.owners); at != NULL; at = next) {
        struct state_owner *o = LIST_OF(at, struct state_owner, order);
        next = list_next(&s->table.owners, at);
        if (o == state_apply_self(s) || o->heard_ns + s->config.forget_ns > now) {
            continue;
        }
        if (o->is_forgotten) {
            remove_owner(s, o);
        } else if (is_kept(s, o)) {
            state_table_set_silent(&s->table, o, true);
        } else {
            forget(s, now, o);
        }
    }
}

/* Say something new, so that others see that we are there: the newest key again. */
static void tick_refresh(struct state *s, uint64_t now)
{
    const struct state_owner *self = state_apply_self(s);
    s->refresh_due_ns = now + jittered(s, s->config.forget_ns / REFRESH_PARTS);
    if (self->count > 0) {
        const struct state_entry *e = self->entries[self->count - 1];
        int rc = state_apply_own(s, now, state_owner_key(e), state_owner_value(e), e->is_deleted);
        CHECK(rc == 0); /* it takes the place of itself */
    }
}

void state_tick(struct state *s, uint64_t now)
{
    state_out_begin(s);
    if (s->round_due_ns <= now) {
        tick_round(s, now);
    }
    if (s->forget_due_ns <= now) {
        tick_forget(s, now);
    }
    if (s->refresh_due_ns <= now) {
        tick_refresh(s, now);
    }
}

uint64_t state_hash(const struct state *s)
{
    return state_table_hash(&s->table, 0);
}

uint64_t state_generation(const struct state *s)
{
    return state_apply_self(s)->generation;
}

void state_check(const struct state *s)
{
    const struct state_owner *self = state_apply_self(s);
    state_table_check(&s->table);
    CHECK(self != NULL && !self->is_silent && !self->is_forgotten && self->past_count == 0);
    CHECK(self->count == 0 || self->is_whole);
    CHECK(s->link_cap <= STATE_LINKS_MAX && s->out_first <= s->out_count);
    CHECK(s->out_count <= s->out_cap);
}
