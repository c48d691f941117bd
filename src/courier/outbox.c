/*
 * The outbox: rows come, rise and end. What the owner must hear of a row stands in the row itself,
 * so no queue of events can overflow.
 */
#include "courier/outbox.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"
#include "courier/outbox_core.h"
#include "crypto/secret.h"

#define RECENT_NS UINT64_C(2000000000) /* offered so lately: not again for a link that came up */

void outbox_init(struct outbox *o, const struct outbox_config *config)
{
    memset(o, 0, sizeof(*o));
    o->config = *config;
    CHECK(config->way_count <= WAY_MAX);
    map_init(&o->rows, config->random);
    map_init(&o->locks, config->random);
    map_init(&o->messages, config->random);
    map_init(&o->devices, config->random);
    list_init(&o->dirty);
    for (size_t i = 0; i < ENVELOPE_CLASSES; i++) {
        list_init(&o->ready[i]);
    }
    heap_init(&o->due);
    heap_init(&o->rests);
    heap_init(&o->ends);
    heap_init(&o->receipts);
    ring_init(&o->late, sizeof(struct outbox_event), OUTBOX_LATE_MAX);
    o->number = 1;
}

void outbox_clear(struct outbox *o)
{
    size_t at = 0;
    struct outbox_row *row;
    struct outbox_message *message;
    struct outbox_device *device;
    heap_clear(&o->due);
    heap_clear(&o->rests);
    heap_clear(&o->ends);
    heap_clear(&o->receipts);
    while ((row = map_next(&o->rows, &at)) != NULL) {
        secret_wipe(row, sizeof(*row));
        mem_free(row);
    }
    at = 0;
    while ((message = map_next(&o->messages, &at)) != NULL) {
        mem_free(message);
    }
    at = 0;
    while ((device = map_next(&o->devices, &at)) != NULL) {
        mem_free(device->receipts);
        mem_free(device);
    }
    map_clear(&o->rows);
    map_clear(&o->locks);
    map_clear(&o->messages);
    map_clear(&o->devices);
    ring_clear(&o->late);
    mem_free(o->taken);
    memset(o, 0, sizeof(*o));
}

/* --- finding --- */

static struct outbox_row *row_of(const struct outbox *o, uint64_t number)
{
    return map_get(&o->rows, span_of(&number, sizeof(number)));
}

static struct outbox_row *open_row(const struct outbox *o, uint64_t number)
{
    struct outbox_row *row = row_of(o, number);
    return row != NULL && row->place != OUTBOX_ENDED ? row : NULL;
}

static struct outbox_device *device_of(const struct outbox *o, const uint8_t *id)
{
    return map_get(&o->devices, span_of(id, ENVELOPE_DEVICE_SIZE));
}

static struct outbox_message *message_of(const struct outbox *o, const uint8_t *id)
{
    return map_get(&o->messages, span_of(id, ENVELOPE_ID_SIZE));
}

/* The message's row behind `row` (NULL: the first one), or NULL. */
static struct outbox_row *next_row(const struct outbox_message *m, const struct outbox_row *row)
{
    struct list *link = list_next(&m->rows, row != NULL ? &row->of_message : &m->rows);
    return link != NULL ? LIST_OF(link, struct outbox_row, of_message) : NULL;
}

static struct outbox_row *row_for(const struct outbox_message *m, const struct outbox_device *d)
{
    struct outbox_row *row = NULL;
    while (m != NULL && d != NULL && (row = next_row(m, row)) != NULL) {
        if (row->device == d) {
            return row;
        }
    }
    return NULL;
}

/* --- devices --- */

static struct outbox_device *hold_device(struct outbox *o, const uint8_t *id)
{
    struct outbox_device *d = device_of(o, id);
    if (d == NULL) {
        d = mem_new(sizeof(*d));
        memcpy(d->id, id, sizeof(d->id));
        for (size_t i = 0; i < ENVELOPE_CLASSES; i++) {
            list_init(&d->waiting[i]);
            list_init(&d->resting[i]);
        }
        list_init(&d->flying);
        CHECK(map_put(&o->devices, span_of(d->id, sizeof(d->id)), d) == NULL);
    }
    d->refs++;
    return d;
}

