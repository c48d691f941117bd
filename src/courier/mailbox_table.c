/*
 * Entries, their indices and what they are charged to.
 *
 * Charged is the larger of an envelope's size and MAILBOX_UNIT, so that the limits of bytes are
 * limits of entries, too. What this device wrote itself is charged to nobody.
 */
#include "courier/mailbox_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define CAP_MIN 16
#define LOCK_AT (ENVELOPE_HEAD_SIZE - ENVELOPE_LOCK_SIZE)

/* --- the array and its indices --- */

static struct mailbox_list empty_list(void)
{
    return (struct mailbox_list){.first = MAILBOX_NONE, .last = MAILBOX_NONE};
}

void mailbox_table_init(struct mailbox_table *t, const struct random *random, uint64_t bytes)
{
    memset(t, 0, sizeof(*t));
    t->bytes = bytes == 0 ? MAILBOX_BYTES : bytes;
    t->free = t->dirty_first = t->dirty_last = MAILBOX_NONE;
    t->read = empty_list();
    for (size_t i = 0; i < ENVELOPE_CLASSES; i++) {
        t->spray[i] = empty_list();
    }
    map_init(&t->devices, random);
    map_init(&t->tags, random);
}

void mailbox_table_clear(struct mailbox_table *t)
{
    size_t at = 0;
    struct mailbox_device *device;
    struct mailbox_tag *tag;
    while ((device = map_next(&t->devices, &at)) != NULL) {
        mem_free(device->shares);
        mem_free(device);
    }
    at = 0;
    while ((tag = map_next(&t->tags, &at)) != NULL) {
        mem_free(tag);
    }
    map_clear(&t->devices);
    map_clear(&t->tags);
    mem_free(t->entries);
    mem_free(t->by_name);
    mem_free(t->by_lock);
    memset(t, 0, sizeof(*t));
}

uint32_t mailbox_table_index(const struct mailbox_table *t, const struct mailbox_entry *e)
{
    return (uint32_t)(e - t->entries);
}

const uint8_t *mailbox_table_lock(const struct mailbox_entry *e)
{
    return e->head + LOCK_AT;
}

static uint32_t *name_bucket(const struct mailbox_table *t, const uint8_t *name)
{
    const uint64_t hash = map_hash(t->devices.seed, span_of(name, ENVELOPE_NAME_SIZE));
    return &t->by_name[hash & (t->cap - 1)];
}

static uint32_t *lock_bucket(const struct mailbox_table *t, const uint8_t *lock)
{
    const uint64_t hash = map_hash(t->devices.seed, span_of(lock, ENVELOPE_LOCK_SIZE));
    return &t->by_lock[hash & (t->cap - 1)];
}

struct mailbox_entry *mailbox_table_find(const struct mailbox_table *t,
                                         const uint8_t name[ENVELOPE_NAME_SIZE])
{
    uint32_t at = t->cap == 0 ? MAILBOX_NONE : *name_bucket(t, name);
    while (at != MAILBOX_NONE && !envelope_is_same(t->entries[at].name, name, ENVELOPE_NAME_SIZE)) {
        at = t->entries[at].name_chain;
    }
    return at == MAILBOX_NONE ? NULL : &t->entries[at];
}

struct mailbox_entry *mailbox_table_locked(const struct mailbox_table *t,
                                           const struct mailbox_entry *after,
                                           const uint8_t lock[ENVELOPE_LOCK_SIZE])
{
    uint32_t at = MAILBOX_NONE;
    if (after != NULL) {
        at = after->lock_chain;
    } else if (t->cap > 0) {
        at = *lock_bucket(t, lock);
    }
    while (at != MAILBOX_NONE &&
           !envelope_is_same(mailbox_table_lock(&t->entries[at]), lock, ENVELOPE_LOCK_SIZE)) {
        at = t->entries[at].lock_chain;
    }
    return at == MAILBOX_NONE ? NULL : &t->entries[at];
}

static bool is_indexed(const struct mailbox_entry *e)
{
    return e->state == MAILBOX_LIVE || e->state == MAILBOX_READ;
}

static void index_in(struct mailbox_table *t, uint32_t at)
{
    struct mailbox_entry *e = &t->entries[at];
    uint32_t *bucket = name_bucket(t, e->name);
    e->name_chain = *bucket;
    *bucket = at;
    bucket = lock_bucket(t, mailbox_table_lock(e));
    e->lock_chain = *bucket;
    *bucket = at;
}

