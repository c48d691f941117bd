/*
 * The machine: messages and views come in, secrets are installed where they prove themselves,
 * events leave to the owner.
 *
 * A message that builds on something not yet here waits, in bounds, and is tried again whenever
 * something came. Nothing that is refused leaves a trace.
 */
#include "group/epoch.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "group/epoch_hold.h"
#include "group/epoch_make.h"
#include "group/epoch_room.h"
#include "group/epoch_slots.h"
#include "group/epoch_take.h"
#include "group/epoch_time.h"
#include "group/epoch_wait.h"

void epoch_init(struct epoch *e, const struct epoch_config *config, uint64_t now)
{
    memset(e, 0, sizeof *e);
    e->config = *config;
    epoch_view_init(&e->views);
    epoch_graph_init(&e->graph);
    list_init(&e->sets);
    list_init(&e->out);
    list_init(&e->waiting);
    e->self = -1;
    e->bar = EPOCH_OUTSIDE;
    e->told_ns = now;
    wrap_make(&e->leaves[0].own, true, config->random);
    e->leaves[0].since = now;
    e->leaf_count = 1;
}

void epoch_drop_set(struct epoch *e, struct epoch_set *s)
{
    if (e->writing == s) {
        e->writing = NULL;
    }
    if (e->held == s) {
        e->held = NULL;
    }
    e->skipped -= epoch_set_free(s);
    e->set_count--;
}

void epoch_clear(struct epoch *e)
{
    struct list *at = NULL;

    while ((at = list_next(&e->sets, &e->sets)) != NULL) {
        epoch_drop_set(e, LIST_OF(at, struct epoch_set, link));
    }
    epoch_graph_clear(&e->graph);
    epoch_view_drop(e->current);
    while ((at = list_pop_front(&e->out)) != NULL) {
        mem_free(LIST_OF(at, struct epoch_out, link));
    }
    epoch_wait_clear(e);
    mem_free(e->handed);
    mem_free(e->again);
    mem_free(e->rooms);
    epoch_view_clear(&e->views);
    secret_wipe(e, sizeof *e);
}

/* What it takes of the room for messages. */
static size_t bytes_of(const struct epoch_out *out)
{
    bool is_message = out->event.kind == EPOCH_SAY || out->event.kind == EPOCH_TELL;

    return is_message ? out->event.bytes.len : 0;
}

struct epoch_out *epoch_emit(struct epoch *e, enum epoch_event_kind kind, size_t len)
{
    struct epoch_out *out = mem_new(sizeof *out + len);

    out->event.kind = kind;
    out->event.bytes = span_of(out->bytes, len);
    list_push_back(&e->out, &out->link);
    e->out_count++;
    e->out_bytes += bytes_of(out);
    return out;
}

struct epoch_out *epoch_hint(struct epoch *e, enum epoch_event_kind kind, struct span bytes)
{
    struct epoch_out *out = NULL;

    e->has_lost = e->has_lost || e->out_count >= EPOCH_OUT_MAX;
    if (e->out_count < EPOCH_OUT_MAX) {
        out = epoch_emit(e, kind, bytes.len);
        if (bytes.len > 0) {
            memcpy(out->bytes, bytes.ptr, bytes.len);
        }
    }
    return out;
}

bool epoch_hint_id(struct epoch *e, enum epoch_event_kind kind, const uint8_t id[32])
{
    struct epoch_out *out = epoch_hint(e, kind, span_empty());

    if (out != NULL) {
        memcpy(out->event.id, id, 32);
    }
    return out != NULL;
}

uint64_t epoch_save(struct epoch *e)
{
    if (!e->is_save_out) {
        epoch_emit(e, EPOCH_SAVE, 0)->event.ticket = ++e->ticket;
        e->is_save_out = true;
        e->save_from_ns = e->told_ns + EPOCH_SAVE_GAP_NS;
    }
    e->is_save_wanted = false;
    e->uses = 0;
    return e->ticket;
}

