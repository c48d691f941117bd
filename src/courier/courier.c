/*
 * The courier: orders from above, turns, time. A turn takes what the machines have to say until
 * there is nothing, stores what changed and then sends what rests on commits that are on the disk.
 * Nothing in here calls it again from inside: who is above may order meanwhile.
 */
#include "courier/courier.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "courier/courier_keys.h"
#include "courier/courier_link.h"
#include "courier/courier_payer.h"
#include "courier/courier_peer.h"
#include "courier/courier_stick.h"
#include "courier/courier_store.h"
#include "courier/courier_ways.h"
#include "courier/outbox_core.h"
#include "courier/session_state.h"

#define JOB_US 2000    /* seals of one go */
#define DEVICES_MAX 64 /* of one member */
#define RECEIPT_LIFETIME_S ENVELOPE_LIFETIME_S

_Static_assert(COURIER_ROOM_OUT >
                   (COURIER_SESSIONS_MAX + 1) * (SESSION_STATE_MAX + 12288) + 2 * ENVELOPE_SIZE_MAX,
               "what an event writes finds room, and all sessions that changed");

uint64_t courier_core_now(const struct courier *c)
{
    return lasting_now(&c->lasting, c->turn->now_ns);
}

bool courier_core_has(const struct courier *c, size_t room)
{
    return c->err == 0 && store_pending(c->config.store) + room <= STORE_PENDING_MAX;
}

bool courier_core_has_room(const struct courier *c)
{
    return courier_core_has(c, COURIER_ROOM);
}

void courier_core_fail(struct courier *c, int err)
{
    if (c->err == 0) {
        c->err = err;
        if (c->config.user.failed != NULL) {
            c->config.user.failed(c->config.user.context, err);
        }
    }
}

/* --- orders --- */

int courier_core_add(struct courier *c, const struct outbox_order *order, struct span body)
{
    const uint64_t now = courier_core_now(c);
    const struct span key = span_of(order->message, sizeof(order->message));
    const bool is_known = map_get(&c->outbox.messages, key) != NULL;
    uint64_t row = 0;
    const int rc = outbox_add(&c->outbox, now, order, &row);
    if (rc != 0) {
        return rc;
    }
    (void)courier_peer_get(c, order->device);
    if (!is_known) {
        uint8_t *bytes = mem_new_raw(8 + body.len);
        struct wr w;
        wr_init(&w, span_mut_of(bytes, 8 + body.len));
        wr_u64be(&w, now);
        wr_bytes(&w, body);
        courier_store_put(c, TABLE_BODY, key, wr_span(&w));
        mem_free(bytes);
    }
    return 0;
}

/* The devices that it is for. */
static size_t devices_of(const struct courier *c, const struct courier_order *order,
                         uint8_t (*devices)[ENVELOPE_DEVICE_SIZE],
                         uint8_t member[ENVELOPE_DEVICE_SIZE])
{
    const struct courier_network *ask = &c->config.ask;
    size_t count = 0;
    size_t at = 0;
    if (order->device != NULL) {
        if (envelope_is_same(order->device, c->config.device->public_key, ENVELOPE_DEVICE_SIZE)) {
            return 0;
        }
        memcpy(devices[0], order->device, ENVELOPE_DEVICE_SIZE);
        return ask->whose(ask->context, order->device, member) ? 1 : 0;
    }
    memcpy(member, order->member, ENVELOPE_DEVICE_SIZE);
    while (count < DEVICES_MAX && ask->device(ask->context, member, at++, devices[count])) {
        if (!envelope_is_same(devices[count], c->config.device->public_key, ENVELOPE_DEVICE_SIZE)) {
            count++;
        }
    }
    return count;
}