static void index_out(struct mailbox_table *t, uint32_t at)
{
    struct mailbox_entry *e = &t->entries[at];
    uint32_t *place = name_bucket(t, e->name);
    while (*place != at) {
        place = &t->entries[*place].name_chain;
    }
    *place = e->name_chain;
    place = lock_bucket(t, mailbox_table_lock(e));
    while (*place != at) {
        place = &t->entries[*place].lock_chain;
    }
    *place = e->lock_chain;
}

static void grow(struct mailbox_table *t)
{
    const uint32_t before = t->cap;
    t->cap = before == 0 ? CAP_MIN : before * 2;
    t->entries = mem_resize(t->entries, t->cap * sizeof(*t->entries));
    t->by_name = mem_resize(t->by_name, t->cap * sizeof(*t->by_name));
    t->by_lock = mem_resize(t->by_lock, t->cap * sizeof(*t->by_lock));
    memset(&t->entries[before], 0, (t->cap - before) * sizeof(*t->entries));
    memset(t->by_name, 0xff, t->cap * sizeof(*t->by_name));
    memset(t->by_lock, 0xff, t->cap * sizeof(*t->by_lock));
    for (uint32_t at = t->cap; at-- > 0;) {
        if (is_indexed(&t->entries[at])) {
            index_in(t, at);
        } else if (at >= before) {
            t->entries[at].name_chain = t->free;
            t->free = at;
        }
    }
}

/* --- lists --- */

static struct mailbox_link *link_of(struct mailbox_table *t, uint32_t at, bool is_held)
{
    return is_held ? &t->entries[at].held : &t->entries[at].spray;
}

/* Where the neighbour `up` stands in `list`, or NULL when that does not concern it. */
static uint32_t *cursor_of(struct mailbox_table *t, struct mailbox_up *up,
                           const struct mailbox_list *list)
{
    for (size_t i = 0; i < ENVELOPE_CLASSES; i++) {
        if (list == &t->spray[i]) {
            return &up->spray[i];
        }
        if (list == &up->device->held[i]) {
            return &up->held[i];
        }
    }
    return list == &t->read ? &up->read : NULL;
}

/* Whoever stands at `from` in `list` stands at `to` from now on. */
static void move_cursors(struct mailbox_table *t, const struct mailbox_list *list, uint32_t from,
                         uint32_t to)
{
    for (uint32_t i = 0; i < t->up_count; i++) {
        uint32_t *cursor = cursor_of(t, &t->ups[i], list);
        if (cursor != NULL && *cursor == from) {
            *cursor = to;
        }
    }
}

static void append(struct mailbox_table *t, struct mailbox_list *list, uint32_t at, bool is_held)
{
    move_cursors(t, list, MAILBOX_NONE, at);
    *link_of(t, at, is_held) = (struct mailbox_link){.next = MAILBOX_NONE, .prev = list->last};
    if (list->last == MAILBOX_NONE) {
        list->first = at;
    } else {
        link_of(t, list->last, is_held)->next = at;
    }
    list->last = at;
}

static void drop(struct mailbox_table *t, struct mailbox_list *list, uint32_t at, bool is_held)
{
    const struct mailbox_link link = *link_of(t, at, is_held);
    move_cursors(t, list, at, link.next);
    if (link.prev == MAILBOX_NONE) {
        list->first = link.next;
    } else {
        link_of(t, link.prev, is_held)->next = link.next;
    }
    if (link.next == MAILBOX_NONE) {
        list->last = link.prev;
    } else {
        link_of(t, link.next, is_held)->prev = link.prev;
    }
}

static bool should_spray(const struct mailbox_entry *e)
{
    bool is_owed = false;
    for (size_t i = 0; i < e->given_count; i++) {
        is_owed = is_owed || !e->given[i].is_taken;
    }
    return e->state == MAILBOX_LIVE && e->hops > 0 && (e->copies > 1 || is_owed);
}

static void set_spraying(struct mailbox_table *t, struct mailbox_entry *e, bool is_spraying)
{
    if (e->is_spraying == is_spraying) {
        return;
    }
    struct mailbox_list *list = &t->spray[e->class_number - 1];
    const uint32_t at = mailbox_table_index(t, e);
    e->is_spraying = is_spraying;
    if (is_spraying) {
        append(t, list, at, false);
    } else {
        drop(t, list, at, false);
    }
}