void epoch_save_soon(struct epoch *e)
{
    if (e->is_save_out || e->told_ns >= e->save_from_ns) {
        (void)epoch_save(e);
    } else {
        e->is_save_wanted = true;
    }
}

void epoch_used(struct epoch *e)
{
    if (e->uses++ == 0) {
        e->uses_since_ns = e->told_ns;
    }
    if (e->uses >= EPOCH_SAVE_USES) {
        epoch_save_soon(e);
    }
}

void epoch_stop(struct epoch *e)
{
    if (!e->is_stopped) {
        e->is_stopped = true;
        e->bar = EPOCH_STOPPED;
        (void)epoch_emit(e, EPOCH_ROLLED_BACK, 0);
        (void)epoch_save(e); /* a restart does not forget it */
    }
}

void epoch_add_set_take(struct epoch *e, struct epoch_set *s)
{
    list_push_back(&e->sets, &s->link);
    e->set_count++;
}

void epoch_install(struct epoch *e, uint64_t now, struct epoch_change *c, const uint8_t seed[32])
{
    uint8_t root[32];
    struct epoch_set *s = epoch_set_new(&e->views, e->config.group, &c, 1, e->self);

    CHECK(s != NULL); /* only members are given seeds, and only they derive them */
    if (epoch_make_is_derivable(e, c)) {
        epoch_set_merge(c, seed, root);
    } else {
        epoch_set_secrets(c, &e->views, e->self, seed, root);
    }
    epoch_set_fill(s, root);
    secret_wipe(root, sizeof root);
    s->is_named = true; /* by its change */
    s->since = now;
    epoch_add_set_take(e, s);
    s->is_told = epoch_hint_id(e, EPOCH_OPENED, s->id);
    epoch_save_soon(e); /* and what opened it leaves the disk */
}

struct epoch_set *epoch_find_set(const struct epoch *e, const uint8_t id[32])
{
    for (struct list *at = list_next(&e->sets, &e->sets); at != NULL;
         at = list_next(&e->sets, at)) {
        struct epoch_set *s = LIST_OF(at, struct epoch_set, link);
        if (span_is_equal(span_of(s->id, 32), span_of(id, 32))) {
            return s;
        }
    }
    return NULL;
}

struct epoch_set *epoch_set_of(struct epoch *e, uint64_t now, struct epoch_change *const *heads,
                               size_t count)
{
    return epoch_set_named(e, now, heads, count, -1);
}

struct epoch_set *epoch_set_named(struct epoch *e, uint64_t now, struct epoch_change *const *heads,
                                  size_t count, int namer)
{
    uint8_t id[32];
    uint8_t root[32];
    struct epoch_set *s = NULL;

    if (count == 0 || count > EPOCH_MSG_PARENTS_MAX || e->self < 0) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (!heads[i]->has_secret) {
            return NULL;
        }
    }
    epoch_set_id(id, &e->views, e->config.group, heads, count);
    s = epoch_find_set(e, id);
    if (s != NULL || count == 1 || !epoch_room_for_set(e, namer)) {
        return s;
    }
    s = epoch_set_new(&e->views, e->config.group, heads, count, e->self);
    if (s != NULL) {
        epoch_set_root(s, root);
        epoch_set_fill(s, root);
        secret_wipe(root, sizeof root);
        s->since = now;
        s->namer = namer;
        epoch_add_set_take(e, s);
    }
    return s;
}

static bool has_marked_head(const struct epoch_set *s)
{
    bool has = false;

    for (size_t i = 0; i < s->head_count && !has; i++) {
        has = s->heads[i]->is_marked;
    }
    return has;
}

/* What comes from secrets of a marked change and stays is made while they are here. */
static void keep_pairs(struct epoch *e)
{
    for (struct list *at = list_next(&e->graph.changes, &e->graph.changes); at != NULL;
         at = list_next(&e->graph.changes, at)) {
        struct epoch_change *c = LIST_OF(at, struct epoch_change, link);
        bool is_left = false;
        for (size_t i = 0; c->has_secret && c->pairs == NULL && i < c->parent_count; i++) {
            const struct epoch_change *parent = epoch_graph_find(&e->graph, c->parents + i * 32);
            is_left = is_left || (parent != NULL && parent->is_marked);
        }
        if (is_left && !c->is_marked) {
            (void)epoch_make_pairs(e, c);
        }
    }
}

