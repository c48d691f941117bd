/*
 * The mailbox: what is taken in, what is dropped, and when.
 */
#include "courier/mailbox.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"
#include "courier/mailbox_offer.h"

#define TAGS_SWEPT_MAX 64 /* in one tick: each is an event */

void mailbox_init(struct mailbox *m, const struct mailbox_config *config)
{
    const struct seen_config done = {.random = config->random,
                                     .keep_ns = SEEN_LOCK_DAYS * SEEN_DAY_NS};
    memset(m, 0, sizeof(*m));
    m->config = *config;
    mailbox_table_init(&m->table, config->random, config->bytes);
    seen_init(&m->done, &done);
    ring_init(&m->notes, sizeof(struct mailbox_event), MAILBOX_NOTES_MAX);
    m->sweep_ns = TIMERS_NEVER;
}

void mailbox_clear(struct mailbox *m)
{
    mailbox_table_clear(&m->table);
    seen_clear(&m->done);
    ring_clear(&m->notes);
    mem_free(m->items);
    memset(m, 0, sizeof(*m));
}

/* What is said to neighbours, and can be said again, may be dropped. */
static void note(struct mailbox *m, const struct mailbox_event *event)
{
    const int rc = ring_push(&m->notes, event);
    CHECK(rc == 0 || event->kind == MAILBOX_DONE);
}

static void note_tag(struct mailbox *m, enum mailbox_event_kind kind, const uint8_t *tag)
{
    struct mailbox_event event = {.kind = kind};
    memcpy(event.tag, tag, sizeof(event.tag));
    note(m, &event);
}

static void note_token(struct mailbox *m, enum mailbox_event_kind kind, const uint8_t *to,
                       const uint8_t *token)
{
    struct mailbox_event event = {.kind = kind};
    if (to != NULL) {
        memcpy(event.to, to, sizeof(event.to));
    }
    memcpy(event.token, token, sizeof(event.token));
    note(m, &event);
}

/* Look at what ends at `at` then, though not sooner than a while after the last look. */
static void sweep_at(struct mailbox *m, uint64_t at)
{
    const uint64_t soonest = m->swept_ns + MAILBOX_SWEEP_NS;
    at = at > soonest ? at : soonest;
    m->sweep_ns = at < m->sweep_ns ? at : m->sweep_ns;
}

/* --- tags --- */

static void drop_tag(struct mailbox *m, struct mailbox_tag *tag)
{
    struct mailbox_device *device = tag->device;
    uint32_t at = 0;
    while (device->tags[at] != tag) {
        at++;
    }
    device->tag_count--;
    memmove(&device->tags[at], &device->tags[at + 1],
            (device->tag_count - at) * sizeof(struct mailbox_tag *));
    CHECK(map_remove(&m->table.tags, span_of(tag->tag, sizeof(tag->tag))) == tag);
    note_tag(m, MAILBOX_DELETE_TAG, tag->tag);
    mem_free(tag);
    m->table.recipient_count -= device->tag_count == 0 ? 1 : 0;
    mailbox_table_let_go(&m->table, device);
}

