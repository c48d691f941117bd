/*
 * Rows of a fixed layout. Damaged ones are refused whole.
 */
#include "courier/mailbox_row.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"

#define FORMAT 1

enum given_flag { GIVEN_TAKEN = 1, GIVEN_TOLD = 2 };

static const uint8_t nobody[ENVELOPE_DEVICE_SIZE];

void mailbox_row_save(struct wr *w, const struct mailbox *m, const uint8_t name[ENVELOPE_NAME_SIZE])
{
    const struct mailbox_entry *e = mailbox_table_find(&m->table, name);
    CHECK(e != NULL);
    wr_u8(w, FORMAT);
    wr_u8(w, e->state);
    wr_bytes(w, span_of(e->head, sizeof(e->head)));
    wr_u32be(w, e->size);
    wr_u32be(w, e->age_s);
    wr_u64be(w, e->came_ns);
    wr_u8(w, e->copies);
    wr_u8(w, e->hops);
    wr_u8(w, e->is_giver_told ? 1 : 0);
    wr_bytes(w, span_of(e->recipient->id, ENVELOPE_DEVICE_SIZE));
    wr_bytes(w, span_of(e->giver != NULL ? e->giver->id : nobody, ENVELOPE_DEVICE_SIZE));
    wr_bytes(w, span_of(e->token, sizeof(e->token)));
    wr_u8(w, e->given_count);
    for (size_t i = 0; i < e->given_count; i++) {
        wr_bytes(w, span_of(e->given[i].to->id, ENVELOPE_DEVICE_SIZE));
        wr_u8(w, e->given[i].share);
        wr_u8(w, (uint8_t)((e->given[i].is_taken ? GIVEN_TAKEN : 0u) |
                           (e->given[i].is_told ? GIVEN_TOLD : 0u)));
    }
}

void mailbox_row_save_tag(struct wr *w, const struct mailbox *m,
                          const uint8_t tag[ENVELOPE_TAG_SIZE])
{
    const struct mailbox_tag *known = map_get(&m->table.tags, span_of(tag, ENVELOPE_TAG_SIZE));
    CHECK(known != NULL);
    wr_u8(w, FORMAT);
    wr_bytes(w, span_of(known->device->id, ENVELOPE_DEVICE_SIZE));
    wr_u64be(w, known->ends);
}

/* --- tags --- */

/* The place of a tag among its device's: those that end sooner go first. */
static void insert_tag(struct mailbox_device *d, struct mailbox_tag *tag)
{
    uint32_t at = d->tag_count++;
    while (at > 0 && d->tags[at - 1]->ends > tag->ends) {
        d->tags[at] = d->tags[at - 1];
        at--;
    }
    d->tags[at] = tag;
}

