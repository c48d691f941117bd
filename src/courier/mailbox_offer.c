/*
 * Offers, wishes and tokens between neighbours. A share is taken off before it leaves: should the
 * link break meanwhile, copies are lost, never made. Who has not said that it took its share is
 * offered the same one again.
 */
#include "courier/mailbox_offer.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

static struct mailbox_up *find_up(struct mailbox *m, const uint8_t *device)
{
    for (uint32_t i = 0; i < m->table.up_count; i++) {
        if (envelope_is_same(m->table.ups[i].device->id, device, ENVELOPE_DEVICE_SIZE)) {
            return &m->table.ups[i];
        }
    }
    return NULL;
}

int mailbox_offer_up(struct mailbox *m, const uint8_t device[ENVELOPE_DEVICE_SIZE])
{
    struct mailbox_table *t = &m->table;
    if (find_up(m, device) != NULL) {
        return WAVU_ERR_EXISTS;
    }
    if (t->up_count == MAILBOX_UPS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct mailbox_up *up = &t->ups[t->up_count++];
    *up = (struct mailbox_up){.device = mailbox_table_device(t, device), .read = t->read.first};
    for (size_t i = 0; i < ENVELOPE_CLASSES; i++) {
        up->held[i] = up->device->held[i].first;
        up->spray[i] = t->spray[i].first;
    }
    return 0;
}

void mailbox_offer_down(struct mailbox *m, const uint8_t device[ENVELOPE_DEVICE_SIZE])
{
    struct mailbox_up *up = find_up(m, device);
    if (up != NULL) {
        struct mailbox_device *gone = up->device;
        *up = m->table.ups[--m->table.up_count];
        mailbox_table_let_go(&m->table, gone);
    }
}

/* --- who may have what --- */

static struct mailbox_given *given_to(struct mailbox_entry *e, const struct mailbox_device *device)
{
    for (size_t i = 0; i < e->given_count; i++) {
        if (e->given[i].to == device) {
            return &e->given[i];
        }
    }
    return NULL;
}

/* Whether a share of `e` may go to a device that is not its recipient: one that has none yet, or
 * that never said that it took its own. */
static bool may_spray(struct mailbox_entry *e, const struct mailbox_device *to)
{
    const struct mailbox_given *given = given_to(e, to);
    if (!e->is_spraying || to == e->recipient || to == e->giver) {
        return false;
    }
    return given != NULL ? !given->is_taken : e->copies > 1 && e->given_count < MAILBOX_GIVEN_MAX;
}

static void note_give(struct mailbox *m, const struct mailbox_entry *e,
                      const struct mailbox_device *to, uint8_t copies, uint64_t now)
{
    struct mailbox_event note = {.kind = MAILBOX_GIVE,
                                 .age_s = (uint32_t)mailbox_table_age(e, now),
                                 .hops = e->hops > 0 ? (uint8_t)(e->hops - 1) : 0,
                                 .copies = copies};
    memcpy(note.to, to->id, sizeof(note.to));
    memcpy(note.name, e->name, sizeof(note.name));
    (void)!ring_push(&m->notes, &note); /* full: it is offered again */
}

static void give(struct mailbox *m, uint64_t now, struct mailbox_device *to, const uint8_t *name)
{
    struct mailbox_entry *e = mailbox_table_find(&m->table, name);
    if (e == NULL || e->state != MAILBOX_LIVE || mailbox_table_is_old(e, now)) {
        return;
    }
    if (to == e->recipient) {
        note_give(m, e, to, 1, now);
        return;
    }
    if (!may_spray(e, to)) {
        return;
    }
    const struct mailbox_given *again = given_to(e, to);
    const uint8_t share = again != NULL ? again->share : e->copies / 2;
    if (again == NULL) {
        e->copies = (uint8_t)(e->copies - share);
        to->refs++;
        e->given[e->given_count++] = (struct mailbox_given){.to = to, .share = share};
        mailbox_table_spray(&m->table, e);
        mailbox_table_touch(&m->table, e);
    }
    note_give(m, e, to, share, now);
}

/* Whether the `i`th of these names stands there before. */
static bool is_repeated(const uint8_t *names, size_t i)
{
    bool is_found = false;
    for (size_t k = 0; k < i; k++) {
        is_found = is_found || envelope_is_same(names + k * ENVELOPE_NAME_SIZE,
                                                names + i * ENVELOPE_NAME_SIZE, ENVELOPE_NAME_SIZE);
    }
    return is_found;
}

int mailbox_offer_wanted(struct mailbox *m, uint64_t now, const uint8_t from[ENVELOPE_DEVICE_SIZE],
                         const uint8_t *names, size_t count)
{
    struct mailbox_up *up = find_up(m, from);
    if (up == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (!up->is_asked || count > MAILBOX_OFFER_MAX) {
        return WAVU_ERR_PROTO;
    }
    up->is_asked = false;
    for (size_t i = 0; i < count; i++) {
        if (!is_repeated(names, i)) {
            give(m, now, up->device, names + i * ENVELOPE_NAME_SIZE);
        }
    }
    return 0;
}

void mailbox_offer_taken(struct mailbox *m, const uint8_t from[ENVELOPE_DEVICE_SIZE],
                         const uint8_t name[ENVELOPE_NAME_SIZE])
{
    struct mailbox_entry *e = mailbox_table_find(&m->table, name);
    const struct mailbox_device *device = mailbox_table_find_device(&m->table, from);
    struct mailbox_event note = {.kind = MAILBOX_HELD};
    if (e == NULL || device == NULL || e->state != MAILBOX_LIVE) {
        return;
    }
    struct mailbox_given *given = given_to(e, device);
    if (given == NULL || given->is_taken) {
        return;
    }
    given->is_taken = true;
    mailbox_table_spray(&m->table, e);
    mailbox_table_touch(&m->table, e);
    if (e->is_own) {
        memcpy(note.to, from, sizeof(note.to));
        memcpy(note.lock, mailbox_table_lock(e), sizeof(note.lock));
        (void)!ring_push(&m->notes, &note); /* full: the reader's token says more */
    }
}

void mailbox_offer_refused(struct mailbox *m, const uint8_t from[ENVELOPE_DEVICE_SIZE],
                           const uint8_t name[ENVELOPE_NAME_SIZE])
{
    struct mailbox_entry *e = mailbox_table_find(&m->table, name);
    struct mailbox_device *device = mailbox_table_find_device(&m->table, from);
    struct mailbox_given *given =
        e != NULL && e->state == MAILBOX_LIVE && device != NULL ? given_to(e, device) : NULL;
    if (given == NULL || given->is_taken) {
        return;
    }
    e->copies = (uint8_t)(e->copies + given->share);
    *given = e->given[--e->given_count];
    mailbox_table_spray(&m->table, e);
    mailbox_table_touch(&m->table, e);
    struct mailbox_up *up = find_up(m, from); /* not to be asked at once again */
    if (up != NULL && up->spray[e->class_number - 1] == mailbox_table_index(&m->table, e)) {
        up->spray[e->class_number - 1] = e->spray.next;
    }
    mailbox_table_let_go(&m->table, device);
}

/* --- what is said next --- */

static bool is_all_told(const struct mailbox_entry *e)
{
    for (size_t i = 0; i < e->given_count; i++) {
        if (!e->given[i].is_told) {
            return false;
        }
    }
    return e->giver == NULL || e->is_giver_told;
}

/* Whether `device` must hear that `e` was read; from now on it has. */
static bool tell(struct mailbox_entry *e, const struct mailbox_device *device)
{
    struct mailbox_given *given = given_to(e, device);
    bool is_due = false;
    if (e->giver == device) {
        is_due = !e->is_giver_told;
        e->is_giver_told = true;
    }
    if (given != NULL) {
        is_due = is_due || !given->is_told;
        given->is_told = true;
    }
    return is_due;
}

static bool next_token(struct mailbox *m, struct mailbox_up *up, struct mailbox_event *event)
{
    struct mailbox_table *t = &m->table;
    while (up->read != MAILBOX_NONE) {
        struct mailbox_entry *e = &t->entries[up->read];
        up->read = e->spray.next;
        if (tell(e, up->device)) {
            *event = (struct mailbox_event){.kind = MAILBOX_DONE};
            memcpy(event->to, up->device->id, sizeof(event->to));
            memcpy(event->token, e->token, sizeof(event->token));
            if (is_all_told(e)) {
                mailbox_table_remove(t, e);
            }
            return true;
        }
    }
    return false;
}

/* Go on in one list, where `*cursor` stands; returns how many items there are then. */
static size_t collect(struct mailbox *m, const struct mailbox_up *up, uint64_t now,
                      uint32_t *cursor, bool is_held, size_t count)
{
    while (*cursor != MAILBOX_NONE && count < MAILBOX_OFFER_MAX) {
        struct mailbox_entry *e = &m->table.entries[*cursor];
        *cursor = is_held ? e->held.next : e->spray.next;
        /* What this device wrote goes to its recipient by the outbox's other ways. */
        const bool may = is_held ? !e->is_own : may_spray(e, up->device);
        if (may && !mailbox_table_is_old(e, now)) {
            struct mailbox_offer_item *item = &m->items[count++];
            memcpy(item->name, e->name, sizeof(item->name));
            memcpy(item->head, e->head, sizeof(item->head));
            item->size = e->size;
            item->age_s = (uint32_t)mailbox_table_age(e, now);
        }
    }
    return count;
}

static bool next_offer(struct mailbox *m, uint64_t now, struct mailbox_up *up,
                       struct mailbox_event *event)
{
    size_t count = 0;
    if (up->is_asked) {
        return false;
    }
    if (m->items == NULL) {
        m->items = mem_new_array(MAILBOX_OFFER_MAX, sizeof(*m->items));
    }
    for (size_t i = 0; i < ENVELOPE_CLASSES; i++) {
        count = collect(m, up, now, &up->held[i], true, count);
        count = collect(m, up, now, &up->spray[i], false, count);
    }
    if (count == 0) {
        return false;
    }
    up->is_asked = true;
    *event =
        (struct mailbox_event){.kind = MAILBOX_OFFER, .offers = m->items, .offer_count = count};
    memcpy(event->to, up->device->id, sizeof(event->to));
    return true;
}

bool mailbox_offer_next(struct mailbox *m, uint64_t now, struct mailbox_event *event)
{
    struct mailbox_table *t = &m->table;
    for (uint32_t i = 0; i < t->up_count; i++) {
        struct mailbox_up *up = &t->ups[(m->up_next + i) % t->up_count];
        if (next_token(m, up, event) || next_offer(m, now, up, event)) {
            m->up_next = (m->up_next + i + 1) % t->up_count;
            return true;
        }
    }
    return false;
}