/* 0 when each device may have a row. */
static int fits(const struct courier *c, struct outbox_order *order,
                uint8_t (*devices)[ENVELOPE_DEVICE_SIZE], size_t count)
{
    int rc = c->outbox.open + count > OUTBOX_ROWS_MAX ? WAVU_ERR_LIMIT : 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        memcpy(order->device, devices[i], sizeof(order->device));
        rc = outbox_core_fits(&c->outbox, order);
    }
    return rc;
}

int courier_say(struct courier *c, const struct courier_order *order,
                uint8_t message[ENVELOPE_ID_SIZE])
{
    uint8_t devices[DEVICES_MAX][ENVELOPE_DEVICE_SIZE];
    struct outbox_order row = {.class_number = order->class_number,
                               .kind = order->kind,
                               .lifetime_s =
                                   order->lifetime_s != 0 ? order->lifetime_s : ENVELOPE_LIFETIME_S,
                               .body_len = (uint32_t)order->body.len};
    if (order->body.len > ENVELOPE_BODY_MAX || (order->member == NULL) == (order->device == NULL)) {
        return WAVU_ERR_INVALID;
    }
    if (!courier_core_has_room(c)) {
        return c->err != 0 ? c->err : WAVU_ERR_AGAIN;
    }
    const size_t count = devices_of(c, order, devices, row.member);
    if (count == 0) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (order->message != NULL) {
        memcpy(row.message, order->message, sizeof(row.message));
    } else {
        random_fill(c->random, row.message, sizeof(row.message));
    }
    const int rc = fits(c, &row, devices, count);
    if (rc != 0) {
        return rc;
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(row.device, devices[i], sizeof(row.device));
        CHECK(courier_core_add(c, &row, order->body) == 0);
    }
    memcpy(message, row.message, sizeof(row.message));
    courier_core_turn(c);
    return c->err;
}

int courier_read(struct courier *c, const uint8_t device[ENVELOPE_DEVICE_SIZE],
                 const uint8_t message[ENVELOPE_ID_SIZE])
{
    struct receipt receipt = {.state = RECEIPT_READ};
    if (!courier_core_has_room(c) || c->is_working) {
        return WAVU_ERR_AGAIN;
    }
    memcpy(receipt.message, message, sizeof(receipt.message));
    outbox_received(&c->outbox, courier_core_now(c), device, &receipt);
    courier_core_turn(c);
    return c->err;
}

int courier_handle(struct courier *c, uint32_t kind, const struct courier_handler *handler)
{
    if (kind >= COURIER_KINDS_MAX || kind == COURIER_RECEIPTS) {
        return WAVU_ERR_INVALID;
    }
    if (c->handlers[kind].take != NULL) {
        return WAVU_ERR_EXISTS;
    }
    c->handlers[kind] = *handler;
    return 0;
}

/* --- members and links --- */

static void forget(struct courier *c, const uint8_t *device)
{
    struct courier_peer *p = courier_peer_find(c, device);
    outbox_forget(&c->outbox, courier_core_now(c), device);
    mailbox_forget(&c->mailbox, courier_core_now(c), device);
    if (p != NULL) {
        courier_peer_drop(c, p);
    }
}

/* Forget those of `map`, whose values begin with their device, that are nobody's; some of them:
 * false when there may be more. */
static bool forget_of(struct courier *c, const struct map *map)
{
    uint8_t gone[DEVICES_MAX][ENVELOPE_DEVICE_SIZE];
    uint8_t member[ENVELOPE_DEVICE_SIZE];
    const uint8_t *device;
    size_t count = 0;
    size_t at = 0;
    while (count < DEVICES_MAX && (device = map_next(map, &at)) != NULL) {
        if (!envelope_is_same(device, c->config.device->public_key, ENVELOPE_DEVICE_SIZE) &&
            !c->config.ask.whose(c->config.ask.context, device, member)) {
            memcpy(gone[count++], device, ENVELOPE_DEVICE_SIZE);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!courier_core_has(c, COURIER_ROOM_OUT)) {
            c->is_members_due = true; /* the commit goes on */
            return true;
        }
        forget(c, gone[i]);
    }
    return count < DEVICES_MAX;
}

