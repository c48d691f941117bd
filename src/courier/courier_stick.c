/*
 * Writing and reading sticks. What is written leaves this device as if sent: with one copy, so that
 * who holds it gives it to its reader alone, and one hop less. A stick is nobody: what it brings is
 * charged to one giver and one payer that stand for all sticks.
 */
#include "courier/courier_stick.h"

#include <string.h>

#include "base/mem.h"
#include "courier/courier_payer.h"
#include "courier/courier_peer.h"
#include "courier/courier_store.h"
#include "courier/courier_ways.h"
#include "courier/session_start.h"
#include "courier/stick_msg.h"

/* In place of the device that hands over; no key has it. */
static const uint8_t stick[ENVELOPE_DEVICE_SIZE] = "wavu: whoever brought the stick";

/* --- writing --- */

static bool is_for(const struct courier *c, const uint8_t *member)
{
    return c->stick.is_all || envelope_is_same(c->stick.member, member, ENVELOPE_DEVICE_SIZE);
}

static bool is_for_device(const struct courier *c, const uint8_t *device)
{
    uint8_t member[ENVELOPE_DEVICE_SIZE];
    return c->config.ask.whose(c->config.ask.context, device, member) && is_for(c, member);
}

size_t courier_stick_credit(void *context, const uint8_t device[ENVELOPE_DEVICE_SIZE])
{
    const struct courier *c = context;
    const struct courier_writing *w = &c->stick;
    const bool is_up = w->is_open && !w->is_listed && c->turn->now_ns < w->until_ns;
    return is_up && is_for_device(c, device) ? SIZE_MAX : 0;
}

static void forget_list(struct courier *c)
{
    mem_free(c->stick.rows);
    mem_free(c->stick.names);
    c->stick.rows = NULL;
    c->stick.names = NULL;
    c->stick.row_count = c->stick.name_count = c->stick.at = 0;
    c->stick.is_listed = false;
}

void courier_stick_close(struct courier *c)
{
    forget_list(c);
    c->stick.is_open = false;
}

void courier_stick_idle(struct courier *c)
{
    if (c->stick.is_open && c->turn->now_ns >= c->stick.idle_ns) {
        courier_stick_close(c);
        c->stick.is_given_up = true;
    }
}

static void stay_open(struct courier *c)
{
    c->stick.idle_ns = c->turn->now_ns + COURIER_STICK_IDLE_NS;
    c->look_ns = c->stick.idle_ns < c->look_ns ? c->stick.idle_ns : c->look_ns;
}

void courier_stick_open(struct courier *c, const uint8_t *member)
{
    struct outbox_device *d;
    size_t at = 0;
    courier_stick_close(c);
    c->stick.is_open = true;
    c->stick.is_all = member == NULL;
    c->stick.is_given_up = false;
    c->stick.until_ns = c->turn->now_ns + COURIER_STICK_WAIT_NS;
    stay_open(c);
    if (member != NULL) {
        memcpy(c->stick.member, member, sizeof(c->stick.member));
    }
    while ((d = map_next(&c->outbox.devices, &at)) != NULL) {
        if (is_for_device(c, d->id)) {
            outbox_reachable(&c->outbox, courier_core_now(c), d->id);
        }
    }
    courier_core_turn(c);
}

static bool is_waiting(const struct courier *c, const struct outbox_row *row)
{
    return row->place != OUTBOX_ENDED && is_for(c, row->member);
}

size_t courier_stick_unsealed(const struct courier *c)
{
    const struct outbox_row *row;
    size_t count = 0;
    size_t at = 0;
    while ((row = map_next(&c->outbox.rows, &at)) != NULL) {
        count += is_waiting(c, row) && !row->is_sealed ? 1 : 0;
    }
    return count;
}

static bool is_held(const struct courier *c, const struct mailbox_entry *e)
{
    return e->state == MAILBOX_LIVE && !e->is_own && e->recipient != NULL &&
           is_for_device(c, e->recipient->id);
}