/* Forget all marked changes with every epoch that stands on them: one walk over each. */
static void forget_marked(struct epoch *e)
{
    struct list *next = NULL;

    keep_pairs(e);
    epoch_slots_note_worn(e);
    for (struct list *at = list_next(&e->sets, &e->sets); at != NULL; at = next) {
        struct epoch_set *s = LIST_OF(at, struct epoch_set, link);
        next = list_next(&e->sets, at);
        if (has_marked_head(s)) {
            epoch_drop_set(e, s);
        }
    }
    if (e->pending.change != NULL && e->pending.change->is_marked) {
        secret_wipe(&e->pending, sizeof e->pending);
    }
    for (struct list *at = list_next(&e->graph.changes, &e->graph.changes); at != NULL; at = next) {
        struct epoch_change *c = LIST_OF(at, struct epoch_change, link);
        next = list_next(&e->graph.changes, at);
        if (c->is_marked) {
            struct epoch_device *author = &e->views.devices[c->author];
            author->forgotten = c->sequence > author->forgotten ? c->sequence : author->forgotten;
            c->owner = author->owner;
            epoch_graph_forget(&e->graph, c);
        }
    }
    epoch_slots_sweep(e);
    epoch_save_soon(e); /* it leaves the disk, too */
}

void epoch_forget(struct epoch *e, struct epoch_change *c)
{
    epoch_graph_mark(&e->graph, c);
    if (c->superseded > 0) {
        epoch_graph_cover_parents(&e->graph, c);
    }
    forget_marked(e);
}

struct epoch_change *epoch_enter(struct epoch *e, uint64_t now, const struct epoch_msg_change *c,
                                 struct epoch_members *members_taken, struct span message)
{
    struct epoch_msg m;
    uint8_t id[32];
    int author = epoch_view_slot(&e->views, c->author);

    CHECK(epoch_msg_read(&m, message) == 0 && author >= 0);
    if (m.kind == EPOCH_MSG_WELCOME) {
        message = span_empty(); /* derived: it publishes no leaf */
    }
    signer_id(id, epoch_make_label, m.body);
    struct epoch_change *change = epoch_graph_make(c, id, author, members_taken);
    epoch_graph_add_take(&e->graph, change, now);
    epoch_view_set_leaf(&e->views.devices[author], c, message);
    return change;
}

/* Derive what can be derived. Returns whether something was. */
static bool derive(struct epoch *e, uint64_t now)
{
    struct epoch_change *parents[EPOCH_MSG_PARENTS_MAX];
    bool has_come = false;

    for (struct list *at = list_next(&e->graph.changes, &e->graph.changes); at != NULL;
         at = list_next(&e->graph.changes, at)) {
        struct epoch_change *c = LIST_OF(at, struct epoch_change, link);
        struct epoch_msg_ids ids = {.bytes = c->parents, .count = c->parent_count};
        bool is_ready = c->kind == EPOCH_MSG_DERIVED && !c->has_secret &&
                        epoch_view_has(c->members, e->self) &&
                        epoch_graph_all(&e->graph, ids, parents);
        for (size_t i = 0; is_ready && i < ids.count; i++) {
            is_ready = parents[i]->has_secret;
        }
        if (is_ready) {
            has_come = epoch_make_derived(e, now, c, parents) || has_come;
        }
    }
    return has_come;
}