/* What is left of who went: rows that end, what is charged to a giver. Those are not forgotten
 * twice, so one pass over each map is enough. */
static void look_at_members(struct courier *c)
{
    c->is_members_due = false;
    while (!forget_of(c, &c->peers)) {
    }
    (void)forget_of(c, &c->outbox.devices);
    (void)forget_of(c, &c->mailbox.table.devices);
}

void courier_members(struct courier *c)
{
    c->is_members_due = true;
    courier_stick_members(c);
    refused_changed(&c->refused);
    courier_core_turn(c);
}

void courier_near(struct courier *c, const uint8_t device[ENVELOPE_DEVICE_SIZE])
{
    uint8_t member[ENVELOPE_DEVICE_SIZE];
    const uint64_t look = c->turn->now_ns + COURIER_AGAIN_NS;
    if (c->config.ask.whose(c->config.ask.context, device, member)) {
        courier_peer_get(c, device)->is_near = true;
        c->look_ns = look < c->look_ns ? look : c->look_ns;
        courier_open(c, device);
    }
}

void courier_far(struct courier *c, const uint8_t device[ENVELOPE_DEVICE_SIZE])
{
    struct courier_peer *p = courier_peer_find(c, device);
    if (p != NULL) {
        p->is_near = false;
    }
}

void courier_open(struct courier *c, const uint8_t device[ENVELOPE_DEVICE_SIZE])
{
    uint8_t member[ENVELOPE_DEVICE_SIZE];
    if (c->config.ask.whose(c->config.ask.context, device, member)) {
        (void)courier_link_open(c, courier_peer_get(c, device));
        courier_core_turn(c);
    }
}

void courier_bundle(struct courier *c, const uint8_t device[ENVELOPE_DEVICE_SIZE],
                    struct span bundle)
{
    courier_keys_bundle(c, device, bundle);
}

void courier_publish(struct courier *c, struct span found)
{
    courier_keys_begin(c, found);
}

void courier_restored(struct courier *c)
{
    courier_keys_restored(c);
}

void courier_hopped(struct courier *c, uint64_t ticket, int err)
{
    courier_ways_hopped(c, ticket, err);
}

int courier_hop(struct courier *c, const uint8_t device[ENVELOPE_DEVICE_SIZE], struct span frame)
{
    return courier_ways_hop(c, device, frame);
}

/* Who is to be connected because something waits: over a connection that there is, or by who is
 * above. */
static void connect_peers(struct courier *c)
{
    const uint64_t now = c->turn->now_ns;
    struct courier_peer *p;
    size_t at = 0;
    c->wants_links = false;
    while ((p = map_next(&c->peers, &at)) != NULL) {
        const bool is_due = p->wants_link && p->connect_after <= now;
        p->wants_link = false;
        if (is_due) {
            p->connect_after = now + COURIER_AGAIN_NS;
            p->is_sought = !courier_link_open(c, p);
            c->has_sought = c->has_sought || p->is_sought;
        }
    }
}

/* Outside of the walk: who is above may come back with a connection at once. */
static void seek_peers(struct courier *c)
{
    struct courier_peer *p;
    uint8_t device[ENVELOPE_DEVICE_SIZE];
    while (c->has_sought) {
        size_t at = 0;
        while ((p = map_next(&c->peers, &at)) != NULL && !p->is_sought) {
        }
        c->has_sought = p != NULL;
        if (p != NULL) {
            p->is_sought = false;
            memcpy(device, p->id, sizeof(device));
            if (c->config.ask.connect != NULL) {
                c->config.ask.connect(c->config.ask.context, device);
            }
        }
    }
}

/* --- events --- */

