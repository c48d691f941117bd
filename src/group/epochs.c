/*
 * Group keys on a node: views from the log, the state in the store, changes and asks in time.
 */
#include "group/epochs.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "group/epoch_hold.h"
#include "group/epoch_leaf.h"
#include "group/epoch_make.h"
#include "group/epochs_draw.h"
#include "group/epochs_keep.h"
#include "group/epochs_views.h"

#define SLACK_NS (UINT64_C(20) * TIMERS_MS)

/* A message of a device that is nobody's by the log that we have. */
struct early {
    struct list link;
    uint8_t from[32];
    size_t len;
    uint8_t bytes[];
};

struct epochs {
    struct epochs_config config;
    struct turn *turn;
    struct epoch epoch;
    struct store_watch watch;
    struct timer timer;
    struct timer due;     /* our own change, unless another's comes before */
    uint32_t due_for;     /* bits of enum epoch_bar: what `due` is set for; 0: nothing */
    struct timer seldom;  /* the same for what does not press */
    struct timer gather;  /* asks of others are answered */
    uint64_t answered_ns; /* when some were, last */
    struct timer settled; /* the heads stay as they are */
    uint64_t heads_mark;  /* what they were */
    struct epochs_keep keep;
    uint64_t ticket;       /* of the state that is on its way to the disk; 0: none */
    uint64_t number;       /* of its commit */
    uint64_t ask_again_ns; /* 0: nobody is asked */
    unsigned asks;         /* in vain */
    bool has_ended;        /* our chain in the epoch held on to, and the new one is not readable */
    bool is_ready;         /* as was told */
    bool is_draining;
    bool is_too_large;         /* the state was not saved: nothing of ours leaves */
    uint64_t unsaved;          /* ticket of a state that the store had no room for; 0: none */
    bool is_awaited;           /* somebody wanted to write and was told to wait for a save */
    struct epochs_asks others; /* what others asked of us */
    uint8_t leaves[2][32];     /* hashes of what was said of ours: the full one, the light one */
    struct epochs_views views;
    struct list early; /* of struct early */
    size_t early_count;
};

static void drain(struct epochs *e);
static void feed_early(struct epochs *e);
static void on_gather(struct timer *timer, uint64_t now);

/* ---- The store ---- */

static void save(struct epochs *e, uint64_t ticket)
{
    int rc = epochs_keep_save(&e->keep, &e->epoch, e->turn->now_ns);

    e->is_too_large = rc == WAVU_ERR_LIMIT;
    e->unsaved = rc < 0 && !e->is_too_large ? ticket : 0; /* once there is room */
    if (rc == 0) {
        e->ticket = ticket;
        e->number = store_number(e->config.store);
    }
}

static void on_committed(struct store_watch *watch, uint64_t number)
{
    struct epochs *e = LIST_OF(watch, struct epochs, watch);

    if (e->ticket != 0 && e->number <= number) {
        uint64_t ticket = e->ticket;

        e->ticket = 0;
        epoch_saved(&e->epoch, e->turn->now_ns, ticket);
        if (e->unsaved != 0) {
            save(e, e->unsaved);
        }
        drain(e);
        if (e->is_awaited && epochs_is_ready(e)) {
            e->is_awaited = false;
            e->config.user.ready(e->config.user.context, true);
        }
    }
}

/* ---- What the machine leaves to us ---- */

#define BIT(bar) (UINT32_C(1) << (bar))
#define BLIND (BIT(EPOCH_EMPTY) | BIT(EPOCH_BLIND))

/* Make a change within that time, if one of the reasons `bars` is there then. */
static void draw(struct epochs *e, uint64_t within_ns, uint32_t bars)
{
    uint64_t wait = epochs_draw(&e->config.port->random, within_ns, epochs_members_now(e));

    e->due_for |= bars;
    if (!timers_is_set(&e->due) || e->due.due_ns > e->turn->now_ns + wait) {
        timers_set(&e->turn->timers, &e->due, e->turn->now_ns + wait, SLACK_NS);
    }
}

/* The same for what does not press, and is told until it is gone. */
static void draw_seldom(struct epochs *e, uint64_t within_ns)
{
    uint64_t wait = random_below(&e->config.port->random, within_ns);

    timers_set(&e->turn->timers, &e->seldom, e->turn->now_ns + wait, SLACK_NS);
}