void mailbox_table_spray(struct mailbox_table *t, struct mailbox_entry *e)
{
    set_spraying(t, e, should_spray(e));
}

void mailbox_table_touch(struct mailbox_table *t, struct mailbox_entry *e)
{
    const uint32_t at = mailbox_table_index(t, e);
    if (e->is_dirty) {
        return;
    }
    e->is_dirty = true;
    e->dirty_next = MAILBOX_NONE;
    if (t->dirty_last == MAILBOX_NONE) {
        t->dirty_first = at;
    } else {
        t->entries[t->dirty_last].dirty_next = at;
    }
    t->dirty_last = at;
}

struct mailbox_entry *mailbox_table_dirty(struct mailbox_table *t)
{
    const uint32_t at = t->dirty_first;
    if (at == MAILBOX_NONE) {
        return NULL;
    }
    struct mailbox_entry *e = &t->entries[at];
    t->dirty_first = e->dirty_next;
    t->dirty_last = e->dirty_next == MAILBOX_NONE ? MAILBOX_NONE : t->dirty_last;
    e->is_dirty = false;
    return e;
}

void mailbox_table_free(struct mailbox_table *t, struct mailbox_entry *e)
{
    CHECK(e->state == MAILBOX_GONE && !e->is_dirty);
    memset(e, 0, sizeof(*e));
    e->name_chain = t->free;
    t->free = mailbox_table_index(t, e);
}

/* --- devices --- */

struct mailbox_device *mailbox_table_find_device(const struct mailbox_table *t,
                                                 const uint8_t id[ENVELOPE_DEVICE_SIZE])
{
    return map_get(&t->devices, span_of(id, ENVELOPE_DEVICE_SIZE));
}

struct mailbox_device *mailbox_table_device(struct mailbox_table *t,
                                            const uint8_t id[ENVELOPE_DEVICE_SIZE])
{
    struct mailbox_device *device = mailbox_table_find_device(t, id);
    if (device == NULL) {
        device = mem_new(sizeof(*device));
        memcpy(device->id, id, sizeof(device->id));
        for (size_t i = 0; i < ENVELOPE_CLASSES; i++) {
            device->held[i] = empty_list();
        }
        CHECK(map_put(&t->devices, span_of(device->id, sizeof(device->id)), device) == NULL);
    }
    device->refs++;
    return device;
}

void mailbox_table_let_go(struct mailbox_table *t, struct mailbox_device *device)
{
    CHECK(device->refs > 0);
    device->refs--;
    if (device->refs == 0) {
        CHECK(device->share_count == 0 && device->tag_count == 0);
        CHECK(map_remove(&t->devices, span_of(device->id, sizeof(device->id))) == device);
        mem_free(device->shares);
        mem_free(device);
    }
}

struct mailbox_device *mailbox_table_recipient(const struct mailbox_table *t, uint64_t now,
                                               const uint8_t tag[ENVELOPE_TAG_SIZE])
{
    const struct mailbox_tag *known = map_get(&t->tags, span_of(tag, ENVELOPE_TAG_SIZE));
    return known != NULL && known->ends > now ? known->device : NULL;
}

/* --- charges --- */

static uint64_t charge_of(const struct mailbox_entry *e)
{
    return e->state == MAILBOX_READ || e->size < MAILBOX_UNIT ? MAILBOX_UNIT : e->size;
}

/* What of it may be displaced. */
static uint64_t bulk_of(const struct mailbox_entry *e)
{
    return e->state == MAILBOX_LIVE && e->class_number == ENVELOPE_BULK ? charge_of(e) : 0;
}

static struct mailbox_device *payer_of(const struct mailbox_entry *e)
{
    return e->payer != NULL ? e->payer : e->giver;
}

static struct mailbox_share *share_of(struct mailbox_device *recipient,
                                      const struct mailbox_device *payer)
{
    for (size_t i = 0; i < recipient->share_count; i++) {
        if (recipient->shares[i].payer == payer) {
            return &recipient->shares[i];
        }
    }
    return NULL;
}

static struct mailbox_share *make_share(struct mailbox_device *recipient,
                                        struct mailbox_device *payer)
{
    struct mailbox_share *share = share_of(recipient, payer);
    if (share != NULL) {
        return share;
    }
    if (recipient->share_count == recipient->share_cap) {
        recipient->share_cap = recipient->share_cap == 0 ? 2 : recipient->share_cap * 2;
        recipient->shares =
            mem_resize(recipient->shares, recipient->share_cap * sizeof(*recipient->shares));
    }
    share = &recipient->shares[recipient->share_count++];
    *share = (struct mailbox_share){.payer = payer};
    return share;
}