/* Own rows that are sealed, then what is held for others. */
static void make_list(struct courier *c)
{
    const struct mailbox_table *t = &c->mailbox.table;
    const struct outbox_row *row;
    size_t at = 0;
    forget_list(c);
    c->stick.is_listed = true;
    c->stick.rows = mem_new_array(c->outbox.open + 1, sizeof(*c->stick.rows));
    c->stick.names = mem_new_array(t->count + 1, sizeof(*c->stick.names));
    while ((row = map_next(&c->outbox.rows, &at)) != NULL) {
        if (is_waiting(c, row) && row->is_sealed && c->stick.row_count < c->outbox.open) {
            c->stick.rows[c->stick.row_count++] = row->number;
        }
    }
    for (uint32_t i = 0; i < t->cap && c->stick.name_count < t->count; i++) {
        if (is_held(c, &t->entries[i])) {
            memcpy(c->stick.names[c->stick.name_count++], t->entries[i].name, ENVELOPE_NAME_SIZE);
        }
    }
}

/* Is what was sealed for it on the disk? Not while some of it is still being sealed, unless that
 * takes too long. */
static bool is_ready(const struct courier *c)
{
    const bool is_over = c->turn->now_ns >= c->stick.until_ns;
    return store_committed(c->config.store) >= c->wrote && (is_over || c->seals > 0);
}

/* The next one of the list, as it leaves now; WAVU_ERR_NOT_FOUND: it ended meanwhile. */
static int get(struct courier *c, struct buf *out)
{
    const uint64_t now = courier_core_now(c);
    const size_t at = c->stick.at;
    struct envelope e;
    struct buf value;
    int rc = WAVU_ERR_NOT_FOUND;
    buf_init(&value, STORE_VALUE_MAX);
    if (at < c->stick.row_count) {
        rc = courier_ways_sealed(c, c->stick.rows[at], &value, &e);
        outbox_fate(&c->outbox, now, c->stick.rows[at], COURIER_STICK, WAY_SENT);
    } else {
        const uint8_t *name = c->stick.names[at - c->stick.row_count];
        const struct mailbox_entry *held = mailbox_table_find(&c->mailbox.table, name);
        if (held != NULL && held->state == MAILBOX_LIVE) {
            rc = courier_store_get(c, TABLE_HELD, span_of(name, ENVELOPE_NAME_SIZE), &value);
            rc = rc == 0 ? envelope_decode(&e, buf_span(&value)) : rc;
            e.age_s = (uint32_t)mailbox_table_age(held, now);
            e.hops = held->hops;
        }
    }
    if (rc == 0) {
        e.hops = e.hops > 0 ? (uint8_t)(e.hops - 1) : 0;
        e.copies = 1;
        rc = e.age_s < e.head.lifetime_s ? courier_ways_encode(&e, out) : WAVU_ERR_NOT_FOUND;
    }
    buf_clear(&value);
    return rc;
}

int courier_stick_next(struct courier *c, struct buf *out, size_t *count)
{
    struct buf one;
    *count = 0;
    if (c->err != 0 || !c->stick.is_open) {
        return c->err != 0 ? c->err : c->stick.is_given_up ? WAVU_ERR_TIMEOUT : WAVU_ERR_NOT_FOUND;
    }
    stay_open(c);
    if (!c->stick.is_listed && !is_ready(c)) {
        return WAVU_ERR_AGAIN;
    }
    if (!c->stick.is_listed) {
        make_list(c);
    }
    buf_init(&one, ENVELOPE_SIZE_MAX);
    buf_clear(out);
    stick_msg_begin(out);
    for (; c->stick.at < c->stick.row_count + c->stick.name_count; c->stick.at++) {
        one.len = 0;
        if (get(c, &one) == 0) {
            if (stick_msg_add(out, buf_span(&one)) < 0) {
                break; /* the next file begins with it */
            }
            (*count)++;
        }
    }
    stick_msg_end(out);
    buf_clear(&one);
    courier_core_turn(c);
    return *count > 0 ? 0 : WAVU_ERR_NOT_FOUND;
}

/* --- reading --- */

/* Could a session have made it? That costs nothing to see. */
static bool is_like_sealed(struct span sealed)
{
    const size_t least = envelope_content_size(0, 0) + RATCHET_OVERHEAD;
    const bool is_start = sealed.len > 0 && sealed.ptr[0] == SESSION_START_KIND;
    return sealed.len >= least + (is_start ? SESSION_START_OPEN_SIZE : 0) &&
           (is_start || sealed.ptr[0] == RATCHET_KIND_MESSAGE);
}

