/*
 * Turns. A device with rows that wait stands in the list of each of their classes; the lowest class
 * is served first, devices of a class in turn, and a class that was passed over ten times goes
 * once between. A row that no way takes rests with its device, which is tried again at growing
 * intervals: ten thousand rows for somebody who is away cost one timer.
 */
#include "courier/outbox_turn.h"

#include <string.h>

#include "base/check.h"
#include "base/timers.h"

#define SEALED_EXTRA 200 /* about: head, session, frame of an envelope that is not sealed yet */

/* --- places --- */

static uint8_t class_of(const struct outbox_row *row)
{
    return (uint8_t)(row->message->class_number - 1);
}

static void update_ready(struct outbox *o, struct outbox_device *d, uint8_t c)
{
    const bool is_ready = !d->wants_bundle && !list_is_empty(&d->waiting[c]);
    if (is_ready && !list_is_linked(&d->ready[c])) {
        list_push_back(&o->ready[c], &d->ready[c]);
    } else if (!is_ready) {
        list_remove(&d->ready[c]);
    }
}

static void leave(struct outbox *o, struct outbox_row *row)
{
    list_remove(&row->of_device);
    if (heap_has(&row->due)) {
        heap_remove(&o->due, &row->due);
    }
    update_ready(o, row->device, class_of(row));
}

void outbox_turn_wait(struct outbox *o, struct outbox_row *row)
{
    leave(o, row);
    row->place = OUTBOX_WAITING;
    list_push_back(&row->device->waiting[class_of(row)], &row->of_device);
    update_ready(o, row->device, class_of(row));
}

void outbox_turn_first(struct outbox *o, struct outbox_row *row)
{
    leave(o, row);
    row->place = OUTBOX_WAITING;
    list_push_front(&row->device->waiting[class_of(row)], &row->of_device);
    update_ready(o, row->device, class_of(row));
}

void outbox_turn_fly(struct outbox *o, struct outbox_row *row, uint64_t due)
{
    leave(o, row);
    row->place = OUTBOX_FLYING;
    list_push_back(&row->device->flying, &row->of_device);
    if (due != TIMERS_NEVER) {
        heap_add(&o->due, &row->due, due);
    }
}

void outbox_turn_end(struct outbox *o, struct outbox_row *row)
{
    leave(o, row);
    row->place = OUTBOX_ENDED;
    if (heap_has(&row->end)) {
        heap_remove(&o->ends, &row->end);
    }
}

static void rest(struct outbox *o, uint64_t now, struct outbox_row *row)
{
    struct outbox_device *d = row->device;
    leave(o, row);
    row->place = OUTBOX_RESTING;
    list_push_back(&d->resting[class_of(row)], &row->of_device);
    if (!heap_has(&d->rest)) {
        heap_add(&o->rests, &d->rest, now + outbox_turn_pause(o, d->rests));
        d->rests = (uint8_t)(d->rests + (d->rests < UINT8_MAX ? 1 : 0));
    }
}

void outbox_turn_wake(struct outbox *o, struct outbox_device *device)
{
    if (heap_has(&device->rest)) {
        heap_remove(&o->rests, &device->rest);
    }
    for (uint8_t c = 0; c < ENVELOPE_CLASSES; c++) {
        struct list *link = &device->resting[c];
        while ((link = list_next(&device->resting[c], link)) != NULL) {
            struct outbox_row *row = LIST_OF(link, struct outbox_row, of_device);
            row->place = OUTBOX_WAITING;
            row->may_repeat = true;
        }
        list_splice_back(&device->waiting[c], &device->resting[c]);
        update_ready(o, device, c);
    }
}

void outbox_turn_hold(struct outbox *o, struct outbox_device *device, bool wants_bundle)
{
    device->wants_bundle = wants_bundle;
    for (uint8_t c = 0; c < ENVELOPE_CLASSES; c++) {
        update_ready(o, device, c);
    }
}

uint64_t outbox_turn_pause(struct outbox *o, uint8_t tries)
{
    uint64_t pause = OUTBOX_RETRY_NS;
    for (uint8_t i = 0; i < tries && pause < OUTBOX_RETRY_NS_MAX; i++) {
        pause *= 2;
    }
    pause = pause < OUTBOX_RETRY_NS_MAX ? pause : OUTBOX_RETRY_NS_MAX;
    return pause - pause / 4 + random_below(o->config.random, pause / 2 + 1);
}

/* --- ways --- */

static size_t size_of(const struct outbox_row *row)
{
    const struct outbox_message *m = row->message;
    return row->is_sealed ? row->size : envelope_content_size(m->kind, m->body_len) + SEALED_EXTRA;
}

/* Whether `a` is better than `b` for `row`: whoever sees less first, then the sooner one; for an
 * SOS the other way round. */
static bool is_better(const struct outbox_row *row, const struct way_ops *a,
                      const struct way_ops *b)
{
    const uint64_t size = size_of(row);
    const uint64_t a_ns = a->delay_ns + size * TIMERS_SECOND / a->rate;
    const uint64_t b_ns = b->delay_ns + size * TIMERS_SECOND / b->rate;
    if (row->message->class_number == ENVELOPE_SOS) {
        return a_ns != b_ns ? a_ns < b_ns : a->privacy < b->privacy;
    }
    return a->privacy != b->privacy ? a->privacy < b->privacy : a_ns < b_ns;
}