/* A chain comes to its end: whatever else is drawn for. */
static void draw_soon(struct epochs *e)
{
    if (!timers_is_set(&e->seldom) || e->seldom.due_ns > e->turn->now_ns + TIMERS_SECOND) {
        draw_seldom(e, 1);
    }
}

/* Is there anybody beside us? */
static bool is_alone(const struct epochs *e)
{
    return e->epoch.current == NULL || e->epoch.current->count <= 1;
}

/* For an answer: little at first, since most are near; then longer and longer. */
static uint64_t ask_wait(const struct epochs *e)
{
    const uint64_t wait = EPOCHS_ASK_FIRST_NS << (e->asks < 8 ? e->asks : 8);

    return wait < EPOCHS_ASK_NS ? wait : EPOCHS_ASK_NS;
}

/* Ask a device of the network for the secrets that we lack. */
static void ask(struct epochs *e)
{
    uint8_t chosen[32];
    uint8_t space[EPOCH_MSG_SIZE_MAX];
    struct wr w;

    wr_init(&w, span_mut_of(space, sizeof space));
    bool is_any = epochs_asks_whom(&e->epoch, e->config.network, e->asks, chosen);
    int rc = is_any ? epoch_make_ask(&e->epoch, &w) : WAVU_ERR_NOT_FOUND;
    if (rc == WAVU_ERR_AGAIN) {
        e->ask_again_ns = e->turn->now_ns + TIMERS_SECOND; /* its number goes to the disk first */
        return;
    }
    e->ask_again_ns = rc == 0 ? e->turn->now_ns + ask_wait(e) : 0;
    if (rc == 0) {
        e->asks++;
        e->config.user.tell(e->config.user.context, chosen, wr_span(&w));
    }
}

/* Something was answered: if that was not all that is missing, the rest is asked for as at first.
 */
static void ask_sooner(struct epochs *e)
{
    const uint64_t again = e->turn->now_ns + EPOCHS_ASK_FIRST_NS;

    e->asks = 0;
    e->ask_again_ns = again < e->ask_again_ns ? again : e->ask_again_ns;
}

/* We came in, and have had no key yet: a change of ours would be read by nobody. */
static bool is_new(const struct epochs *e)
{
    const struct epoch_graph *graph = &e->epoch.graph;

    for (size_t i = 0; i < graph->count; i++) {
        if (graph->by_id[i]->has_secret) {
            return false;
        }
    }
    return true;
}

/* Within what time a change settles heads that are many, or not readable: later while one can write
 * all the same, since others are about to, and each change is one more that many lack at first. */
static uint64_t pressing(const struct epochs *e)
{
    return epochs_is_ready(e) ? EPOCHS_SELDOM_NS : EPOCHS_CROWDED_NS;
}

/* Secrets are missing: somebody has them, or we make new ones. */
static void seek(struct epochs *e)
{
    unsigned asks_max = is_new(e) ? EPOCHS_FIRST_ASKS_MAX : EPOCHS_ASKS_MAX;

    if (is_alone(e) || e->asks >= asks_max) {
        e->asks = 0;
        e->ask_again_ns = 0;
        draw(e, is_alone(e) ? 1 : pressing(e), BLIND);
    } else if (e->ask_again_ns == 0 || e->ask_again_ns <= e->turn->now_ns) {
        ask(e);
    }
}

/* Our leaf was said, or will be: a first change of our own does not press. */
static bool is_stated(const struct epochs *e)
{
    return e->epoch.self >= 0 && e->epoch.views.devices[e->epoch.self].said_full.len > 0;
}

static bool can_be_full(const struct epochs *e)
{
    return e->epoch.current != NULL && e->epoch.current->count <= EPOCHS_FULL_MAX;
}

static void on_bar(struct epochs *e, enum epoch_bar bar)
{
    switch (bar) {
    case EPOCH_EMPTY:
    case EPOCH_BLIND:
        seek(e);
        return;
    case EPOCH_REMOVED:
        draw(e, EPOCHS_REMOVED_NS, BIT(EPOCH_REMOVED));
        return;
    case EPOCH_CROWDED:
        draw(e, pressing(e), BIT(EPOCH_CROWDED));
        return;
    case EPOCH_CLASSIC:
        if (can_be_full(e)) { /* a light change publishes no such leaf */
            draw_seldom(e, is_stated(e) ? EPOCHS_FIRST_NS : EPOCHS_SELDOM_NS);
        }
        return;
    case EPOCH_READY:
        draw_seldom(e, epoch_hold_is_worn(&e->epoch) ? 1 : EPOCHS_SELDOM_NS);
        return;
    case EPOCH_OUTSIDE:
    case EPOCH_STOPPED:
    case EPOCH_SPLIT: /* group/networks brings heads together */
    case EPOCH_UNSURE:
        return;
    }
}