static void add_receipts(struct courier *c, const struct outbox_event *e)
{
    uint8_t bytes[RECEIPT_MAX * (RECEIPT_SIZE + 8)];
    struct outbox_order order = {.class_number = ENVELOPE_CONTROL,
                                 .kind = COURIER_RECEIPTS,
                                 .lifetime_s = RECEIPT_LIFETIME_S,
                                 .is_unanswered = true};
    struct wr w;
    if (!c->config.ask.whose(c->config.ask.context, e->device, order.member)) {
        return;
    }
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    receipt_encode(&w, e->receipts, e->receipt_count);
    CHECK(wr_finish(&w) == 0);
    order.body_len = (uint32_t)w.len;
    memcpy(order.device, e->device, sizeof(order.device));
    random_fill(c->random, order.message, sizeof(order.message));
    (void)!courier_core_add(c, &order, wr_span(&w)); /* LIMIT: who says it again is told again */
}

static void tell_fate(struct courier *c, const struct outbox_event *e)
{
    struct courier_fate fate = {.message = e->message,
                                .member = e->member,
                                .device = e->device,
                                .peer = e->peer,
                                .state = e->state};
    uint8_t member[ENVELOPE_DEVICE_SIZE];
    if (e->kind == OUTBOX_LATE) {
        if (!c->config.ask.whose(c->config.ask.context, e->device, member)) {
            return;
        }
        fate.member = member;
    }
    if (c->config.user.fate != NULL) {
        c->config.user.fate(c->config.user.context, &fate);
    }
}

static void on_outbox(struct courier *c, const struct outbox_event *e)
{
    switch (e->kind) {
    case OUTBOX_PUT:
    case OUTBOX_DELETE:
        courier_store_row(c, e);
        return;
    case OUTBOX_SEAL:
        c->seals--;
        courier_peer_seal(c, e);
        return;
    case OUTBOX_OFFER:
        courier_ways_offer(c, e);
        return;
    case OUTBOX_RECEIPTS:
        add_receipts(c, e);
        return;
    case OUTBOX_PURGE:
        mailbox_done(&c->mailbox, courier_core_now(c), NULL, e->token);
        return;
    case OUTBOX_STATE:
    case OUTBOX_LATE:
        tell_fate(c, e);
        return;
    }
}

/* What the machines have to say: what they know is written whatever it is, sealing has a bound. */
static void drain(struct courier *c)
{
    const uint64_t now = courier_core_now(c);
    struct mailbox_event me;
    struct outbox_event oe;
    while (courier_core_has(c, COURIER_ROOM_OUT)) {
        if (mailbox_next_event(&c->mailbox, now, &me)) {
            courier_ways_mail(c, &me);
            continue;
        }
        if (c->seals == 0 && list_is_empty(&c->outbox.dirty)) {
            turn_queue(c->turn, &c->job);
            return;
        }
        if (!outbox_next_event(&c->outbox, now, &oe)) {
            return;
        }
        on_outbox(c, &oe);
    }
}

static bool pump(struct courier *c)
{
    struct list *node = list_next(&c->saying, &c->saying);
    bool is_said = courier_ways_pump(c);
    while (node != NULL) {
        struct courier_link *l = LIST_OF(node, struct courier_link, saying);
        node = list_next(&c->saying, node); /* a pump ends no link but its own */
        is_said = courier_link_pump(l) || is_said;
    }
    return is_said;
}

/* --- turns --- */

/* Boot time of a lasting time that is to come. */
static uint64_t boot_of(const struct courier *c, uint64_t lasting)
{
    const uint64_t now = courier_core_now(c);
    if (lasting == TIMERS_NEVER || lasting <= now) {
        return lasting == TIMERS_NEVER ? TIMERS_NEVER : c->turn->now_ns;
    }
    return c->turn->now_ns + (lasting - now);
}