static bool may_carry(const struct way_ops *way, const struct outbox_row *row)
{
    const uint8_t class_number = row->message->class_number;
    return (way->classes & WAY_CLASS(class_number)) != 0 && size_of(row) <= way->size_max &&
           !(way->is_dear && class_number == ENVELOPE_BULK);
}

struct choice {
    int way;         /* -1: none */
    uint64_t later;  /* ns: when one more may be taken; TIMERS_NEVER */
    bool has_failed; /* one that failed would take it */
};

static struct choice choose(const struct outbox *o, uint64_t now, const struct outbox_row *row)
{
    struct choice c = {.way = -1, .later = TIMERS_NEVER};
    for (size_t i = 0; i < o->config.way_count; i++) {
        const struct way_ops *way = &o->config.ways[i];
        if ((row->held & 1u << i) != 0 || !may_carry(way, row)) {
            continue;
        }
        const uint64_t from = row->came_ns + way->patience_ns;
        if (from > now) {
            c.later = from < c.later ? from : c.later;
            continue;
        }
        if (way->credit(way->context, row->device->id) < size_of(row)) {
            continue;
        }
        if ((row->failed & 1u << i) != 0) {
            c.has_failed = true;
        } else if (c.way < 0 || is_better(row, way, &o->config.ways[c.way])) {
            c.way = (int)i;
        }
    }
    return c;
}

/* --- turns --- */

/* The class that goes next, or -1. */
static int pick_class(struct outbox *o)
{
    int next = -1;
    for (int c = 0; c < ENVELOPE_CLASSES && next < 0; c++) {
        if (!list_is_empty(&o->ready[c]) && o->passed[c] >= OUTBOX_PASSED_MAX) {
            next = c;
        }
    }
    for (int c = 0; c < ENVELOPE_CLASSES && next < 0; c++) {
        next = list_is_empty(&o->ready[c]) ? -1 : c;
    }
    for (int c = next + 1; next >= 0 && c < ENVELOPE_CLASSES; c++) {
        o->passed[c] += list_is_empty(&o->ready[c]) ? 0 : 1;
    }
    if (next >= 0) {
        o->passed[next] = 0;
    }
    return next;
}

static void tell_turn(struct outbox *o, uint64_t now, struct outbox_row *row, int way,
                      struct outbox_event *event)
{
    *event = (struct outbox_event){.kind = row->is_sealed ? OUTBOX_OFFER : OUTBOX_SEAL,
                                   .row = row->number,
                                   .way = (uint8_t)way,
                                   .room = o->config.ways[way].size_max};
    memcpy(event->device, row->device->id, sizeof(event->device));
    memcpy(event->message, row->message->id, sizeof(event->message));
    row->way = (uint8_t)way;
    row->may_repeat = false;
    if (!row->is_sealed) {
        outbox_turn_fly(o, row, TIMERS_NEVER);
        return;
    }
    row->offered_ns = now;
    outbox_turn_fly(o, row, now + outbox_turn_pause(o, row->tries));
}

/* Give `row` its turn; false when no way takes it now. */
static bool take_turn(struct outbox *o, uint64_t now, struct outbox_row *row,
                      struct outbox_event *event)
{
    struct choice c = choose(o, now, row);
    if (c.way < 0 && c.has_failed && row->may_repeat) {
        row->failed = 0; /* all were tried: from the beginning */
        c = choose(o, now, row);
    }
    if (c.way >= 0) {
        tell_turn(o, now, row, c.way, event);
        return true;
    }
    if (c.has_failed) {
        const uint64_t again = now + outbox_turn_pause(o, row->tries);
        c.later = again < c.later ? again : c.later;
    }
    if (c.later != TIMERS_NEVER) {
        outbox_turn_fly(o, row, c.later);
    } else {
        rest(o, now, row);
    }
    return false;
}

bool outbox_turn_next(struct outbox *o, uint64_t now, struct outbox_event *event)
{
    int c;
    while ((c = pick_class(o)) >= 0) {
        struct outbox_device *d =
            LIST_OF(list_pop_front(&o->ready[c]), struct outbox_device, ready[c]);
        struct outbox_row *row =
            LIST_OF(list_next(&d->waiting[c], &d->waiting[c]), struct outbox_row, of_device);
        update_ready(o, d, (uint8_t)c); /* behind the others */
        if (take_turn(o, now, row, event)) {
            return true;
        }
    }
    return false;
}

void outbox_turn_tick(struct outbox *o, uint64_t now)
{
    struct heap_node *node;
    while ((node = heap_first(&o->due)) != NULL && node->key <= now) {
        struct outbox_row *row = LIST_OF(node, struct outbox_row, due);
        if (row->offered_ns != 0) {
            row->failed |= (uint8_t)(1u << row->way); /* no receipt came of it */
            row->tries = (uint8_t)(row->tries + (row->tries < UINT8_MAX ? 1 : 0));
        }
        row->may_repeat = true;
        outbox_turn_wait(o, row);
    }
    while ((node = heap_first(&o->rests)) != NULL && node->key <= now) {
        outbox_turn_wake(o, LIST_OF(node, struct outbox_device, rest));
    }
}