static void let_device_go(struct outbox *o, struct outbox_device *d)
{
    CHECK(d->refs > 0);
    d->refs--;
    if (d->refs > 0) {
        return;
    }
    if (heap_has(&d->rest)) {
        heap_remove(&o->rests, &d->rest);
    }
    CHECK(d->receipts == NULL);
    CHECK(map_remove(&o->devices, span_of(d->id, sizeof(d->id))) == d);
    mem_free(d);
}

/* --- rows --- */

static void tell(struct outbox *o, struct outbox_row *row, unsigned news)
{
    row->news = (uint8_t)(row->news | news);
    if (!list_is_linked(&row->dirty)) {
        list_push_back(&o->dirty, &row->dirty);
    }
}

static bool is_same_message(const struct outbox_message *m, const struct outbox_order *order)
{
    return m->class_number == order->class_number && m->kind == order->kind &&
           m->lifetime_s == order->lifetime_s && m->body_len == order->body_len &&
           m->is_unanswered == order->is_unanswered;
}

struct outbox_row *outbox_core_make(struct outbox *o, const struct outbox_order *order,
                                    uint64_t number, uint64_t came_ns)
{
    struct outbox_message *m = message_of(o, order->message);
    if (m == NULL) {
        m = mem_new(sizeof(*m));
        memcpy(m->id, order->message, sizeof(m->id));
        m->class_number = (uint8_t)order->class_number;
        m->kind = order->kind;
        m->lifetime_s = order->lifetime_s;
        m->body_len = order->body_len;
        m->is_unanswered = order->is_unanswered;
        list_init(&m->rows);
        CHECK(map_put(&o->messages, span_of(m->id, sizeof(m->id)), m) == NULL);
    }
    struct outbox_row *row = mem_new(sizeof(*row));
    row->number = number;
    row->device = hold_device(o, order->device);
    row->message = m;
    row->came_ns = came_ns;
    row->state = row->best = OUTBOX_QUEUED;
    memcpy(row->member, order->member, sizeof(row->member));
    list_push_back(&m->rows, &row->of_message);
    CHECK(map_put(&o->rows, span_of(&row->number, sizeof(row->number)), row) == NULL);
    heap_add(&o->ends, &row->end, came_ns + m->lifetime_s * TIMERS_SECOND);
    o->open++;
    o->number = o->number > number ? o->number : number + 1;
    return row;
}