static void arm(struct courier *c, uint64_t link_ns)
{
    uint64_t next = boot_of(c, outbox_deadline(&c->outbox));
    const uint64_t others[] = {boot_of(c, mailbox_deadline(&c->mailbox)),
                               boot_of(c, prekeys_deadline(&c->prekeys)),
                               boot_of(c, c->again_ns),
                               lasting_deadline(&c->lasting),
                               c->sweep_ns,
                               link_ns};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        next = others[i] < next ? others[i] : next;
    }
    timers_set(&c->turn->timers, &c->timer, c->err != 0 ? TIMERS_NEVER : next, COURIER_SLACK_NS);
}

void courier_core_turn(struct courier *c)
{
    if (c->is_working || c->err != 0) {
        return;
    }
    c->is_working = true;
    c->seals = COURIER_SEALS_MAX;
    do {
        courier_peer_save(c); /* those that waited for room */
        if (c->is_members_due && courier_core_has(c, COURIER_ROOM_OUT)) {
            look_at_members(c);
        }
        if (c->has_bundles_due || c->is_own_due) {
            courier_keys_catch_up(c);
        }
        drain(c);
        if (c->wants_links) {
            connect_peers(c);
        }
        courier_peer_save(c);
    } while (c->err == 0 &&
             (pump(c) || (c->is_members_due && courier_core_has(c, COURIER_ROOM_OUT))));
    courier_keys_publish(c);
    c->is_working = false;
    seek_peers(c);
    arm(c, courier_link_deadline(c));
}

static void on_timer(struct timer *timer, uint64_t now)
{
    struct courier *c = LIST_OF(timer, struct courier, timer);
    if (c->err != 0) {
        return;
    }
    outbox_tick(&c->outbox, courier_core_now(c));
    mailbox_tick(&c->mailbox, courier_core_now(c));
    if (courier_core_has(c, COURIER_ROOM_OUT)) {
        courier_keys_tick(c);
        if (lasting_deadline(&c->lasting) <= now) {
            courier_store_lasting(c);
        }
        if (c->sweep_ns <= now) {
            c->sweep_ns = now + (courier_peer_tick(c) ? COURIER_SWEEP_NS : COURIER_SWEEP_NS / 60);
        }
    }
    courier_link_tick(c);
    courier_core_turn(c);
}

static void on_job(struct turn_job *job, uint64_t now)
{
    (void)now;
    courier_core_turn(LIST_OF(job, struct courier, job));
}

static void on_committed(struct store_watch *watch, uint64_t number)
{
    struct courier *c = LIST_OF(watch, struct courier, watch);
    (void)number;
    courier_core_turn(c);
    courier_link_resume(c);
}

static void on_failed(struct store_watch *watch, int err)
{
    if (err == WAVU_ERR_CORRUPT || err == WAVU_ERR_UNSUPPORTED) {
        courier_core_fail(LIST_OF(watch, struct courier, watch), err);
    }
}

/* --- life --- */

void courier_metrics_add(struct courier_metrics *m, struct metric_set *set)
{
    metric_add(set, &m->opened, "courier_opened_total");
    metric_add(set, &m->unopened, "courier_unopened_total");
    metric_add(set, &m->cut, "courier_cut_total");
}

static void init_machines(struct courier *c)
{
    struct mailbox_config mailbox = {.random = c->random,
                                     .bytes = c->config.mailbox_bytes,
                                     .whose = c->config.ask.whose,
                                     .context = c->config.ask.context};
    const struct seen_config seen = {.random = c->random,
                                     .keep_ns = SEEN_MESSAGE_DAYS * SEEN_DAY_NS};
    memcpy(mailbox.self, c->config.device->public_key, sizeof(mailbox.self));
    courier_ways_init(c);
    const struct outbox_config outbox = {
        .ways = c->ways, .way_count = c->way_count, .random = c->random};
    mailbox_init(&c->mailbox, &mailbox);
    outbox_init(&c->outbox, &outbox);
    seen_init(&c->seen, &seen);
    map_init(&c->peers, c->random);
    buf_init(&c->again, PREKEYS_MSG_BUNDLE_MAX);
    c->again_ns = TIMERS_NEVER;
    c->look_ns = TIMERS_NEVER;
    c->resume_ns = TIMERS_NEVER;
    list_init(&c->links);
    list_init(&c->saying);
    list_init(&c->dirty);
    list_init(&c->later);
    map_init(&c->payers, c->random);
}