/* Everybody who can read under the heads must belong now. */
static bool excludes_the_removed(const struct epoch *e)
{
    struct epoch_members *sets[EPOCH_MSG_PARENTS_MAX];
    uint16_t *slots = mem_new_array(e->graph.heads[0]->members->count, sizeof *slots);
    bool is_good = true;

    for (size_t i = 0; i < e->graph.head_count; i++) {
        sets[i] = e->graph.heads[i]->members;
    }
    size_t count = epoch_view_common(slots, sets, e->graph.head_count);
    for (size_t i = 0; i < count && is_good; i++) {
        is_good = epoch_view_has(e->current, slots[i]);
    }
    mem_free(slots);
    return is_good;
}

static enum epoch_bar find_bar(struct epoch *e)
{
    if (e->is_stopped) {
        return EPOCH_STOPPED;
    }
    if (e->is_unsure) {
        return EPOCH_UNSURE;
    }
    if (e->current == NULL || !epoch_view_has(e->current, e->self)) {
        return EPOCH_OUTSIDE;
    }
    bool is_split = e->current->log_head_count > EPOCH_MSG_LOG_HEADS_MAX;
    if (e->graph.head_count == 0) {
        return EPOCH_EMPTY;
    }
    if (e->graph.head_count > EPOCH_MSG_PARENTS_MAX) {
        return is_split ? EPOCH_SPLIT : EPOCH_CROWDED;
    }
    for (size_t i = 0; i < e->graph.head_count; i++) {
        if (!e->graph.heads[i]->has_secret) {
            return EPOCH_BLIND;
        }
    }
    /* Heads of which one may stand above another: who knows better takes no such epoch. */
    if (epoch_graph_is_unclear(&e->graph)) {
        return EPOCH_BLIND;
    }
    if (excludes_the_removed(e)) {
        return EPOCH_READY;
    }
    return is_split ? EPOCH_SPLIT : EPOCH_REMOVED;
}

bool epoch_is_lacking(const struct epoch *e)
{
    bool is_lacking = e->graph.head_count == 0 || e->bar == EPOCH_BLIND;

    for (size_t i = 0; i < e->graph.head_count && !is_lacking; i++) {
        is_lacking = !e->graph.heads[i]->has_secret;
    }
    return is_lacking;
}

/* No full change of one's own has brought an ML-KEM leaf: there is none, or only a statement. */
static bool is_classic(const struct epoch *e)
{
    if (e->bar != EPOCH_READY) {
        return false;
    }
    const struct epoch_device *d = &e->views.devices[e->self];
    return d->mlkem == NULL || (d->said_full.len > 0 && d->mlkem_sequence == 0);
}

/* BLIND though no head lacks a secret: one may stand above another. */
static bool is_unclear(const struct epoch *e)
{
    bool has_all = e->bar == EPOCH_BLIND;

    for (size_t i = 0; i < e->graph.head_count && has_all; i++) {
        has_all = e->graph.heads[i]->has_secret;
    }
    return has_all;
}

/* Whether a change is due, and `*why`. */
static bool is_due(const struct epoch *e, uint64_t now, enum epoch_bar *why)
{
    bool is_old = epoch_hold_is_worn(e);

    *why = e->bar;
    if (e->bar == EPOCH_REMOVED || e->bar == EPOCH_CROWDED || e->bar == EPOCH_SPLIT ||
        is_unclear(e)) {
        return true;
    }
    for (size_t i = 0; i < e->graph.head_count; i++) {
        is_old = is_old || now - e->graph.heads[i]->since >= EPOCH_GRAPH_KEEP_NS;
    }
    *why = is_old ? EPOCH_READY : EPOCH_CLASSIC;
    return is_old || is_classic(e);
}

/* Once for each reason, until it is gone. */
static void tell_due(struct epoch *e, uint64_t now)
{
    enum epoch_bar why = EPOCH_READY;

    if (!is_due(e, now, &why)) {
        bool is_only_hidden = e->due == EPOCH_CLASSIC && e->bar == EPOCH_BLIND;
        e->is_due_told = e->is_due_told && is_only_hidden;
        e->due = is_only_hidden ? e->due : EPOCH_READY;
    } else if (!e->is_due_told || e->due != why) {
        struct epoch_out *out = epoch_hint(e, EPOCH_DUE, span_empty());
        e->is_due_told = out != NULL;
        e->due = why;
        if (out != NULL) {
            out->event.bar = why;
        }
    }
}