int mailbox_learn(struct mailbox *m, uint64_t now, const uint8_t device[ENVELOPE_DEVICE_SIZE],
                  const uint8_t tag[ENVELOPE_TAG_SIZE])
{
    struct mailbox_table *t = &m->table;
    struct mailbox_device *d = mailbox_table_find_device(t, device);
    if (map_get(&t->tags, span_of(tag, ENVELOPE_TAG_SIZE)) != NULL) {
        return 0;
    }
    if ((d == NULL || d->tag_count == 0) && t->recipient_count == MAILBOX_RECIPIENTS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    d = mailbox_table_device(t, device);
    if (d->tag_count == MAILBOX_TAGS_MAX) {
        drop_tag(m, d->tags[0]);
    }
    if (d->tag_count > 0) {
        struct mailbox_tag *before = d->tags[d->tag_count - 1];
        before->ends = now + MAILBOX_TAG_NS;
        sweep_at(m, before->ends);
        note_tag(m, MAILBOX_PUT_TAG, before->tag);
    } else {
        t->recipient_count++;
    }
    struct mailbox_tag *made = mem_new(sizeof(*made));
    *made = (struct mailbox_tag){.device = d, .ends = UINT64_MAX};
    memcpy(made->tag, tag, sizeof(made->tag));
    d->tags[d->tag_count++] = made;
    CHECK(map_put(&t->tags, span_of(made->tag, sizeof(made->tag)), made) == NULL);
    note_tag(m, MAILBOX_PUT_TAG, made->tag);
    return 0;
}

void mailbox_forget(struct mailbox *m, uint64_t now, const uint8_t device[ENVELOPE_DEVICE_SIZE])
{
    struct mailbox_table *t = &m->table;
    (void)now;
    mailbox_offer_down(m, device);
    struct mailbox_device *d = mailbox_table_find_device(t, device);
    if (d == NULL) {
        return;
    }
    d->refs++; /* until this is over */
    for (size_t i = 0; i < ENVELOPE_CLASSES; i++) {
        while (d->held[i].first != MAILBOX_NONE) {
            mailbox_table_remove(t, &t->entries[d->held[i].first]);
        }
    }
    while (d->tag_count > 0) {
        drop_tag(m, d->tags[0]);
    }
    mailbox_table_let_go(t, d);
}

/* --- taking in --- */

/* What is known of an envelope that is offered or given. */
struct coming {
    struct envelope_head head;
    const uint8_t *from;
    const uint8_t *name;
    uint64_t age_s;
    size_t size;
};

static enum mailbox_answer judge(struct mailbox *m, uint64_t now, const struct coming *c)
{
    if (c->age_s >= c->head.lifetime_s) {
        return MAILBOX_OLD;
    }
    const uint8_t *token = seen_find(&m->done, now, c->head.lock);
    if (token != NULL && envelope_is_opened(c->head.lock, token)) {
        note_token(m, MAILBOX_DONE, c->from, token);
        return MAILBOX_WAS_READ;
    }
    const struct mailbox_device *recipient = mailbox_table_recipient(&m->table, now, c->head.tag);
    if (recipient == NULL) {
        return MAILBOX_UNKNOWN;
    }
    if (envelope_is_same(recipient->id, m->config.self, sizeof(recipient->id))) {
        return MAILBOX_MINE;
    }
    return mailbox_table_find(&m->table, c->name) != NULL ? MAILBOX_HAVE : MAILBOX_WANT;
}

void mailbox_payer(const struct mailbox *m, const uint8_t device[ENVELOPE_DEVICE_SIZE],
                   uint8_t payer[ENVELOPE_DEVICE_SIZE])
{
    if (m->config.whose == NULL || !m->config.whose(m->config.context, device, payer)) {
        memcpy(payer, device, ENVELOPE_DEVICE_SIZE);
    }
}

/* The entry that `c` would be; `giver` is NULL for an own one, and its payer then, too. */
static struct mailbox_entry entry_of(const struct mailbox *m, uint64_t now, const struct coming *c,
                                     struct mailbox_device *giver)
{
    struct mailbox_entry e = {.state = MAILBOX_LIVE,
                              .class_number = c->head.class_number,
                              .size = (uint32_t)c->size,
                              .age_s = (uint32_t)c->age_s,
                              .lifetime_s = c->head.lifetime_s,
                              .came_ns = now,
                              .recipient = mailbox_table_recipient(&m->table, now, c->head.tag),
                              .giver = giver};
    memcpy(e.name, c->name, sizeof(e.name));
    return e;
}

enum mailbox_answer mailbox_offered(struct mailbox *m, uint64_t now,
                                    const uint8_t from[ENVELOPE_DEVICE_SIZE],
                                    const struct mailbox_offer_item *item)
{
    struct coming c = {.from = from, .name = item->name, .age_s = item->age_s, .size = item->size};
    struct mailbox_device stranger = {.refs = 0};
    uint8_t id[ENVELOPE_DEVICE_SIZE];
    if (envelope_head_decode(&c.head, span_of(item->head, sizeof(item->head))) != 0) {
        return MAILBOX_UNKNOWN;
    }
    if (item->size > ENVELOPE_SIZE_MAX) {
        return MAILBOX_FULL;
    }
    const enum mailbox_answer answer = judge(m, now, &c);
    if (answer != MAILBOX_WANT) {
        return answer;
    }
    mailbox_payer(m, from, id);
    struct mailbox_device *payer = mailbox_table_find_device(&m->table, id);
    struct mailbox_entry e = entry_of(m, now, &c, payer != NULL ? payer : &stranger);
    return mailbox_table_has_room(&m->table, &e, false) ? MAILBOX_WANT : MAILBOX_FULL;
}

enum mailbox_answer mailbox_take(struct mailbox *m, uint64_t now,
                                 const uint8_t from[ENVELOPE_DEVICE_SIZE], const struct envelope *e,
                                 size_t size, uint8_t name[ENVELOPE_NAME_SIZE])
{
    struct coming c = {
        .head = e->head, .from = from, .name = name, .age_s = e->age_s, .size = size};
    const bool is_own = envelope_is_same(from, m->config.self, ENVELOPE_DEVICE_SIZE);
    envelope_name(name, e->head_bytes, e->sealed);
    if (size > ENVELOPE_SIZE_MAX) {
        return MAILBOX_FULL;
    }
    enum mailbox_answer answer = judge(m, now, &c);
    if (answer != MAILBOX_WANT) {
        return answer;
    }
    struct mailbox_device *giver = is_own ? NULL : mailbox_table_device(&m->table, from);
    struct mailbox_entry added = entry_of(m, now, &c, giver);
    if (giver != NULL) {
        uint8_t payer[ENVELOPE_DEVICE_SIZE];
        mailbox_payer(m, from, payer);
        added.payer = mailbox_table_device(&m->table, payer);
    }
    memcpy(added.head, e->head_bytes.ptr, sizeof(added.head));
    added.copies = e->copies;
    added.hops = e->hops;
    if (mailbox_table_has_room(&m->table, &added, true)) {
        (void)mailbox_table_add(&m->table, &added);
        sweep_at(m, now + (c.head.lifetime_s - c.age_s) * TIMERS_SECOND);
    } else {
        answer = MAILBOX_FULL;
    }
    if (giver != NULL) {
        mailbox_table_let_go(&m->table, added.payer);
        mailbox_table_let_go(&m->table, giver);
    }
    return answer;
}

/* --- tokens --- */

static void remember(struct mailbox *m, uint64_t now, const uint8_t *lock, const uint8_t *token,
                     const uint8_t *owner)
{
    struct mailbox_event event = {.kind = MAILBOX_PUT_DONE};
    if (seen_add(&m->done, now, lock, token, owner, &event.slot) == 0) {
        note(m, &event);
    }
}

/* Who showed the token, or is the reason why it is shown, need not hear of it. */
static bool mark_told(struct mailbox_entry *e, const uint8_t *from)
{
    bool is_all = true;
    for (size_t i = 0; i < e->given_count; i++) {
        struct mailbox_given *given = &e->given[i];
        given->is_told =
            given->is_told || (from != NULL && envelope_is_same(given->to->id, from, 32));
        is_all = is_all && given->is_told;
    }
    if (e->giver != NULL) {
        e->is_giver_told =
            e->is_giver_told || (from != NULL && envelope_is_same(e->giver->id, from, 32));
        is_all = is_all && e->is_giver_told;
    }
    return is_all;
}

void mailbox_done(struct mailbox *m, uint64_t now, const uint8_t *from,
                  const uint8_t token[ENVELOPE_TOKEN_SIZE])
{
    struct mailbox_table *t = &m->table;
    uint8_t lock[ENVELOPE_LOCK_SIZE];
    struct mailbox_entry *next;
    envelope_lock(lock, token);
    for (struct mailbox_entry *e = mailbox_table_locked(t, NULL, lock); e != NULL; e = next) {
        next = mailbox_table_locked(t, e, lock);
        const bool is_all_told = mark_told(e, from);
        if (e->state == MAILBOX_LIVE) {
            remember(m, now, lock, token, e->payer != NULL ? e->payer->id : m->config.self);
            if (e->is_own && from != NULL) {
                note_token(m, MAILBOX_OPENED, NULL, token);
            }
            memcpy(e->token, token, sizeof(e->token));
            mailbox_table_read(t, e);
        }
        if (is_all_told) {
            mailbox_table_remove(t, e);
        }
    }
}

void mailbox_was_read(struct mailbox *m, uint64_t now, const uint8_t from[ENVELOPE_DEVICE_SIZE],
                      const uint8_t token[ENVELOPE_TOKEN_SIZE])
{
    uint8_t lock[ENVELOPE_LOCK_SIZE];
    uint8_t payer[ENVELOPE_DEVICE_SIZE];
    envelope_lock(lock, token);
    mailbox_payer(m, from, payer);
    remember(m, now, lock, token, payer);
    note_token(m, MAILBOX_DONE, from, token);
}

/* --- events and time --- */

static bool next_row(struct mailbox *m, struct mailbox_event *event)
{
    struct mailbox_entry *e = mailbox_table_dirty(&m->table);
    if (e == NULL) {
        return false;
    }
    *event = (struct mailbox_event){.kind = MAILBOX_PUT};
    memcpy(event->name, e->name, sizeof(event->name));
    if (e->state == MAILBOX_READ) {
        event->kind = MAILBOX_DROP;
    } else if (e->state == MAILBOX_GONE) {
        event->kind = MAILBOX_DELETE;
        mailbox_table_free(&m->table, e);
    }
    return true;
}

bool mailbox_next_event(struct mailbox *m, uint64_t now, struct mailbox_event *event)
{
    return next_row(m, event) || ring_pop(&m->notes, event) || mailbox_offer_next(m, now, event);
}

uint64_t mailbox_deadline(const struct mailbox *m)
{
    return m->sweep_ns;
}

static void sweep_entries(struct mailbox *m, uint64_t now)
{
    struct mailbox_table *t = &m->table;
    for (uint32_t at = 0; at < t->cap; at++) {
        struct mailbox_entry *e = &t->entries[at];
        if (e->state != MAILBOX_LIVE && e->state != MAILBOX_READ) {
            continue;
        }
        if (mailbox_table_is_old(e, now)) {
            mailbox_table_remove(t, e);
        } else {
            sweep_at(m, now + (e->lifetime_s - mailbox_table_age(e, now)) * TIMERS_SECOND);
        }
    }
}

static void sweep_tags(struct mailbox *m, uint64_t now)
{
    struct mailbox_tag *ended[TAGS_SWEPT_MAX];
    struct mailbox_tag *tag;
    size_t count = 0;
    size_t at = 0;
    while ((tag = map_next(&m->table.tags, &at)) != NULL) {
        if (tag->ends <= now && count < TAGS_SWEPT_MAX) {
            ended[count++] = tag;
        } else if (tag->ends != UINT64_MAX) {
            sweep_at(m, tag->ends);
        }
    }
    for (size_t i = 0; i < count; i++) {
        drop_tag(m, ended[i]);
    }
}

void mailbox_tick(struct mailbox *m, uint64_t now)
{
    if (m->sweep_ns > now) {
        return;
    }
    m->swept_ns = now;
    m->sweep_ns = TIMERS_NEVER;
    sweep_entries(m, now);
    sweep_tags(m, now);
}

void mailbox_check(const struct mailbox *m)
{
    mailbox_table_check(&m->table);
    seen_check(&m->done);
    CHECK(m->table.up_count <= MAILBOX_UPS_MAX);
}