int outbox_core_fits(const struct outbox *o, const struct outbox_order *order)
{
    const struct outbox_message *m = message_of(o, order->message);
    if (o->open >= OUTBOX_ROWS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (order->class_number < ENVELOPE_SOS || order->class_number > ENVELOPE_BULK ||
        order->lifetime_s == 0 || order->lifetime_s > ENVELOPE_LIFETIME_S_MAX ||
        order->body_len > ENVELOPE_BODY_MAX || (m != NULL && !is_same_message(m, order))) {
        return WAVU_ERR_INVALID;
    }
    return row_for(m, device_of(o, order->device)) != NULL ? WAVU_ERR_EXISTS : 0;
}

/* Let `lock` find the row; false when another's is the same: tokens are random. */
static bool add_lock(struct outbox *o, struct outbox_row *row, const uint8_t *lock)
{
    const struct span key = span_of(lock, ENVELOPE_LOCK_SIZE);
    if (map_get(&o->locks, key) != NULL) {
        return false;
    }
    CHECK(map_put(&o->locks, key, row) == NULL);
    return true;
}

static void drop_lock(struct outbox *o, struct outbox_row *row, const uint8_t *lock, bool *is_there)
{
    if (*is_there) {
        CHECK(map_remove(&o->locks, span_of(lock, ENVELOPE_LOCK_SIZE)) == row);
        *is_there = false;
    }
}

bool outbox_core_seal(struct outbox *o, struct outbox_row *row, const uint8_t *token, uint32_t size)
{
    memcpy(row->token, token, sizeof(row->token));
    envelope_lock(row->lock, token);
    row->size = size;
    row->is_sealed = add_lock(o, row, row->lock);
    return row->is_sealed;
}

bool outbox_core_earlier(struct outbox *o, struct outbox_row *row, const uint8_t *token)
{
    memcpy(row->earlier, token, sizeof(row->earlier));
    envelope_lock(row->earlier_lock, token);
    row->has_earlier = add_lock(o, row, row->earlier_lock);
    return row->has_earlier;
}

/* Its envelopes serve no more; holders are to be told. */
static void purge(struct outbox *o, struct outbox_row *row)
{
    const unsigned news =
        (row->is_sealed ? NEWS_PURGE : 0u) | (row->has_earlier ? NEWS_PURGE_EARLIER : 0u);
    drop_lock(o, row, row->lock, &row->is_sealed);
    drop_lock(o, row, row->earlier_lock, &row->has_earlier);
    if (news != 0) {
        tell(o, row, news);
    }
}

int outbox_add(struct outbox *o, uint64_t now, const struct outbox_order *order, uint64_t *number)
{
    const int rc = outbox_core_fits(o, order);
    if (rc != 0) {
        return rc;
    }
    struct outbox_row *row = outbox_core_make(o, order, o->number, now);
    *number = row->number;
    outbox_turn_wait(o, row);
    tell(o, row, NEWS_PUT);
    return 0;
}

int outbox_order_of(const struct outbox *o, uint64_t number, struct outbox_order *order)
{
    const struct outbox_row *row = open_row(o, number);
    if (row == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    const struct outbox_message *m = row->message;
    *order = (struct outbox_order){.class_number = (enum envelope_class)m->class_number,
                                   .kind = m->kind,
                                   .lifetime_s = m->lifetime_s,
                                   .body_len = m->body_len,
                                   .is_unanswered = m->is_unanswered};
    memcpy(order->device, row->device->id, sizeof(order->device));
    memcpy(order->member, row->member, sizeof(order->member));
    memcpy(order->message, m->id, sizeof(order->message));
    return 0;
}

/* --- rising and ending --- */

enum outbox_state outbox_core_state(const struct outbox_message *m, const uint8_t *member)
{
    uint8_t last = OUTBOX_REFUSED; /* of all */
    uint8_t best = OUTBOX_REFUSED; /* that any ever had */
    bool is_open = false;
    const struct outbox_row *row = NULL;
    while ((row = next_row(m, row)) != NULL) {
        if (envelope_is_same(row->member, member, sizeof(row->member))) {
            last = row->state > last ? row->state : last;
            best = row->best > best ? row->best : best;
            is_open = is_open || row->place != OUTBOX_ENDED;
        }
    }
    return (enum outbox_state)(is_open ? best : last);
}

/* What ended goes when nothing of its member and message is open. */
static void sweep_member(struct outbox *o, const struct outbox_row *ended)
{
    const struct outbox_message *m = ended->message;
    struct outbox_row *row = NULL;
    while ((row = next_row(m, row)) != NULL) {
        if (row->place != OUTBOX_ENDED &&
            envelope_is_same(row->member, ended->member, sizeof(row->member))) {
            return;
        }
    }
    while ((row = next_row(m, row)) != NULL) {
        if (envelope_is_same(row->member, ended->member, sizeof(row->member))) {
            tell(o, row, NEWS_DELETE);
        }
    }
}

static void set_state(struct outbox *o, struct outbox_row *row, enum outbox_state state)
{
    const enum outbox_state before = outbox_core_state(row->message, row->member);
    row->state = (uint8_t)state;
    row->best = row->state > row->best ? row->state : row->best;
    tell(o, row, NEWS_PUT);
    if (outbox_core_state(row->message, row->member) != before && !row->message->is_unanswered) {
        tell(o, row, NEWS_STATE);
    }
}

static void end(struct outbox *o, struct outbox_row *row, enum outbox_state state)
{
    outbox_turn_end(o, row);
    o->open--;
    if (!row->message->is_unanswered) {
        purge(o, row); /* of a receipt nobody asks for the token: what carries it ends by age */
    }
    set_state(o, row, state);
    sweep_member(o, row);
}

/* States only go forward. */
static void rise(struct outbox *o, struct outbox_row *row, enum outbox_state state)
{
    if (row->place == OUTBOX_ENDED || row->state >= state) {
        return;
    }
    if (state >= OUTBOX_DELIVERED) {
        end(o, row, state);
    } else {
        set_state(o, row, state);
    }
}

static void free_row(struct outbox *o, struct outbox_row *row)
{
    struct outbox_message *m = row->message;
    CHECK(row->place == OUTBOX_ENDED && !list_is_linked(&row->dirty));
    CHECK(map_remove(&o->rows, span_of(&row->number, sizeof(row->number))) == row);
    drop_lock(o, row, row->lock, &row->is_sealed);
    drop_lock(o, row, row->earlier_lock, &row->has_earlier);
    list_remove(&row->of_message);
    if (list_is_empty(&m->rows)) {
        CHECK(map_remove(&o->messages, span_of(m->id, sizeof(m->id))) == m);
        mem_free(m);
    }
    let_device_go(o, row->device);
    secret_wipe(row, sizeof(*row));
    mem_free(row);
}

/* --- sealing and offering --- */

void outbox_sealed(struct outbox *o, uint64_t now, uint64_t number,
                   const uint8_t token[ENVELOPE_TOKEN_SIZE], size_t size)
{
    struct outbox_row *row = open_row(o, number);
    (void)now;
    if (row == NULL || row->is_sealed) {
        return;
    }
    CHECK(size <= ENVELOPE_SIZE_MAX);
    CHECK(outbox_core_seal(o, row, token, (uint32_t)size));
    tell(o, row, NEWS_PUT);
    outbox_turn_first(o, row);
}

void outbox_not_sealed(struct outbox *o, uint64_t now, uint64_t number, int err)
{
    struct outbox_row *row = open_row(o, number);
    if (row == NULL || row->is_sealed) {
        return;
    }
    if (err == WAVU_ERR_AGAIN || err == WAVU_ERR_CRYPTO) {
        outbox_turn_hold(o, row->device, true);
    } else {
        row->failed = (uint8_t)(row->failed | 1u << row->way);
        row->offered_ns = now;
    }
    outbox_turn_first(o, row);
}

void outbox_fate(struct outbox *o, uint64_t now, uint64_t number, uint8_t way, enum way_fate fate)
{
    struct outbox_row *row = open_row(o, number);
    (void)now;
    if (row == NULL || way >= o->config.way_count) {
        return;
    }
    if (fate == WAY_FAILED) {
        row->failed = (uint8_t)(row->failed | 1u << way);
        if (row->way == way) { /* else it has gone another one meanwhile */
            outbox_turn_first(o, row);
        }
        return;
    }
    if (row->message->is_unanswered && fate == WAY_TAKEN) {
        end(o, row, OUTBOX_DELIVERED); /* who goes on sending gets another one */
        return;
    }
    rise(o, row, OUTBOX_SENT);
    if (fate == WAY_HELD) {
        row->held = (uint8_t)(row->held | 1u << way);
        outbox_turn_wait(o, row);
    }
}

/* --- what others say --- */

static void hurry(struct outbox *o, uint64_t now, struct outbox_device *d)
{
    struct list *link = list_next(&d->flying, &d->flying);
    d->rests = 0;
    while (link != NULL) {
        struct outbox_row *row = LIST_OF(link, struct outbox_row, of_device);
        link = list_next(&d->flying, link);
        const bool is_recent = row->offered_ns != 0 && now < row->offered_ns + RECENT_NS;
        if (heap_has(&row->due) && !is_recent) {
            row->tries = row->failed = 0;
            outbox_turn_wait(o, row);
        }
    }
    outbox_turn_wake(o, d);
}

void outbox_reachable(struct outbox *o, uint64_t now, const uint8_t device[ENVELOPE_DEVICE_SIZE])
{
    struct outbox_device *d = device_of(o, device);
    if (d != NULL) {
        hurry(o, now, d);
    }
}

void outbox_room(struct outbox *o, const uint8_t device[ENVELOPE_DEVICE_SIZE])
{
    struct outbox_device *d = device_of(o, device);
    if (d == NULL) {
        return;
    }
    struct list *link = list_next(&d->flying, &d->flying);
    while (link != NULL) { /* those that wait until they are old enough for another way */
        struct outbox_row *row = LIST_OF(link, struct outbox_row, of_device);
        link = list_next(&d->flying, link);
        if (row->offered_ns == 0 && heap_has(&row->due)) {
            outbox_turn_wait(o, row);
        }
    }
    outbox_turn_wake(o, d);
}

void outbox_bundle(struct outbox *o, uint64_t now, const uint8_t device[ENVELOPE_DEVICE_SIZE])
{
    struct outbox_device *d = device_of(o, device);
    if (d != NULL) {
        outbox_turn_hold(o, d, false);
        hurry(o, now, d);
    }
}

/* Do `what` with each open row of the device. */
static void each_row(struct outbox *o, const uint8_t *device,
                     void (*what)(struct outbox *, struct outbox_row *))
{
    struct outbox_device *d = device_of(o, device);
    size_t at = 0;
    struct outbox_row *row;
    if (d == NULL) {
        return;
    }
    while ((row = map_next(&o->rows, &at)) != NULL) {
        if (row->device == d && row->place != OUTBOX_ENDED) {
            what(o, row);
        }
    }
}

static void seal_anew(struct outbox *o, struct outbox_row *row)
{
    if (row->is_sealed) {
        drop_lock(o, row, row->earlier_lock, &row->has_earlier);
        drop_lock(o, row, row->lock, &row->is_sealed);
        CHECK(outbox_core_earlier(o, row, row->token));
        row->size = 0;
        row->tries = row->held = row->failed = 0;
        tell(o, row, NEWS_PUT);
        outbox_turn_wait(o, row);
    }
}

static void refuse(struct outbox *o, struct outbox_row *row)
{
    end(o, row, OUTBOX_REFUSED);
}

void outbox_retired(struct outbox *o, uint64_t now, const uint8_t device[ENVELOPE_DEVICE_SIZE])
{
    (void)now;
    each_row(o, device, seal_anew);
}

void outbox_forget(struct outbox *o, uint64_t now, const uint8_t device[ENVELOPE_DEVICE_SIZE])
{
    (void)now;
    each_row(o, device, refuse);
}

static struct outbox_row *locked(const struct outbox *o, const uint8_t *lock)
{
    return map_get(&o->locks, span_of(lock, ENVELOPE_LOCK_SIZE));
}

void outbox_stored(struct outbox *o, uint64_t now, const uint8_t lock[ENVELOPE_LOCK_SIZE],
                   const uint8_t peer[ENVELOPE_DEVICE_SIZE])
{
    struct outbox_row *row = locked(o, lock);
    (void)now;
    if (row != NULL && row->place != OUTBOX_ENDED && row->state < OUTBOX_STORED) {
        memcpy(row->peer, peer, sizeof(row->peer));
        rise(o, row, OUTBOX_STORED);
    }
}

void outbox_receipts(struct outbox *o, uint64_t now, const uint8_t device[ENVELOPE_DEVICE_SIZE],
                     const struct receipt *receipts, size_t count)
{
    (void)now;
    for (size_t i = 0; i < count; i++) {
        const bool is_read = receipts[i].state == RECEIPT_READ;
        const struct outbox_message *m = message_of(o, receipts[i].message);
        struct outbox_row *row = row_for(m, device_of(o, device));
        if (row != NULL && row->place != OUTBOX_ENDED && !m->is_unanswered) {
            rise(o, row, is_read ? OUTBOX_READ : OUTBOX_DELIVERED);
        } else if (is_read) {
            struct outbox_event event = {.kind = OUTBOX_LATE, .state = OUTBOX_READ};
            memcpy(event.device, device, sizeof(event.device));
            memcpy(event.message, receipts[i].message, sizeof(event.message));
            (void)!ring_push(&o->late, &event);
        }
    }
}

void outbox_done(struct outbox *o, uint64_t now, const uint8_t token[ENVELOPE_TOKEN_SIZE])
{
    uint8_t lock[ENVELOPE_LOCK_SIZE];
    (void)now;
    envelope_lock(lock, token);
    struct outbox_row *row = locked(o, lock);
    if (row != NULL) {
        rise(o, row, OUTBOX_DELIVERED);
    }
}

void outbox_received(struct outbox *o, uint64_t now, const uint8_t device[ENVELOPE_DEVICE_SIZE],
                     const struct receipt *receipt)
{
    struct outbox_device *d = device_of(o, device);
    if (d == NULL || d->receipts == NULL) {
        d = hold_device(o, device);
        d->receipts = mem_new_array(RECEIPT_MAX, sizeof(*d->receipts));
        d->receipt_count = 0;
        heap_add(&o->receipts, &d->receipts_due, now + OUTBOX_RECEIPT_NS);
    }
    for (size_t i = 0; i < d->receipt_count; i++) {
        struct receipt *known = &d->receipts[i];
        if (envelope_is_same(known->message, receipt->message, sizeof(known->message))) {
            known->state = known->state > receipt->state ? known->state : receipt->state;
            return;
        }
    }
    CHECK(d->receipt_count < RECEIPT_MAX);
    d->receipts[d->receipt_count++] = *receipt;
    if (d->receipt_count == RECEIPT_MAX) {
        heap_move(&o->receipts, &d->receipts_due, now);
    }
}

int outbox_state_of(const struct outbox *o, const uint8_t message[ENVELOPE_ID_SIZE],
                    const uint8_t member[ENVELOPE_DEVICE_SIZE], enum outbox_state *state)
{
    const struct outbox_message *m = message_of(o, message);
    const struct outbox_row *row = NULL;
    while (m != NULL && (row = next_row(m, row)) != NULL) {
        if (envelope_is_same(row->member, member, sizeof(row->member))) {
            *state = outbox_core_state(m, member);
            return 0;
        }
    }
    return WAVU_ERR_NOT_FOUND;
}

/* --- events --- */

static void fill(const struct outbox_row *row, enum outbox_event_kind kind,
                 struct outbox_event *event)
{
    *event = (struct outbox_event){
        .kind = kind,
        .row = row->number,
        .state = outbox_core_state(row->message, row->member),
        .is_last = next_row(row->message, next_row(row->message, NULL)) == NULL};
    memcpy(event->device, row->device->id, sizeof(event->device));
    memcpy(event->member, row->member, sizeof(event->member));
    memcpy(event->peer, row->peer, sizeof(event->peer));
    memcpy(event->message, row->message->id, sizeof(event->message));
}

static enum outbox_event_kind kind_of(unsigned news)
{
    switch ((enum outbox_news)news) {
    case NEWS_PUT:
        return OUTBOX_PUT;
    case NEWS_STATE:
        return OUTBOX_STATE;
    case NEWS_PURGE:
    case NEWS_PURGE_EARLIER:
        return OUTBOX_PURGE;
    case NEWS_DELETE:
        break;
    }
    return OUTBOX_DELETE;
}

/* One news of the row that waited longest. What is deleted is not written before. */
static bool next_news(struct outbox *o, struct outbox_event *event)
{
    struct list *link = list_next(&o->dirty, &o->dirty);
    if (link == NULL) {
        return false;
    }
    struct outbox_row *row = LIST_OF(link, struct outbox_row, dirty);
    unsigned news = row->news;
    news &= (news & NEWS_DELETE) != 0 ? ~(unsigned)NEWS_PUT : ~0u;
    const unsigned one = news & (~news + 1u);
    row->news = (uint8_t)(news & ~one);
    if (row->news == 0) {
        list_remove(&row->dirty);
    }
    fill(row, kind_of(one), event);
    memcpy(event->token, one == NEWS_PURGE_EARLIER ? row->earlier : row->token,
           sizeof(event->token));
    if (one == NEWS_DELETE) {
        free_row(o, row);
    }
    return true;
}

static bool next_receipts(struct outbox *o, uint64_t now, struct outbox_event *event)
{
    struct heap_node *node = heap_first(&o->receipts);
    if (node == NULL || node->key > now) {
        return false;
    }
    struct outbox_device *d = LIST_OF(node, struct outbox_device, receipts_due);
    heap_remove(&o->receipts, node);
    mem_free(o->taken);
    o->taken = d->receipts;
    d->receipts = NULL;
    *event = (struct outbox_event){
        .kind = OUTBOX_RECEIPTS, .receipts = o->taken, .receipt_count = d->receipt_count};
    memcpy(event->device, d->id, sizeof(event->device));
    let_device_go(o, d);
    return true;
}

bool outbox_next_event(struct outbox *o, uint64_t now, struct outbox_event *event)
{
    return next_news(o, event) || ring_pop(&o->late, event) || next_receipts(o, now, event) ||
           outbox_turn_next(o, now, event);
}

/* --- time --- */

static uint64_t first_of(const struct heap *heap, uint64_t before)
{
    const struct heap_node *node = heap_first(heap);
    return node != NULL && node->key < before ? node->key : before;
}

uint64_t outbox_deadline(const struct outbox *o)
{
    return first_of(&o->due,
                    first_of(&o->rests, first_of(&o->ends, first_of(&o->receipts, TIMERS_NEVER))));
}

void outbox_tick(struct outbox *o, uint64_t now)
{
    struct heap_node *node;
    while ((node = heap_first(&o->ends)) != NULL && node->key <= now) {
        end(o, LIST_OF(node, struct outbox_row, end), OUTBOX_EXPIRED);
    }
    outbox_turn_tick(o, now);
}

/* --- checking --- */

static void check_row(const struct outbox *o, const struct outbox_row *row)
{
    const bool is_open = row->place != OUTBOX_ENDED;
    CHECK(heap_has(&row->end) == is_open && list_is_linked(&row->of_device) == is_open);
    CHECK(!heap_has(&row->due) || row->place == OUTBOX_FLYING);
    CHECK(is_open || row->state >= OUTBOX_DELIVERED || row->state <= OUTBOX_EXPIRED);
    CHECK(!is_open || (row->state < OUTBOX_DELIVERED && row->state > OUTBOX_EXPIRED));
    CHECK(row->is_sealed == (locked(o, row->lock) == row) || row->has_earlier);
    CHECK(row->has_earlier == (locked(o, row->earlier_lock) == row) || row->is_sealed);
    CHECK((row->news == 0) == !list_is_linked(&row->dirty));
    CHECK(row->place != OUTBOX_RESTING || heap_has(&row->device->rest));
}

void outbox_check(const struct outbox *o)
{
    size_t at = 0;
    uint32_t open = 0;
    const struct outbox_row *row;
    const struct outbox_device *d;
    while ((row = map_next(&o->rows, &at)) != NULL) {
        check_row(o, row);
        open += row->place != OUTBOX_ENDED ? 1 : 0;
    }
    CHECK(open == o->open && open <= OUTBOX_ROWS_MAX);
    at = 0;
    while ((d = map_next(&o->devices, &at)) != NULL) {
        CHECK(d->refs > 0 && (d->receipts != NULL) == heap_has(&d->receipts_due));
        for (size_t c = 0; c < ENVELOPE_CLASSES; c++) {
            const bool is_ready = !d->wants_bundle && !list_is_empty(&d->waiting[c]);
            CHECK(list_is_linked(&d->ready[c]) == is_ready);
        }
    }
    heap_check(&o->due);
    heap_check(&o->rests);
    heap_check(&o->ends);
    heap_check(&o->receipts);
}