/* What was dropped, when there was no room for events. */
static void tell_opened(struct epoch *e)
{
    for (struct list *at = list_next(&e->sets, &e->sets); at != NULL;
         at = list_next(&e->sets, at)) {
        struct epoch_set *s = LIST_OF(at, struct epoch_set, link);
        if (s->is_named && !s->is_told) {
            s->is_told = epoch_hint_id(e, EPOCH_OPENED, s->id);
        }
    }
}

void epoch_settle(struct epoch *e, uint64_t now)
{
    bool is_moving = true;

    e->has_lost = false;
    while (is_moving) {
        is_moving = derive(e, now);
        is_moving = epoch_wait_retry(e, now) || is_moving;
    }
    epoch_graph_refresh(&e->graph, e->current, now);
    if (epoch_graph_mark_stale(&e->graph, e->current, e->self, now) > 0) {
        forget_marked(e);
        epoch_graph_refresh(&e->graph, e->current, now);
    }
    e->writing = NULL;
    e->bar = find_bar(e);
    epoch_hold_settle(e, now);
    if (!epoch_is_lacking(e)) {
        epoch_make_forget_ask(e);
    }
    tell_due(e, now);
    tell_opened(e);
}

/* The owner's time as ours. */
static uint64_t told(struct epoch *e, uint64_t now)
{
    e->told_ns = now + e->offset;
    return e->told_ns;
}

int epoch_feed(struct epoch *e, uint64_t now, const uint8_t from[32], struct span message)
{
    struct epoch_take f = {.e = e, .now = told(e, now), .from = from, .message = message};
    f.since = f.now;
    int rc = epoch_take_message(&f);
    if (rc == WAVU_ERR_AGAIN) {
        return epoch_wait_for(e, &f);
    }
    if (f.has_news) {
        epoch_settle(e, f.now);
    }
    return rc;
}

/* Enter a view. What it brought and nothing took leaves again. */
static int take_view(struct epoch *e, uint64_t now, const struct epoch_view *view, bool is_now)
{
    struct epoch_members *members = NULL;
    struct epoch_members *before = NULL;

    (void)told(e, now);
    int rc = epoch_slots_for_view(e, view, is_now);
    if (rc == 0) {
        rc = epoch_view_take(&e->views, view, &members);
    }
    if (rc == 0) {
        e->self = epoch_view_slot(&e->views, e->config.device->public_key);
        before = is_now ? e->current : members;
        e->current = is_now ? members : e->current;
        if (!is_now) {
            epoch_settle(e, e->told_ns);
        }
        epoch_view_drop(before); /* the changes that wanted it hold it */
        epoch_slots_sweep(e);
    }
    return rc;
}

int epoch_members(struct epoch *e, uint64_t now, const struct epoch_view *view)
{
    int rc = take_view(e, now, view, true);

    e->is_unsure = rc < 0;
    epoch_settle(e, e->told_ns);
    return rc;
}

int epoch_give_view(struct epoch *e, uint64_t now, const struct epoch_view *view)
{
    return take_view(e, now, view, false);
}

void epoch_saved(struct epoch *e, uint64_t now, uint64_t ticket)
{
    (void)told(e, now);
    if (ticket > e->ticket || ticket <= e->saved) {
        return;
    }
    e->saved = ticket;
    for (struct list *at = list_next(&e->sets, &e->sets); at != NULL;
         at = list_next(&e->sets, at)) {
        struct epoch_set *s = LIST_OF(at, struct epoch_set, link);
        if (s->ticket <= ticket) {
            s->reserved = s->asked;
        }
    }
}