static void charge(struct mailbox_table *t, const struct mailbox_entry *e)
{
    const uint64_t amount = charge_of(e);
    if (e->giver == NULL) {
        return;
    }
    const uint64_t bulk = bulk_of(e);
    struct mailbox_share *share = make_share(e->recipient, payer_of(e));
    share->used += amount;
    share->bulk += bulk;
    e->recipient->used_for += amount;
    e->recipient->bulk_for += bulk;
    payer_of(e)->used_by += amount;
    payer_of(e)->bulk_by += bulk;
    t->used += amount;
    t->bulk += bulk;
}

static void discharge(struct mailbox_table *t, const struct mailbox_entry *e)
{
    const uint64_t amount = charge_of(e);
    struct mailbox_device *recipient = e->recipient;
    if (e->giver == NULL) {
        return;
    }
    const uint64_t bulk = bulk_of(e);
    struct mailbox_share *share = share_of(recipient, payer_of(e));
    CHECK(share != NULL && share->used >= amount && share->bulk >= bulk);
    share->used -= amount;
    share->bulk -= bulk;
    if (share->used == 0) {
        *share = recipient->shares[--recipient->share_count];
    }
    recipient->used_for -= amount;
    recipient->bulk_for -= bulk;
    payer_of(e)->used_by -= amount;
    payer_of(e)->bulk_by -= bulk;
    t->used -= amount;
    t->bulk -= bulk;
}

/* What is too much at each of the four places with `e` here, and what there may be displaced. */
struct want {
    uint64_t over[4];
    uint64_t bulk[4];
};

enum place { OF_PAIR, OF_GIVER, OF_RECIPIENT, OF_ALL };

static uint64_t over(uint64_t used, uint64_t more, uint64_t most)
{
    return used + more > most ? used + more - most : 0;
}

static struct want want_of(const struct mailbox_table *t, const struct mailbox_entry *e)
{
    const uint64_t for_one = t->bytes / MAILBOX_RECIPIENT_SHARE;
    const uint64_t amount = charge_of(e);
    const struct mailbox_share none = {.used = 0};
    const struct mailbox_share *share = share_of(e->recipient, payer_of(e));
    const bool is_sos = e->class_number == ENVELOPE_SOS;
    share = share == NULL ? &none : share;
    struct want w = {
        .over = {over(share->used, amount, for_one / MAILBOX_PAIR_SHARE),
                 over(payer_of(e)->used_by, amount, t->bytes / MAILBOX_GIVER_SHARE),
                 over(e->recipient->used_for, amount, for_one), over(t->used, amount, t->bytes)},
        .bulk = {share->bulk, payer_of(e)->bulk_by, is_sos ? e->recipient->bulk_for : share->bulk,
                 is_sos ? t->bulk : payer_of(e)->bulk_by}};
    if (e->class_number == ENVELOPE_BULK) {
        memset(w.bulk, 0, sizeof(w.bulk));
    }
    return w;
}

/* Whether displacing `other` helps at `place`, where `e` may displace it. */
static bool may_displace(const struct mailbox_entry *other, const struct mailbox_entry *e,
                         enum place place)
{
    const bool is_sos = e->class_number == ENVELOPE_SOS;
    if (other->state != MAILBOX_LIVE || other->class_number != ENVELOPE_BULK ||
        other->payer == NULL) {
        return false;
    }
    const bool same_payer = other->payer == payer_of(e);
    const bool same_recipient = other->recipient == e->recipient;
    switch (place) {
    case OF_PAIR:
        return same_payer && same_recipient;
    case OF_GIVER:
        return same_payer;
    case OF_RECIPIENT:
        return same_recipient && (is_sos || same_payer);
    case OF_ALL:
        break;
    }
    return is_sos || same_payer;
}

static void displace(struct mailbox_table *t, const struct mailbox_entry *e, enum place place)
{
    uint64_t left = want_of(t, e).over[place];
    for (uint32_t at = 0; at < t->cap && left > 0; at++) {
        if (may_displace(&t->entries[at], e, place)) {
            mailbox_table_remove(t, &t->entries[at]);
            left = want_of(t, e).over[place];
        }
    }
}