static void read_mine(struct courier *c, struct courier_payer *payer, const struct envelope *e,
                      const uint8_t *name, enum courier_stick_what *what)
{
    struct courier_carried *carried = &c->carried;
    uint32_t trials = 0;
    if (!is_like_sealed(e->sealed) || stick_judged_has(&carried->judged, name)) {
        *what = COURIER_STICK_NOBODYS;
        return;
    }
    if (carried->wrong >= COURIER_STICK_WRONG_MAX) {
        *what = COURIER_STICK_LATER;
        return;
    }
    const int rc = courier_peer_read(c, stick, e, &trials);
    courier_payer_tried(payer, trials, c->turn->now_ns);
    carried->wrong += rc == 0 ? 0 : trials;
    *what = rc == 0 ? COURIER_STICK_READ : COURIER_STICK_LATER;
    if (rc == WAVU_ERR_CRYPTO || rc == WAVU_ERR_UNSUPPORTED) {
        *what = COURIER_STICK_NOBODYS;
        stick_judged_add(&carried->judged, name);
    }
}

/* It is held; that it was read needs to be told to nobody who brought it. */
static void hold(struct courier *c, const uint8_t *name, struct span bytes)
{
    struct mailbox_entry *e = mailbox_table_find(&c->mailbox.table, name);
    courier_store_put(c, TABLE_HELD, span_of(name, ENVELOPE_NAME_SIZE), bytes);
    if (e != NULL) {
        e->is_giver_told = true;
        mailbox_table_touch(&c->mailbox.table, e);
    }
}

static int take(struct courier *c, struct courier_payer *payer, struct span bytes,
                enum courier_stick_what *what)
{
    struct envelope e;
    uint8_t name[ENVELOPE_NAME_SIZE];
    int rc = envelope_decode(&e, bytes);
    if (rc < 0) {
        return rc;
    }
    e.copies = 1;
    switch (mailbox_take(&c->mailbox, courier_core_now(c), stick, &e, bytes.len, name)) {
    case MAILBOX_WANT:
        hold(c, name, bytes);
        *what = COURIER_STICK_HELD;
        break;
    case MAILBOX_MINE:
        read_mine(c, payer, &e, name, what);
        break;
    case MAILBOX_HAVE:
    case MAILBOX_WAS_READ:
        *what = COURIER_STICK_KNOWN;
        break;
    case MAILBOX_FULL:
        *what = COURIER_STICK_FULL;
        break;
    case MAILBOX_OLD:
        *what = COURIER_STICK_OLD;
        break;
    case MAILBOX_UNKNOWN:
        *what = COURIER_STICK_NOBODYS;
        break;
    }
    return 0;
}

int courier_stick_take(struct courier *c, struct span envelope, enum courier_stick_what *what)
{
    struct courier_payer *payer = courier_payer_of(c, stick);
    if (c->err != 0) {
        return c->err;
    }
    if (!courier_core_has_room(c) || c->is_working) {
        return WAVU_ERR_AGAIN;
    }
    if (!courier_payer_may(payer, c->turn->now_ns)) {
        *what = COURIER_STICK_LATER; /* for a file that has garbage in it nobody waits */
        return c->carried.wrong > 0 ? 0 : WAVU_ERR_AGAIN;
    }
    courier_payer_frame(payer, 1, c->turn->now_ns);
    c->is_working = true;
    const int rc = take(c, payer, envelope, what);
    c->is_working = false;
    courier_core_turn(c);
    return rc;
}

void courier_stick_begin(struct courier *c)
{
    c->carried.wrong = 0;
}

void courier_stick_members(struct courier *c)
{
    stick_judged_forget(&c->carried.judged);
}

void courier_stick_init(struct courier *c)
{
    stick_judged_init(&c->carried.judged, c->random);
}

void courier_stick_clear(struct courier *c)
{
    courier_stick_close(c);
    stick_judged_clear(&c->carried.judged);
}

bool courier_stick_is_kept(const struct courier *c)
{
    return c->err == 0 && store_committed(c->config.store) >= c->wrote;
}