static void clear_machines(struct courier *c)
{
    struct courier_peer *p;
    size_t at = 0;
    while ((p = map_next(&c->peers, &at)) != NULL) {
        courier_peer_free(p);
    }
    map_clear(&c->peers);
    courier_payer_clear(c);
    buf_clear(&c->again);
    courier_ways_clear(c);
    seen_clear(&c->seen);
    outbox_clear(&c->outbox);
    mailbox_clear(&c->mailbox);
    prekeys_clear(&c->prekeys);
}

int courier_new(const struct courier_config *config, struct courier **out)
{
    struct courier *c = mem_new(sizeof(*c));
    c->config = *config;
    c->turn = &config->port->turn;
    c->random = &config->port->random;
    c->job = (struct turn_job){.run = on_job, .cost_us = JOB_US};
    timers_prepare(&c->timer, on_timer);
    init_machines(c);
    int rc = courier_store_load(c);
    rc = rc == 0 ? courier_link_init(c) : rc;
    if (rc < 0) {
        clear_machines(c);
        mem_free(c);
        return rc;
    }
    c->watch = (struct store_watch){.committed = on_committed, .failed = on_failed};
    store_watch(config->store, &c->watch);
    courier_keys_changed(c);
    if (c->is_restoring) {
        courier_keys_retire(c);
    }
    c->sweep_ns = c->turn->now_ns + COURIER_SWEEP_NS;
    c->is_members_due = true;
    turn_queue(c->turn, &c->job); /* once who is above has registered */
    *out = c;
    return 0;
}

void courier_free(struct courier *c)
{
    if (c == NULL) {
        return;
    }
    courier_peer_save(c);
    c->is_working = true; /* nothing goes on from here */
    courier_link_clear(c);
    store_unwatch(&c->watch);
    turn_cancel(&c->job);
    timers_cancel(&c->turn->timers, &c->timer);
    clear_machines(c);
    mem_free(c);
}

void courier_look(const struct courier *c, struct courier_status *status)
{
    *status = (struct courier_status){.open = c->outbox.open,
                                      .held = c->mailbox.table.count,
                                      .bytes = c->mailbox.table.used,
                                      .read = c->read,
                                      .is_behind = !courier_core_has_room(c)};
    for (struct list *n = list_next(&c->links, &c->links); n != NULL; n = list_next(&c->links, n)) {
        const struct courier_link *l = LIST_OF(n, struct courier_link, node);
        status->links += l->is_open ? 1 : 0;
        status->items += (uint32_t)l->items.count;
    }
}

void courier_check(const struct courier *c)
{
    outbox_check(&c->outbox);
    mailbox_check(&c->mailbox);
    seen_check(&c->seen);
    prekeys_check(&c->prekeys);
    map_check(&c->peers);
    CHECK(list_count(&c->dirty) <= COURIER_SESSIONS_MAX);
    for (struct list *n = list_next(&c->links, &c->links); n != NULL; n = list_next(&c->links, n)) {
        const struct courier_link *l = LIST_OF(n, struct courier_link, node);
        CHECK(l->peer->link == l && !l->is_over);
        CHECK(list_is_linked(&l->saying) || (l->items.count == 0 && l->out.len == 0));
        CHECK(l->resume_ns == 0 || l->resume_ns >= c->resume_ns);
        CHECK(list_count(&l->flights) == l->flight_count);
        CHECK(l->flight_count <= COURIER_FLIGHTS_MAX && l->items.count <= COURIER_ITEMS_MAX);
    }
}