int mailbox_row_load_tag(struct mailbox *m, uint64_t now, const uint8_t tag[ENVELOPE_TAG_SIZE],
                         struct span row)
{
    struct mailbox_table *t = &m->table;
    uint8_t id[ENVELOPE_DEVICE_SIZE];
    struct rd r;
    rd_init(&r, row);
    const uint8_t format = rd_u8(&r);
    rd_copy(&r, id, sizeof(id));
    const uint64_t ends = rd_u64be(&r);
    if (format > FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    const struct mailbox_device *known = mailbox_table_find_device(t, id);
    if (rd_finish(&r) != 0 || format != FORMAT ||
        map_get(&t->tags, span_of(tag, ENVELOPE_TAG_SIZE)) != NULL ||
        (known != NULL && known->tag_count == MAILBOX_TAGS_MAX) ||
        (known == NULL && t->recipient_count == MAILBOX_RECIPIENTS_MAX)) {
        return WAVU_ERR_CORRUPT;
    }
    struct mailbox_device *d = mailbox_table_device(t, id);
    t->recipient_count += d->tag_count == 0 ? 1 : 0;
    struct mailbox_tag *made = mem_new(sizeof(*made));
    const uint64_t most = now + MAILBOX_TAG_NS;
    *made = (struct mailbox_tag){.device = d, .ends = ends};
    made->ends = ends != UINT64_MAX && ends > most ? most : ends;
    memcpy(made->tag, tag, sizeof(made->tag));
    insert_tag(d, made);
    CHECK(map_put(&t->tags, span_of(made->tag, sizeof(made->tag)), made) == NULL);
    return 0;
}

/* --- envelopes --- */

static void read_given(struct rd *r, struct mailbox_table *t, struct mailbox_entry *e)
{
    uint8_t id[ENVELOPE_DEVICE_SIZE];
    const uint8_t count = rd_u8(r);
    if (count > MAILBOX_GIVEN_MAX) {
        r->failed = true;
        return;
    }
    for (size_t i = 0; i < count && !r->failed; i++) {
        rd_copy(r, id, sizeof(id));
        struct mailbox_given *given = &e->given[e->given_count];
        given->share = rd_u8(r);
        const uint8_t flags = rd_u8(r);
        given->is_taken = (flags & GIVEN_TAKEN) != 0;
        given->is_told = (flags & GIVEN_TOLD) != 0;
        r->failed = r->failed || given->share > ENVELOPE_COPIES_MAX;
        if (!r->failed) {
            given->to = mailbox_table_device(t, id);
            e->given_count++;
        }
    }
}

/* Fill `e`, whose devices are held by it then. False when the row is none. */
static bool read_entry(struct rd *r, struct mailbox *m, uint64_t now, struct mailbox_entry *e)
{
    uint8_t recipient[ENVELOPE_DEVICE_SIZE];
    uint8_t giver[ENVELOPE_DEVICE_SIZE];
    struct envelope_head head;
    e->state = rd_u8(r);
    rd_copy(r, e->head, sizeof(e->head));
    e->size = rd_u32be(r);
    e->age_s = rd_u32be(r);
    e->came_ns = rd_u64be(r);
    e->copies = rd_u8(r);
    e->hops = rd_u8(r);
    e->is_giver_told = rd_u8(r) != 0;
    rd_copy(r, recipient, sizeof(recipient));
    rd_copy(r, giver, sizeof(giver));
    rd_copy(r, e->token, sizeof(e->token));
    if (r->failed || (e->state != MAILBOX_LIVE && e->state != MAILBOX_READ) || e->copies == 0 ||
        e->copies > ENVELOPE_COPIES_MAX || e->hops > ENVELOPE_HOPS_MAX ||
        e->size > ENVELOPE_SIZE_MAX ||
        envelope_head_decode(&head, span_of(e->head, sizeof(e->head))) != 0) {
        return false;
    }
    e->came_ns = e->came_ns < now ? e->came_ns : now;
    e->class_number = head.class_number;
    e->lifetime_s = head.lifetime_s;
    e->recipient = mailbox_table_device(&m->table, recipient);
    if (!envelope_is_same(giver, nobody, sizeof(giver))) {
        e->giver = mailbox_table_device(&m->table, giver);
        mailbox_payer(m, giver, giver);
        e->payer = mailbox_table_device(&m->table, giver);
    }
    read_given(r, &m->table, e);
    return true;
}

static void let_go(struct mailbox_table *t, struct mailbox_entry *e)
{
    for (size_t i = 0; i < e->given_count; i++) {
        mailbox_table_let_go(t, e->given[i].to);
    }
    if (e->giver != NULL) {
        mailbox_table_let_go(t, e->payer);
        mailbox_table_let_go(t, e->giver);
    }
    if (e->recipient != NULL) {
        mailbox_table_let_go(t, e->recipient);
    }
}

static int add_loaded(struct mailbox *m, uint64_t now, struct mailbox_entry *e)
{
    if (e->state == MAILBOX_LIVE && e->recipient->tag_count == 0) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (mailbox_table_is_old(e, now)) {
        return WAVU_ERR_TIMEOUT;
    }
    if (mailbox_table_find(&m->table, e->name) != NULL) {
        return WAVU_ERR_CORRUPT;
    }
    /* Nothing is displaced: what stands behind in the store is not worth less. */
    const uint8_t class_number = e->class_number;
    e->class_number = ENVELOPE_BULK;
    const bool has_room = mailbox_table_has_room(&m->table, e, false);
    e->class_number = class_number;
    if (!has_room) {
        return WAVU_ERR_LIMIT;
    }
    (void)mailbox_table_add(&m->table, e);
    while (mailbox_table_dirty(&m->table) != NULL) { /* it is in the store */
    }
    return 0;
}

int mailbox_row_load(struct mailbox *m, uint64_t now, const uint8_t name[ENVELOPE_NAME_SIZE],
                     struct span row)
{
    struct mailbox_entry e;
    struct rd r;
    memset(&e, 0, sizeof(e));
    rd_init(&r, row);
    const uint8_t format = rd_u8(&r);
    if (format > FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    memcpy(e.name, name, sizeof(e.name));
    const bool is_read = read_entry(&r, m, now, &e);
    int rc = WAVU_ERR_CORRUPT;
    if (is_read && rd_finish(&r) == 0 && format == FORMAT) {
        rc = add_loaded(m, now, &e);
    }
    let_go(&m->table, &e);
    return rc;
}

void mailbox_row_settle(struct mailbox *m, uint64_t now)
{
    mailbox_table_sort(&m->table);
    seen_settle(&m->done);
    m->sweep_ns = now;
}