bool mailbox_table_has_room(struct mailbox_table *t, struct mailbox_entry *e, bool is_for_real)
{
    if (e->giver == NULL) {
        return t->own_count < MAILBOX_OWN_MAX;
    }
    const struct want w = want_of(t, e);
    for (size_t i = 0; i < 4; i++) {
        if (w.over[i] > w.bulk[i]) {
            return false; /* each alone can be met: then all can, since the sets lie in another */
        }
    }
    for (size_t i = 0; i < 4 && is_for_real; i++) {
        displace(t, e, (enum place)i);
    }
    return true;
}

/* --- entries --- */

uint64_t mailbox_table_age(const struct mailbox_entry *e, uint64_t now)
{
    return e->age_s + (now > e->came_ns ? (now - e->came_ns) / UINT64_C(1000000000) : 0);
}

bool mailbox_table_is_old(const struct mailbox_entry *e, uint64_t now)
{
    return mailbox_table_age(e, now) >= e->lifetime_s;
}

struct mailbox_entry *mailbox_table_add(struct mailbox_table *t, const struct mailbox_entry *e)
{
    if (t->free == MAILBOX_NONE) {
        grow(t);
    }
    const uint32_t at = t->free;
    struct mailbox_entry *added = &t->entries[at];
    t->free = added->name_chain;
    *added = *e;
    CHECK(is_indexed(added) && added->recipient != NULL);
    added->is_own = added->giver == NULL;
    added->is_dirty = added->is_spraying = false;
    added->recipient->refs++;
    if (added->giver != NULL) {
        added->payer = payer_of(e);
        added->giver->refs++;
        added->payer->refs++;
    }
    for (size_t i = 0; i < added->given_count; i++) {
        added->given[i].to->refs++;
    }
    t->count++;
    t->own_count += added->is_own ? 1 : 0;
    index_in(t, at);
    charge(t, added);
    if (added->state == MAILBOX_READ) {
        append(t, &t->read, at, false);
    } else {
        append(t, &added->recipient->held[added->class_number - 1], at, true);
        mailbox_table_spray(t, added);
    }
    mailbox_table_touch(t, added);
    return added;
}

/* Out of the lists of what may still be given. */
static void withdraw(struct mailbox_table *t, struct mailbox_entry *e)
{
    const uint32_t at = mailbox_table_index(t, e);
    if (e->state == MAILBOX_READ) {
        drop(t, &t->read, at, false);
        return;
    }
    set_spraying(t, e, false);
    drop(t, &e->recipient->held[e->class_number - 1], at, true);
}

void mailbox_table_remove(struct mailbox_table *t, struct mailbox_entry *e)
{
    const uint32_t at = mailbox_table_index(t, e);
    CHECK(is_indexed(e));
    withdraw(t, e);
    discharge(t, e);
    index_out(t, at);
    t->count--;
    t->own_count -= e->is_own ? 1 : 0;
    e->state = MAILBOX_GONE;
    for (size_t i = 0; i < e->given_count; i++) {
        mailbox_table_let_go(t, e->given[i].to);
    }
    if (e->giver != NULL) {
        mailbox_table_let_go(t, e->payer);
        mailbox_table_let_go(t, e->giver);
    }
    mailbox_table_let_go(t, e->recipient);
    e->recipient = e->giver = e->payer = NULL;
    e->given_count = 0;
    mailbox_table_touch(t, e);
}

void mailbox_table_read(struct mailbox_table *t, struct mailbox_entry *e)
{
    CHECK(e->state == MAILBOX_LIVE);
    withdraw(t, e);
    discharge(t, e);
    e->state = MAILBOX_READ;
    charge(t, e);
    append(t, &t->read, mailbox_table_index(t, e), false);
    mailbox_table_touch(t, e);
}

struct order {
    uint64_t came_ns;
    uint32_t at;
};

static int compare(const void *a, const void *b)
{
    const struct order *x = a;
    const struct order *y = b;
    return (x->came_ns > y->came_ns) - (x->came_ns < y->came_ns);
}

void mailbox_table_sort(struct mailbox_table *t)
{
    size_t count = 0;
    if (t->count == 0) {
        return;
    }
    struct order *orders = mem_new_array(t->count, sizeof(*orders));
    for (uint32_t at = 0; at < t->cap; at++) {
        if (t->entries[at].state == MAILBOX_LIVE) {
            orders[count++] = (struct order){.came_ns = t->entries[at].came_ns, .at = at};
        }
    }
    qsort(orders, count, sizeof(*orders), compare);
    for (size_t i = 0; i < count; i++) {
        struct mailbox_entry *e = &t->entries[orders[i].at];
        const bool is_spraying = e->is_spraying;
        struct mailbox_list *held = &e->recipient->held[e->class_number - 1];
        drop(t, held, orders[i].at, true);
        append(t, held, orders[i].at, true);
        set_spraying(t, e, false);
        set_spraying(t, e, is_spraying);
    }
    mem_free(orders);
}