static void on_event(struct epochs *e, const struct epoch_event *event)
{
    const struct epochs_user *user = &e->config.user;

    switch (event->kind) {
    case EPOCH_SAY:
        user->say(user->context, event->bytes);
        return;
    case EPOCH_TELL:
        user->tell(user->context, event->to, event->bytes);
        return;
    case EPOCH_SAVE:
        save(e, event->ticket);
        return;
    case EPOCH_VIEW:
        epochs_views_then(&e->views, &e->epoch, e->config.network, e->turn->now_ns, event->bytes);
        return;
    case EPOCH_OPENED:
        ask_sooner(e);
        user->opened(user->context);
        return;
    case EPOCH_MISSING:
        seek(e);
        return;
    case EPOCH_DUE:
        on_bar(e, event->bar);
        return;
    case EPOCH_ROLLED_BACK:
        return; /* the bar says so from now on */
    }
}

/* Asks that wait are answered soon, those that come meanwhile with them. */
static void plan_answer(struct epochs *e)
{
    uint64_t at = e->answered_ns + EPOCHS_GATHER_NS;

    if (e->others.count > 0 && !timers_is_set(&e->gather)) {
        timers_set(&e->turn->timers, &e->gather, at > e->turn->now_ns ? at : e->turn->now_ns + 1,
                   SLACK_NS);
    }
}

static void tell_ready(struct epochs *e)
{
    bool is_ready = epochs_is_ready(e);

    if (is_ready != e->is_ready) {
        e->is_ready = is_ready;
        e->config.user.ready(e->config.user.context, is_ready);
    }
    if (epoch_bar(&e->epoch) == EPOCH_READY) {
        e->ask_again_ns = 0;
        e->asks = 0;
        e->due_for = 0;
        plan_answer(e);
    }
}

/* Our leaves, when they are others and durable. */
static void tell_leaves(struct epochs *e)
{
    struct span leaves[2];

    epoch_leaf_own(&e->epoch, &leaves[0], &leaves[1]);
    for (size_t i = 0; i < 2; i++) {
        uint8_t hash[32] = {0};

        if (leaves[i].len > 0) {
            hash_sha256(hash, leaves[i]);
        }
        if (leaves[0].len > 0 && !span_is_equal(span_of(hash, 32), span_of(e->leaves[i], 32))) {
            memcpy(e->leaves[i], hash, 32);
            e->config.user.publish(e->config.user.context, i == 0 ? EPOCHS_LEAF : EPOCHS_LIGHT,
                                   leaves[i]);
        }
    }
}

/* When the heads stay as they are, all may know that we write under them from now on: what lies
 * below can be forgotten when everybody does. */
static void watch_heads(struct epochs *e)
{
    const struct epoch_graph *g = &e->epoch.graph;
    uint64_t mark = g->head_count;

    for (size_t i = 0; i < g->head_count; i++) {
        struct rd r;

        rd_init(&r, span_of(g->heads[i]->id, 32));
        mark = (mark << 7 | mark >> 57) ^ rd_u64be(&r); /* only a hint that they are others */
    }
    if (mark != e->heads_mark) {
        e->heads_mark = mark;
        timers_set(&e->turn->timers, &e->settled, e->turn->now_ns + EPOCHS_SETTLED_NS,
                   EPOCHS_SETTLED_NS / 2);
    }
}

static void on_settled(struct timer *timer, uint64_t now)
{
    struct epochs *e = LIST_OF(timer, struct epochs, settled);
    const struct epoch_graph *g = &e->epoch.graph;
    uint8_t id[32];

    if (epoch_bar(&e->epoch) != EPOCH_READY || g->head_count == 0) {
        timers_set(&e->turn->timers, &e->settled, now + EPOCHS_SETTLED_NS, EPOCHS_SETTLED_NS / 2);
        return;
    }
    epoch_set_id(id, &e->epoch.views, e->epoch.config.group, g->heads, g->head_count);
    e->config.user.publish(e->config.user.context, EPOCHS_PASSED, span_of(id, sizeof id));
}

