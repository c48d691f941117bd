/*
 * Gaps, wishes, receipts of reading. A part of chat/directs.h. Source: docs/protocol/room.md,
 * "Direct chats".
 */
#include "chat/directs_gap.h"

#include <string.h>

#include "base/mem.h"

#define LOOK_STEP 16    /* chats, or gaps of them, that are looked at in one go */
#define ASK_STEP 16     /* gaps that are asked for in one go */
#define GIVE_STEP 8     /* messages that are given in one go */
#define TRIES_IN_VAIN 4 /* wishes, eight minutes of them, that nothing came of */
#define WAIT_NS TIMERS_SECOND
#define SOON_NS (UINT64_C(200) * TIMERS_MS) /* behind the last one that was asked for */
#define SLACK_NS (UINT64_C(500) * TIMERS_MS)
#define WANT_LIFETIME_S (UINT32_C(6) * 3600)
#define DEVICES_MAX 64

static const uint8_t *self_of(const struct directs *d)
{
    return d->config.history->config.member;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* ---- Time ---- */

static void plan(struct directs *d)
{
    uint64_t at = d->look_due_ns;

    for (struct list *l = list_next(&d->gaps, &d->gaps); l != NULL; l = list_next(&d->gaps, l)) {
        at = earlier(at, LIST_OF(l, struct directs_gap, link)->due_ns);
    }
    if (d->want_count > 0 || d->reads.count > 0) {
        at = earlier(at, d->turn->now_ns + WAIT_NS);
    }
    timers_set(&d->turn->timers, &d->timer, at, SLACK_NS);
}

static void look_in(struct directs *d, uint64_t ns)
{
    d->is_look_due = d->is_looking;
    if (!d->is_looking) {
        d->look_due_ns = earlier(d->look_due_ns, d->turn->now_ns + ns);
        plan(d);
    }
}

/* ---- Gaps ---- */

static struct directs_gap *gap_of(const struct directs *d, const struct history_room *chat,
                                  uint32_t device)
{
    for (struct list *l = list_next(&d->gaps, &d->gaps); l != NULL; l = list_next(&d->gaps, l)) {
        struct directs_gap *g = LIST_OF(l, struct directs_gap, link);

        if (g->chat == chat && g->device == device) {
            return g;
        }
    }
    return NULL;
}

static void drop_gap(struct directs *d, struct directs_gap *g)
{
    list_remove(&g->link);
    d->gap_count--;
    mem_free(g);
}

static size_t gaps_of(const struct directs *d, const struct history_room *chat)
{
    size_t count = 0;

    for (struct list *l = list_next(&d->gaps, &d->gaps); l != NULL; l = list_next(&d->gaps, l)) {
        count += LIST_OF(l, struct directs_gap, link)->chat == chat ? 1 : 0;
    }
    return count;
}

/* The gap that makes room for one of a chat that has `count`: of the chat that has most, if it has
 * two more, the one that was asked for most often. Where all have one, one that nobody answers. */
static struct directs_gap *to_displace(const struct directs *d, size_t count)
{
    struct directs_gap *found = NULL;
    size_t most = 0;

    for (struct list *l = list_next(&d->gaps, &d->gaps); l != NULL; l = list_next(&d->gaps, l)) {
        struct directs_gap *g = LIST_OF(l, struct directs_gap, link);
        const size_t its = gaps_of(d, g->chat);
        const bool is_it = its > count + 1 || (count == 0 && g->tries >= TRIES_IN_VAIN);

        if (is_it && (found == NULL || its > most || (its == most && g->tries > found->tries))) {
            found = g;
            most = its;
        }
    }
    return found;
}

static void add_gap(struct directs *d, struct history_room *chat, uint32_t device)
{
    const size_t count = gaps_of(d, chat);
    struct directs_gap *g = NULL;

    if (d->gap_count == DIRECTS_GAPS_MAX && (g = to_displace(d, count)) != NULL) {
        drop_gap(d, g);
        d->is_look_short = true;
    }
    if (d->gap_count == DIRECTS_GAPS_MAX || count == DIRECTS_GAPS_EACH) {
        d->is_look_short = true;
        return;
    }
    g = mem_new(sizeof *g);
    g->chat = chat;
    g->device = device;
    g->due_ns = d->turn->now_ns;
    list_push_back(&d->gaps, &g->link);
    d->gap_count++;
}

/* The next gap of the chat; false: that was all. */
static bool look_at(struct directs *d)
{
    struct direct want;
    const int rc = history_direct_gap(d->look_chat, &d->look_device, &want);

    if (rc == 0 && gap_of(d, d->look_chat, d->look_device) == NULL) {
        add_gap(d, d->look_chat, d->look_device);
    }
    return rc == 0 || rc == WAVU_ERR_AGAIN;
}

static void look_on(struct directs *d)
{
    for (size_t i = 0; i < LOOK_STEP; i++) {
        if (d->look_chat == NULL) {
            d->look_chat = history_next_room(d->config.history, &d->look_at);
            d->look_device = 0;
        }
        if (d->look_chat == NULL) {
            d->is_looking = false;
            break;
        }
        if (d->look_chat->kind != HISTORY_DIRECT || !look_at(d)) {
            d->look_chat = NULL;
        }
    }
    if (d->is_looking) {
        turn_queue(d->turn, &d->job);
    } else if (d->is_look_due) {
        look_in(d, DIRECTS_GAP_NS);
    } else if (d->is_look_short) {
        look_in(d, DIRECTS_LOOK_NS);
    }
}

/* Whom to ask the next time: the author's device first, then those who may have it from there: own
 * ones, and the other devices of its person. False: nobody is there. */
static bool whom(const struct directs *d, const struct directs_gap *g, uint8_t device[32])
{
    const struct directs_user *user = &d->config.user;
    const struct history_device *author = history_device_at(d->config.history, g->device);
    const uint8_t *members[2] = {author->member, self_of(d)};
    uint8_t candidates[2 * DEVICES_MAX][32];
    const uint8_t *here = d->config.history->config.device;
    size_t count = 0;
    size_t first = 0;

    for (size_t m = 0; m < (directs_core_is(members[0], members[1]) ? 1u : 2u); m++) {
        for (size_t at = 0; at < DEVICES_MAX; at++) {
            if (!user->device(user->context, members[m], at, candidates[count])) {
                break;
            }
            first = directs_core_is(candidates[count], author->key) ? count : first;
            count += directs_core_is(candidates[count], here) ? 0 : 1;
        }
    }
    if (count == 0) {
        return false;
    }
    memcpy(device, candidates[(first + g->tries) % count], 32);
    return true;
}

/* 30 s, 1 min, 2 min, ... 6 h. */
static uint64_t pause_of(unsigned tries)
{
    const unsigned doublings = tries < 10 ? tries : 10;

    return earlier(DIRECTS_GAP_NS << doublings, DIRECTS_GAP_NS_MAX);
}

static void ask(struct directs *d, struct directs_gap *g)
{
    const struct directs_user *user = &d->config.user;
    uint8_t bytes[128];
    uint8_t device[32];
    uint8_t message[ENVELOPE_ID_SIZE];
    struct direct want;
    struct wr w;
    int rc = history_direct_gap_from(g->chat, g->device, g->from, &want);

    if (rc == WAVU_ERR_NOT_FOUND && g->from > 0) { /* once round: from the first again */
        g->from = 0;
        rc = history_direct_gap_from(g->chat, g->device, 0, &want);
    }
    if (rc < 0 && rc != WAVU_ERR_NOT_FOUND) {
        g->due_ns = d->turn->now_ns + DIRECTS_GAP_NS;
        return;
    }
    if (rc < 0) {
        drop_gap(d, g);
        return;
    }
    if (!whom(d, g, device)) {
        g->due_ns = d->turn->now_ns + DIRECTS_GAP_NS_MAX;
        return;
    }
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    direct_write(&w, &want);
    const struct courier_order order = {.device = device,
                                        .kind = COURIER_CHAT,
                                        .class_number = ENVELOPE_CHAT,
                                        .lifetime_s = WANT_LIFETIME_S,
                                        .body = wr_span(&w)};

    rc = directs_core_has_room(d, 0);
    rc = rc < 0 ? rc : user->say(user->context, &order, message);
    g->due_ns = d->turn->now_ns + (rc < 0 ? DIRECTS_GAP_NS : pause_of(g->tries));
    if (rc == 0) {
        g->tries++;
        g->asked_last = want.last;
        g->from = want.last + 1;
    }
}

static void ask_due(struct directs *d)
{
    struct list *next = list_next(&d->gaps, &d->gaps);
    size_t asked = 0;

    while (next != NULL && asked < ASK_STEP) {
        struct directs_gap *g = LIST_OF(next, struct directs_gap, link);

        next = list_next(&d->gaps, next);
        if (g->due_ns <= d->turn->now_ns) {
            ask(d, g);
            asked++;
        }
    }
    if (asked == ASK_STEP) {
        turn_queue(d->turn, &d->job);
    }
}

void directs_gap_took(struct directs *d, const struct direct *m)
{
    const struct history_device *author = history_device_of(d->config.history, m->device);
    const struct history_room *chat = history_room(d->config.history, m->chat);
    struct directs_gap *g = gap_of(d, chat, author->number);

    look_in(d, DIRECTS_GAP_NS);
    if (g != NULL && m->sequence <= g->asked_last) { /* somebody answers */
        g->tries = 0;
        g->due_ns = d->turn->now_ns + (m->sequence == g->asked_last ? SOON_NS : DIRECTS_GAP_NS);
        plan(d);
    }
}

/* ---- Giving ---- */

void directs_gap_want(struct directs *d, const struct courier_content *content,
                      const struct direct *want)
{
    struct history_room *chat = history_room(d->config.history, want->chat);
    const struct history_device *author = history_device_of(d->config.history, want->device);
    struct directs_want *w = NULL;

    if (chat == NULL || author == NULL || chat->kind != HISTORY_DIRECT ||
        !(directs_core_is(author->member, self_of(d)) ||
          directs_core_is(content->member, self_of(d)))) {
        return; /* nothing that the asker would take of us */
    }
    for (struct list *l = list_next(&d->wants, &d->wants); l != NULL && w == NULL;
         l = list_next(&d->wants, l)) {
        struct directs_want *one = LIST_OF(l, struct directs_want, link);
        const bool is_same = one->chat == chat && directs_core_is(one->asker, content->device) &&
                             directs_core_is(one->want.device, want->device);

        w = is_same ? one : NULL;
    }
    if (w == NULL && d->want_count == DIRECTS_WANTS_MAX) {
        return; /* it asks again */
    }
    if (w == NULL) {
        w = mem_new(sizeof *w);
        list_push_back(&d->wants, &w->link);
        d->want_count++;
    }
    w->chat = chat;
    memcpy(w->asker, content->device, sizeof w->asker);
    memcpy(w->member, content->member, sizeof w->member);
    w->want = *want;
    turn_queue(d->turn, &d->job);
    plan(d);
}

static void drop_want(struct directs *d, struct directs_want *w)
{
    list_remove(&w->link);
    d->want_count--;
    mem_free(w);
}

/* What the member may be given; the one asked longest ago makes room. */
static struct directs_asker *asker_of(struct directs *d, const uint8_t member[32])
{
    const uint64_t now = d->turn->now_ns;
    struct directs_asker *found = &d->askers[0];

    for (size_t i = 0; i < DIRECTS_ASKERS_MAX; i++) {
        struct directs_asker *a = &d->askers[i];

        if (a->filled_ns > 0 && directs_core_is(a->member, member)) {
            const uint64_t more = (now - a->filled_ns) / TIMERS_MS * DIRECTS_GIVE_RATE / 1000;

            if (more > 0) {
                a->bytes = earlier(a->bytes + more, DIRECTS_GIVE_BURST);
                a->filled_ns = now;
            }
            return a;
        }
        found = a->filled_ns < found->filled_ns ? a : found;
    }
    memcpy(found->member, member, sizeof found->member);
    found->bytes = DIRECTS_GIVE_BURST;
    found->filled_ns = now > 0 ? now : 1;
    return found;
}

/* One message. 0; NOT_FOUND: the wish is answered; AGAIN, LIMIT: later. */
static int give_one(struct directs *d, struct directs_want *w, struct buf *stored, struct buf *body)
{
    const struct directs_user *user = &d->config.user;
    struct directs_asker *asker = asker_of(d, w->member);
    uint8_t id[DIRECT_ID_SIZE];
    uint8_t message[ENVELOPE_ID_SIZE];
    struct direct m;
    struct wr out;
    int rc = directs_core_has_room(d, DIRECT_CONTENT_MAX);

    rc = rc == 0 && asker->bytes < DIRECT_SIZE_MAX ? WAVU_ERR_AGAIN : rc;
    rc = rc < 0 ? rc : history_direct_give(w->chat, &w->want, &m, stored);
    body->len = 0;
    rc = rc < 0 ? rc : buf_reserve(body, DIRECT_SIZE_MAX);
    if (rc < 0) {
        return rc;
    }
    wr_init(&out, span_mut_of(body->ptr, DIRECT_SIZE_MAX));
    direct_write(&out, &m);
    direct_id(id, m.chat, m.body);
    const struct courier_order order = {.device = w->asker,
                                        .kind = COURIER_CHAT,
                                        .class_number = ENVELOPE_CHAT,
                                        .body = wr_span(&out),
                                        .message = id};

    rc = user->say(user->context, &order, message);
    if (rc == WAVU_ERR_AGAIN || rc == WAVU_ERR_LIMIT) {
        w->want.sequence = m.sequence; /* this one again */
        return rc;
    }
    asker->bytes -= rc == 0 ? out.len : 0;
    return rc == WAVU_ERR_NOT_FOUND ? rc : 0; /* on its way already: it gets that */
}

/* Wishes take turns. */
static void give(struct directs *d)
{
    struct buf stored;
    struct buf body;
    size_t waits = 0;

    buf_init(&stored, STORE_VALUE_MAX);
    buf_init(&body, DIRECT_SIZE_MAX);
    for (size_t i = 0; i < GIVE_STEP && d->want_count > waits; i++) {
        struct directs_want *w = LIST_OF(list_pop_front(&d->wants), struct directs_want, link);
        int rc = give_one(d, w, &stored, &body);

        list_push_back(&d->wants, &w->link);
        if (rc == WAVU_ERR_AGAIN || rc == WAVU_ERR_LIMIT) {
            waits++;
        } else if (rc < 0) {
            drop_want(d, w);
        }
    }
    buf_wipe(&stored);
    buf_wipe(&body);
    if (d->want_count > waits) {
        turn_queue(d->turn, &d->job);
    }
}

/* ---- Receipts of reading ---- */

void directs_gap_read(struct directs *d, const uint8_t device[32], const uint8_t id[32])
{
    struct directs_seen seen;
    struct directs_seen oldest;

    memcpy(seen.device, device, sizeof seen.device);
    memcpy(seen.message, id, sizeof seen.message);
    if (d->reads.count == DIRECTS_READS_MAX) {
        (void)!ring_pop(&d->reads, &oldest);
    }
    (void)!ring_push(&d->reads, &seen);
    turn_queue(d->turn, &d->job);
    plan(d);
}

static void tell_reads(struct directs *d)
{
    const struct directs_user *user = &d->config.user;
    struct directs_seen *seen = NULL;
    struct directs_seen told;

    while ((seen = ring_at(&d->reads, 0)) != NULL) {
        if (user->read(user->context, seen->device, seen->message) == WAVU_ERR_AGAIN) {
            return; /* the timer goes on */
        }
        (void)!ring_pop(&d->reads, &told);
    }
}

/* ---- Life ---- */

static void on_job(struct turn_job *job, uint64_t now)
{
    struct directs *d = LIST_OF(job, struct directs, job);

    (void)now;
    tell_reads(d);
    give(d);
    if (d->is_looking) {
        look_on(d);
    }
    ask_due(d);
    plan(d);
}

static void on_timer(struct timer *timer, uint64_t now)
{
    struct directs *d = LIST_OF(timer, struct directs, timer);

    if (d->look_due_ns <= now) {
        d->look_due_ns = TIMERS_NEVER;
        d->look_at = 0;
        d->look_chat = NULL;
        d->is_looking = true;
        d->is_look_short = false;
        d->is_look_due = false;
    }
    turn_queue(d->turn, &d->job);
}

void directs_gap_init(struct directs *d)
{
    list_init(&d->gaps);
    list_init(&d->wants);
    ring_init(&d->reads, sizeof(struct directs_seen), DIRECTS_READS_MAX);
    timers_prepare(&d->timer, on_timer);
    d->job = (struct turn_job){.run = on_job, .cost_us = 1000};
    d->look_due_ns = d->turn->now_ns + DIRECTS_GAP_NS;
    plan(d);
}

void directs_gap_clear(struct directs *d)
{
    struct list *l = NULL;

    timers_cancel(&d->turn->timers, &d->timer);
    turn_cancel(&d->job);
    while ((l = list_next(&d->gaps, &d->gaps)) != NULL) {
        drop_gap(d, LIST_OF(l, struct directs_gap, link));
    }
    while ((l = list_next(&d->wants, &d->wants)) != NULL) {
        drop_want(d, LIST_OF(l, struct directs_want, link));
    }
    ring_clear(&d->reads);
}