/* --- checking --- */

static void check_entry(const struct mailbox_table *t, const struct mailbox_entry *e)
{
    CHECK(mailbox_table_find(t, e->name) == e && e->recipient != NULL);
    CHECK(e->is_own == (e->giver == NULL) && e->is_own == (e->payer == NULL));
    CHECK(e->class_number >= 1 && e->class_number <= ENVELOPE_CLASSES);
    CHECK(e->copies >= 1 && e->copies <= ENVELOPE_COPIES_MAX && e->hops <= ENVELOPE_HOPS_MAX);
    CHECK(e->given_count <= MAILBOX_GIVEN_MAX);
    CHECK(e->is_spraying == should_spray(e));
}

static uint32_t list_count(const struct mailbox_table *t, const struct mailbox_list *list,
                           bool is_held)
{
    uint32_t count = 0;
    uint32_t prev = MAILBOX_NONE;
    for (uint32_t at = list->first; at != MAILBOX_NONE; count++) {
        const struct mailbox_entry *e = &t->entries[at];
        const struct mailbox_link *link = is_held ? &e->held : &e->spray;
        CHECK(link->prev == prev && count < t->cap);
        prev = at;
        at = link->next;
    }
    CHECK(list->last == prev);
    return count;
}

static void check_device(const struct mailbox_table *t, const struct mailbox_device *d)
{
    uint64_t used = 0;
    uint64_t bulk = 0;
    for (size_t i = 0; i < d->share_count; i++) {
        CHECK(d->shares[i].used > 0 && d->shares[i].used >= d->shares[i].bulk);
        CHECK(d->shares[i].used <= t->bytes / MAILBOX_RECIPIENT_SHARE / MAILBOX_PAIR_SHARE);
        used += d->shares[i].used;
        bulk += d->shares[i].bulk;
    }
    CHECK(used == d->used_for && bulk == d->bulk_for && d->refs > 0);
    CHECK(d->used_for <= t->bytes / MAILBOX_RECIPIENT_SHARE);
    CHECK(d->used_by <= t->bytes / MAILBOX_GIVER_SHARE && d->bulk_by <= d->used_by);
    CHECK(d->tag_count <= MAILBOX_TAGS_MAX);
    for (uint32_t i = 0; i < d->tag_count; i++) {
        CHECK(d->tags[i]->device == d);
        CHECK((d->tags[i]->ends == UINT64_MAX) == (i + 1 == d->tag_count) || i + 1 < d->tag_count);
    }
}

void mailbox_table_check(const struct mailbox_table *t)
{
    uint32_t live = 0;
    uint32_t read = 0;
    uint32_t spraying = 0;
    uint64_t used = 0;
    for (uint32_t at = 0; at < t->cap; at++) {
        const struct mailbox_entry *e = &t->entries[at];
        if (is_indexed(e)) {
            check_entry(t, e);
            live += e->state == MAILBOX_LIVE ? 1 : 0;
            read += e->state == MAILBOX_READ ? 1 : 0;
            spraying += e->is_spraying ? 1 : 0;
            used += e->giver != NULL ? charge_of(e) : 0;
        }
    }
    CHECK(live + read == t->count && used == t->used && t->used <= t->bytes && t->bulk <= t->used);
    CHECK(list_count(t, &t->read, false) == read);
    uint32_t walked = 0;
    for (size_t i = 0; i < ENVELOPE_CLASSES; i++) {
        walked += list_count(t, &t->spray[i], false);
    }
    CHECK(walked == spraying);
    size_t at = 0;
    uint32_t held = 0;
    uint32_t recipients = 0;
    const struct mailbox_device *d;
    while ((d = map_next(&t->devices, &at)) != NULL) {
        check_device(t, d);
        recipients += d->tag_count > 0 ? 1 : 0;
        for (size_t i = 0; i < ENVELOPE_CLASSES; i++) {
            held += list_count(t, &d->held[i], true);
        }
    }
    CHECK(held == live && recipients == t->recipient_count);
}