/* Events until there are none, and the time of the next look. Handlers may come here again. */
static void drain(struct epochs *e)
{
    struct epoch_event event;

    if (e->is_draining) {
        return;
    }
    e->is_draining = true;
    epoch_leaf_say(&e->epoch);
    while (epoch_next_event(&e->epoch, &event)) {
        on_event(e, &event);
    }
    e->is_draining = false;
    tell_leaves(e);
    watch_heads(e);
    tell_ready(e);
    uint64_t deadline = epoch_deadline(&e->epoch);
    if (e->ask_again_ns != 0 && e->ask_again_ns < deadline) {
        deadline = e->ask_again_ns;
    }
    if (e->unsaved != 0 && e->turn->now_ns + TIMERS_SECOND < deadline) {
        deadline = e->turn->now_ns + TIMERS_SECOND;
    }
    timers_set(&e->turn->timers, &e->timer, deadline, SLACK_NS);
}

static void on_timer(struct timer *timer, uint64_t now)
{
    struct epochs *e = LIST_OF(timer, struct epochs, timer);
    enum epoch_bar bar = epoch_bar(&e->epoch);

    epoch_tick(&e->epoch, now);
    if (e->unsaved != 0 && e->ticket == 0) {
        save(e, e->unsaved);
    }
    if (e->ask_again_ns != 0 && e->ask_again_ns <= now) {
        if (bar == EPOCH_EMPTY || bar == EPOCH_BLIND) {
            seek(e);
        } else {
            e->ask_again_ns = 0;
        }
    }
    drain(e);
}

/* Our own change: still wanted? */
static void change(struct epochs *e)
{
    bool is_full = e->epoch.current != NULL && e->epoch.current->count <= EPOCHS_FULL_MAX;
    int rc =
        e->is_too_large ? WAVU_ERR_LIMIT : epoch_make_change(&e->epoch, e->turn->now_ns, is_full);

    if (rc == WAVU_ERR_AGAIN && epoch_bar(&e->epoch) == EPOCH_READY) { /* one is under way */
        draw_seldom(e, TIMERS_SECOND);
    } else if (rc == WAVU_ERR_AGAIN) {
        draw(e, TIMERS_SECOND, BIT(epoch_bar(&e->epoch)));
    }
    drain(e);
}

static void on_due(struct timer *timer, uint64_t now)
{
    struct epochs *e = LIST_OF(timer, struct epochs, due);
    bool is_wanted = (e->due_for & BIT(epoch_bar(&e->epoch))) != 0;

    (void)now;
    e->due_for = 0;
    if (is_wanted) {
        change(e);
    }
}

static void on_seldom(struct timer *timer, uint64_t now)
{
    struct epochs *e = LIST_OF(timer, struct epochs, seldom);

    (void)now;
    enum epoch_bar bar = epoch_bar(&e->epoch);
    bool has_ended = e->has_ended;

    e->has_ended = false;
    if (!e->epoch.is_due_told && !has_ended && !epoch_hold_is_worn(&e->epoch)) {
        return;
    }
    if (bar == EPOCH_READY || (bar == EPOCH_BLIND && has_ended)) {
        change(e);
    } else {
        draw_seldom(e, EPOCHS_SELDOM_NS); /* what presses comes first */
    }
}

/* ---- Life ---- */

int epochs_new(const struct epochs_config *config, struct epochs **out)
{
    struct epochs *e = mem_new(sizeof *e);
    struct epoch_config machine = {.device = config->device,
                                   .signer = config->signer,
                                   .random = &config->port->random,
                                   .aead = config->aead,
                                   .kind = AEAD_CHACHA20_POLY1305,
                                   .hold_ns = EPOCHS_HOLD_NS};

    e->config = *config;
    e->turn = &config->port->turn;
    memcpy(machine.group, members_network(&config->network->log), sizeof machine.group);
    epochs_keep_init(&e->keep, config->store, config->number);
    list_init(&e->early);
    timers_prepare(&e->timer, on_timer);
    timers_prepare(&e->due, on_due);
    timers_prepare(&e->seldom, on_seldom);
    timers_prepare(&e->gather, on_gather);
    timers_prepare(&e->settled, on_settled);
    epochs_asks_init(&e->others);
    int rc = epochs_keep_load(&e->keep, &e->epoch, &machine, e->turn->now_ns);
    if (rc < 0) {
        mem_free(e);
        return rc;
    }
    e->watch = (struct store_watch){.committed = on_committed};
    store_watch(config->store, &e->watch);
    *out = e;
    return 0;
}