void epoch_passed(struct epoch *e, uint64_t now, const uint8_t device[32], const uint8_t id[32])
{
    struct epoch_set *s = epoch_find_set(e, id);
    int slot = epoch_view_slot(&e->views, device);
    bool is_news = false;

    if (s == NULL) { /* nobody has written under our heads yet? */
        s = epoch_set_of(e, told(e, now), e->graph.heads, e->graph.head_count);
    }
    if (s == NULL || slot < 0 || !span_is_equal(span_of(s->id, 32), span_of(id, 32))) {
        return;
    }
    for (size_t i = 0; i < s->head_count; i++) {
        is_news = epoch_graph_pass(&e->graph, s->heads[i], slot) || is_news;
    }
    if (is_news) {
        epoch_settle(e, told(e, now));
    }
}

bool epoch_next_event(struct epoch *e, struct epoch_event *event)
{
    mem_free(e->handed);
    e->handed = NULL;
    for (int attempt = 0; attempt < 2; attempt++) {
        for (struct list *at = list_next(&e->out, &e->out); at != NULL;
             at = list_next(&e->out, at)) {
            struct epoch_out *out = LIST_OF(at, struct epoch_out, link);
            if (out->ticket <= e->saved) {
                list_remove(at);
                e->out_count--;
                e->out_bytes -= bytes_of(out);
                e->handed = out;
                e->is_save_out = e->is_save_out && out->event.kind != EPOCH_SAVE;
                *event = out->event;
                return true;
            }
        }
        if (!epoch_make_wrap(e)) {
            return false;
        }
    }
    return false;
}

uint64_t epoch_deadline_used(const struct epoch *e)
{
    const uint64_t at = epoch_time_used(e);

    return at == EPOCH_TIME_NEVER ? at : at - e->offset;
}

uint64_t epoch_deadline(const struct epoch *e)
{
    if (e->has_lost && e->out_count < EPOCH_OUT_MAX) {
        return 0; /* now there is room */
    }
    const uint64_t at = epoch_time_next(e);

    return at == EPOCH_TIME_NEVER ? at : at - e->offset;
}

void epoch_tick(struct epoch *e, uint64_t now)
{
    now = told(e, now);
    epoch_time_expire(e, now);
    epoch_settle(e, now);
    epoch_time_tell(e, now);
}

enum epoch_bar epoch_bar(const struct epoch *e)
{
    return e->bar;
}

void epoch_check(const struct epoch *e)
{
    size_t kept = 0;
    size_t sets = 0;

    for (struct list *l = list_next(&e->sets, &e->sets); l != NULL;
         l = list_next(&e->sets, l), sets++) {
        const struct epoch_set *s = LIST_OF(l, struct epoch_set, link);
        CHECK(s->own >= 0 && s->slots[s->own] == e->self && s->head_count > 0);
        CHECK(s->reserved <= s->asked);
        CHECK(s->chains == NULL || s->chains[s->own].skipped_count == 0);
        for (size_t i = 0; i < s->head_count; i++) {
            CHECK(epoch_graph_find(&e->graph, s->heads[i]->id) == s->heads[i]);
            CHECK(s->heads[i]->has_secret);
        }
        for (size_t i = 0; i < epoch_set_chain_count(s); i++) {
            kept += s->chains[i].skipped_count;
        }
    }
    CHECK(sets == e->set_count && kept == e->skipped && kept <= EPOCH_SKIPPED_MAX);
    CHECK(list_count(&e->graph.changes) == e->graph.count);
    CHECK(epoch_room_secrets(e) <= EPOCH_ROOM_SECRETS_MAX + EPOCH_ROOM_SECRETS_OWN);
    for (size_t i = 0; i < e->graph.count; i++) {
        const struct epoch_change *c = e->graph.by_id[i];
        CHECK(epoch_graph_find(&e->graph, c->id) == c);
        CHECK(!c->has_secret || c->pairs != NULL || epoch_make_is_derivable(e, c));
    }
    CHECK(list_count(&e->waiting) == e->waiting_count && list_count(&e->out) == e->out_count);
    CHECK(e->leaf_count > 0 && e->leaf_count <= EPOCH_LEAVES_MAX);
}