void epochs_free(struct epochs *e)
{
    if (e == NULL) {
        return;
    }
    timers_cancel(&e->turn->timers, &e->timer);
    timers_cancel(&e->turn->timers, &e->due);
    timers_cancel(&e->turn->timers, &e->seldom);
    timers_cancel(&e->turn->timers, &e->gather);
    timers_cancel(&e->turn->timers, &e->settled);
    epochs_asks_clear(&e->others);
    store_unwatch(&e->watch);
    epochs_keep_clear(&e->keep);
    epoch_clear(&e->epoch);
    for (struct list *l = list_pop_front(&e->early); l != NULL; l = list_pop_front(&e->early)) {
        mem_free(LIST_OF(l, struct early, link));
    }
    mem_free(e);
}

void epochs_members(struct epochs *e)
{
    epochs_views_now(&e->epoch, e->config.network, e->turn->now_ns);
    epochs_views_grown(&e->views, &e->epoch, e->config.network, e->turn->now_ns);
    feed_early(e);
    drain(e);
    if (epoch_bar(&e->epoch) == EPOCH_EMPTY) { /* else a wrap may be on its way: MISSING says so */
        seek(e);
        drain(e);
    }
}

/* ---- Messages ---- */

/* Nobody seems to have a key: the founder's device begins, or who asked in vain. */
static bool is_first(const struct epochs *e)
{
    const struct network *n = e->config.network;
    uint8_t member[32];

    return epoch_bar(&e->epoch) == EPOCH_EMPTY &&
           (e->asks >= EPOCHS_ASKS_MAX ||
            (network_member_of(n, e->config.device->public_key, member) &&
             span_is_equal(span_of(member, 32), span_of(members_network(&n->log), 32))));
}

/* Others lack secrets: one change for all who asked. */
static void on_gather(struct timer *timer, uint64_t now)
{
    struct epochs *e = LIST_OF(timer, struct epochs, gather);
    uint8_t devices[EPOCH_ASKS_MAX][32];
    size_t count = epochs_asks_answer(&e->others, &e->epoch, now, devices);

    if (count > 0) {
        e->answered_ns = now;
    } else if (is_first(e) ||
               (e->asks >= EPOCHS_PATIENT_MAX && epochs_asks_has_known(&e->others, &e->epoch))) {
        draw(e, EPOCHS_REMOVED_NS, BLIND); /* both lack something: a change of ours ends that */
    }
    for (size_t i = 0; i < count; i++) {
        e->config.user.welcomed(e->config.user.context, devices[i]);
    }
    drain(e);
    if (e->others.count > 0 && !timers_is_set(&e->gather)) {
        timers_set(&e->turn->timers, &e->gather, now + EPOCHS_GATHER_NS, SLACK_NS);
    }
}

/* It may be of somebody whose coming the log does not say yet; a broadcast comes once. */
static void keep_early(struct epochs *e, const uint8_t from[32], struct span message)
{
    struct early *kept = mem_new_raw(sizeof *kept + message.len);

    *kept = (struct early){.len = message.len};
    memcpy(kept->from, from, sizeof kept->from);
    memcpy(kept->bytes, message.ptr, message.len);
    list_push_back(&e->early, &kept->link);
    if (++e->early_count > EPOCHS_EARLY_MAX) {
        mem_free(LIST_OF(list_pop_front(&e->early), struct early, link));
        e->early_count--;
    }
}

static void feed_early(struct epochs *e)
{
    struct list kept;
    struct list *l = NULL;

    list_init(&kept);
    list_splice_back(&kept, &e->early);
    e->early_count = 0;
    while ((l = list_pop_front(&kept)) != NULL) {
        struct early *m = LIST_OF(l, struct early, link);
        struct span message = span_of(m->bytes, m->len);

        if (epoch_feed(&e->epoch, e->turn->now_ns, m->from, message) == WAVU_ERR_LIMIT) {
            keep_early(e, m->from, message);
        }
        mem_free(m);
    }
}

int epochs_take(struct epochs *e, const uint8_t from[32], struct span message, bool is_told)
{
    struct epoch_msg m;
    uint8_t member[32];
    int rc = epoch_msg_read(&m, message);

    if (rc == 0 && m.kind == EPOCH_MSG_ASK) {
        bool is_known = network_member_of(e->config.network, from, member);
        rc = is_told ? epochs_asks_keep(&e->others, e->turn->now_ns, from, is_known ? member : from,
                                        message)
                     : 0;
        plan_answer(e);
    } else if (rc == 0) {
        rc = epoch_feed(&e->epoch, e->turn->now_ns, from, message);
        if (rc == WAVU_ERR_LIMIT && !is_told) {
            keep_early(e, from, message);
        }
    }
    drain(e);
    return rc == WAVU_ERR_AGAIN || rc == WAVU_ERR_LIMIT ? WAVU_ERR_AGAIN : 0;
}

void epochs_published(struct epochs *e, const uint8_t device[32], enum epochs_published what,
                      struct span value)
{
    if (what == EPOCHS_PASSED && value.len == 32) {
        epoch_passed(&e->epoch, e->turn->now_ns, device, value.ptr);
        drain(e);
    } else if (what != EPOCHS_PASSED) {
        (void)!epoch_leaf_learn(&e->epoch, value); /* of who is not known: again with the log */
    }
}

size_t epochs_members_now(const struct epochs *e)
{
    return e->epoch.current != NULL ? e->epoch.current->count : 0;
}

bool epochs_is_ready(const struct epochs *e)
{
    return epoch_hold_may_write(&e->epoch);
}

void epochs_hurry(struct epochs *e, bool is_alone)
{
    enum epoch_bar bar = epoch_bar(&e->epoch);
    bool is_vain = bar == EPOCH_BLIND && is_alone && e->asks >= EPOCHS_ALONE_MAX && !is_new(e);

    if (is_vain) {
        e->asks = 0;
        e->ask_again_ns = 0;
    }
    if (bar == EPOCH_REMOVED || bar == EPOCH_CROWDED || is_vain) {
        timers_cancel(&e->turn->timers, &e->due);
        timers_cancel(&e->turn->timers, &e->seldom);
        timers_cancel(&e->turn->timers, &e->gather);
        epochs_asks_clear(&e->others);
        change(e);
    }
}

int epochs_seal(struct epochs *e, struct entry *entry, struct wr *w)
{
    int rc = epoch_seal_write(&e->epoch, entry, w);

    if (rc == WAVU_ERR_EXHAUSTED && epoch_bar(&e->epoch) != EPOCH_READY) {
        if (!e->has_ended) { /* unless the secret of the new epoch comes meanwhile */
            e->has_ended = true;
            draw_seldom(e, EPOCHS_ENDED_NS);
        }
    } else if (rc == WAVU_ERR_EXHAUSTED || (rc == 0 && epoch_hold_is_worn(&e->epoch))) {
        draw_soon(e);
    }
    e->is_awaited = e->is_awaited || rc == WAVU_ERR_AGAIN || rc == WAVU_ERR_EXHAUSTED;
    drain(e);
    return rc == WAVU_ERR_EXHAUSTED ? WAVU_ERR_AGAIN : rc;
}

/* An entry used up a key, and that is all: changes and leaves are as they were. */
static void plan_used(struct epochs *e)
{
    const uint64_t at = epoch_deadline_used(&e->epoch);

    if (at != TIMERS_NEVER && (!timers_is_set(&e->timer) || at < e->timer.due_ns)) {
        timers_set(&e->turn->timers, &e->timer, at, SLACK_NS);
    }
}

int epochs_open(struct epochs *e, const struct epoch_seal_came *came, struct span_mut room,
                struct entry *entry)
{
    struct epoch_seal where;
    int rc = epoch_seal_open(&e->epoch, e->turn->now_ns, came, room, entry, &where);

    if (e->epoch.out_count > 0) {
        drain(e);
    } else {
        plan_used(e);
    }
    return rc;
}

uint64_t epochs_vain(const struct epochs *e)
{
    return e->epoch.vain;
}

int epochs_room(struct epochs *e, const uint8_t room[32])
{
    return epoch_seal_room(&e->epoch, room);
}
