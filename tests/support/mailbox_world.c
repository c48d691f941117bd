/*
 * Mailboxes that talk with each other at once.
 */
#include "tests/support/mailbox_world.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "courier/mailbox_offer.h"
#include "courier/mailbox_row.h"

static bool whose(void *context, const uint8_t device[ENVELOPE_DEVICE_SIZE],
                  uint8_t member[ENVELOPE_DEVICE_SIZE])
{
    const struct mailbox_world *w = context;
    for (size_t i = 0; i < w->count; i++) {
        if (envelope_is_same(w->nodes[i].id, device, ENVELOPE_DEVICE_SIZE)) {
            memset(member, w->owners[i], ENVELOPE_DEVICE_SIZE);
            return w->owners[i] != 0;
        }
    }
    return false;
}

static void start(struct mailbox_world *w, size_t i, uint64_t bytes)
{
    struct mailbox_world_node *n = &w->nodes[i];
    struct mailbox_config config = {
        .random = &w->random, .bytes = bytes, .whose = whose, .context = w};
    memcpy(config.self, n->id, sizeof(config.self));
    mailbox_init(&n->box, &config);
}

void mailbox_world_init(struct mailbox_world *w, size_t count, uint64_t bytes)
{
    memset(w, 0, sizeof(*w));
    CHECK(count <= MAILBOX_WORLD_NODES);
    w->count = count;
    w->now = UINT64_C(1000000000);
    random_seeded_init(&w->seeded, 12);
    w->random = random_from_seeded(&w->seeded);
    for (size_t i = 0; i < count; i++) {
        struct mailbox_world_node *n = &w->nodes[i];
        memset(n->id, (int)i + 1, sizeof(n->id));
        memset(n->tag, (int)i + 101, sizeof(n->tag));
        n->is_up = true;
        rows_init(&n->rows);
        start(w, i, bytes);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            CHECK(mailbox_learn(&w->nodes[i].box, w->now, w->nodes[j].id, w->nodes[j].tag) == 0);
        }
    }
    mailbox_world_pump(w);
}

void mailbox_world_clear(struct mailbox_world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        mailbox_clear(&w->nodes[i].box);
        rows_clear(&w->nodes[i].rows);
    }
}

void mailbox_world_make(struct mailbox_world *w, struct mailbox_world_mail *mail, size_t to,
                        enum envelope_class class_number, size_t len)
{
    struct envelope_head head = {.format = ENVELOPE_FORMAT,
                                 .class_number = (uint8_t)class_number,
                                 .form = ENVELOPE_SESSION,
                                 .lifetime_s = ENVELOPE_LIFETIME_S};
    struct wr measure;
    CHECK(len >= ENVELOPE_TOKEN_SIZE && len <= sizeof(mail->sealed));
    random_fill(&w->random, mail->sealed, len);
    memcpy(mail->token, mail->sealed, sizeof(mail->token));
    memcpy(head.tag, w->nodes[to].tag, sizeof(head.tag));
    envelope_lock(head.lock, mail->token);
    envelope_head_encode(mail->head, &head);
    mail->e = (struct envelope){.head = head,
                                .head_bytes = span_of(mail->head, sizeof(mail->head)),
                                .sealed = span_of(mail->sealed, len),
                                .hops = ENVELOPE_HOPS,
                                .copies = ENVELOPE_COPIES_MAX};
    wr_init(&measure, span_mut_of(NULL, 0));
    envelope_encode(&measure, &mail->e);
    mail->size = measure.len;
    envelope_name(mail->name, mail->e.head_bytes, mail->e.sealed);
}

/* The recipient reads, and says so when that is committed. */
static void read_mail(struct mailbox_world *w, size_t at, size_t from, const struct envelope *e)
{
    struct mailbox_world_node *n = &w->nodes[at];
    CHECK(n->read_count < MAILBOX_WORLD_TOKENS);
    memcpy(n->was_read[n->read_count++], e->sealed.ptr, ENVELOPE_TOKEN_SIZE);
    if (!n->is_deaf) {
        mailbox_was_read(&n->box, w->now, w->nodes[from].id, e->sealed.ptr);
    }
}

enum mailbox_answer mailbox_world_give(struct mailbox_world *w, size_t at, size_t from,
                                       const struct mailbox_world_mail *mail)
{
    struct mailbox_world_node *n = &w->nodes[at];
    uint8_t name[ENVELOPE_NAME_SIZE];
    uint8_t body[8192];
    struct wr wr;
    const enum mailbox_answer answer =
        mailbox_take(&n->box, w->now, w->nodes[from].id, &mail->e, mail->size, name);
    CHECK(memcmp(name, mail->name, sizeof(name)) == 0);
    if (answer == MAILBOX_WANT) {
        wr_init(&wr, span_mut_of(body, sizeof(body)));
        envelope_encode(&wr, &mail->e);
        CHECK(wr_finish(&wr) == 0);
        rows_put(&n->rows, 'b', span_of(name, sizeof(name)), wr_span(&wr));
    } else if (answer == MAILBOX_MINE) {
        read_mail(w, at, from, &mail->e);
    }
    mailbox_check(&n->box);
    return answer;
}

/* --- what the mailboxes say --- */

static size_t node_of(const struct mailbox_world *w, const uint8_t *id)
{
    CHECK(id[0] >= 1 && id[0] <= w->count);
    return (size_t)id[0] - 1;
}

static void do_offer(struct mailbox_world *w, size_t from, size_t to, const struct mailbox_event *e)
{
    uint8_t names[MAILBOX_OFFER_MAX * ENVELOPE_NAME_SIZE];
    size_t count = 0;
    CHECK(e->offer_count > 0 && e->offer_count <= MAILBOX_OFFER_MAX);
    for (size_t i = 0; i < e->offer_count; i++) {
        const enum mailbox_answer answer =
            mailbox_offered(&w->nodes[to].box, w->now, w->nodes[from].id, &e->offers[i]);
        if (answer == MAILBOX_WANT || answer == MAILBOX_MINE) {
            memcpy(names + count++ * ENVELOPE_NAME_SIZE, e->offers[i].name, ENVELOPE_NAME_SIZE);
        } else if (answer == MAILBOX_HAVE) {
            mailbox_offer_taken(&w->nodes[from].box, w->nodes[to].id, e->offers[i].name);
        }
    }
    CHECK(mailbox_offer_wanted(&w->nodes[from].box, w->now, w->nodes[to].id, names, count) == 0);
}

static void do_give(struct mailbox_world *w, size_t from, size_t to, const struct mailbox_event *e)
{
    struct mailbox_world_mail mail;
    const struct span body = rows_get(&w->nodes[from].rows, 'b', span_of(e->name, sizeof(e->name)));
    CHECK(body.len > 0 && envelope_decode(&mail.e, body) == 0);
    mail.e.age_s = e->age_s;
    mail.e.hops = e->hops;
    mail.e.copies = e->copies;
    mail.size = body.len;
    memcpy(mail.name, e->name, sizeof(mail.name));
    w->gives++;
    const enum mailbox_answer answer = mailbox_world_give(w, to, from, &mail);
    if (answer == MAILBOX_WANT || answer == MAILBOX_HAVE || answer == MAILBOX_MINE) {
        mailbox_offer_taken(&w->nodes[from].box, w->nodes[to].id, e->name);
    } else {
        mailbox_offer_refused(&w->nodes[from].box, w->nodes[to].id, e->name);
    }
}

static void keep_row(struct mailbox_world_node *n, const struct mailbox_event *e)
{
    uint8_t row[MAILBOX_ROW_MAX];
    const struct span name = span_of(e->name, sizeof(e->name));
    const struct span tag = span_of(e->tag, sizeof(e->tag));
    struct wr w;
    wr_init(&w, span_mut_of(row, sizeof(row)));
    if (e->kind == MAILBOX_PUT || e->kind == MAILBOX_DROP) {
        mailbox_row_save(&w, &n->box, e->name);
        CHECK(wr_finish(&w) == 0);
        rows_put(&n->rows, 'm', name, wr_span(&w));
    } else if (e->kind == MAILBOX_PUT_TAG) {
        mailbox_row_save_tag(&w, &n->box, e->tag);
        CHECK(w.len == MAILBOX_ROW_TAG_SIZE);
        rows_put(&n->rows, 't', tag, wr_span(&w));
    } else if (e->kind == MAILBOX_PUT_DONE) {
        seen_save(&w, &n->box.done, e->slot);
        rows_put(&n->rows, 'd', span_of(&e->slot, sizeof(e->slot)), wr_span(&w));
    } else if (e->kind == MAILBOX_DELETE_TAG) {
        rows_delete(&n->rows, 't', tag);
    } else {
        rows_delete(&n->rows, 'm', name);
    }
    if (e->kind == MAILBOX_DROP || e->kind == MAILBOX_DELETE) {
        rows_delete(&n->rows, 'b', name);
    }
}

static void handle(struct mailbox_world *w, size_t at, const struct mailbox_event *e)
{
    struct mailbox_world_node *n = &w->nodes[at];
    if (e->kind == MAILBOX_HELD) {
        n->held++;
        return;
    }
    if (e->kind == MAILBOX_OPENED) {
        n->opened++;
        return;
    }
    if (e->kind != MAILBOX_OFFER && e->kind != MAILBOX_GIVE && e->kind != MAILBOX_DONE) {
        keep_row(n, e);
        return;
    }
    const size_t to = node_of(w, e->to);
    rows_commit(&n->rows); /* before anything leaves */
    if (!w->links[at][to]) {
        return; /* it went meanwhile */
    }
    if (e->kind == MAILBOX_OFFER) {
        do_offer(w, at, to, e);
    } else if (e->kind == MAILBOX_GIVE) {
        do_give(w, at, to, e);
    } else {
        mailbox_done(&w->nodes[to].box, w->now, n->id, e->token);
    }
}

void mailbox_world_pump(struct mailbox_world *w)
{
    bool is_busy = true;
    while (is_busy) {
        is_busy = false;
        for (size_t i = 0; i < w->count; i++) {
            struct mailbox_event e;
            while (mailbox_next_event(&w->nodes[i].box, w->now, &e)) {
                handle(w, i, &e);
                is_busy = true;
            }
            rows_commit(&w->nodes[i].rows);
            mailbox_check(&w->nodes[i].box);
        }
    }
}

void mailbox_world_link(struct mailbox_world *w, size_t a, size_t b, bool is_linked)
{
    CHECK(w->links[a][b] != is_linked);
    w->links[a][b] = w->links[b][a] = is_linked;
    if (is_linked) {
        CHECK(mailbox_offer_up(&w->nodes[a].box, w->nodes[b].id) == 0);
        CHECK(mailbox_offer_up(&w->nodes[b].box, w->nodes[a].id) == 0);
    } else {
        mailbox_offer_down(&w->nodes[a].box, w->nodes[b].id);
        mailbox_offer_down(&w->nodes[b].box, w->nodes[a].id);
    }
    mailbox_world_pump(w);
}

void mailbox_world_tick(struct mailbox_world *w, uint64_t ns)
{
    w->now += ns;
    for (size_t i = 0; i < w->count; i++) {
        mailbox_tick(&w->nodes[i].box, w->now);
        CHECK(mailbox_deadline(&w->nodes[i].box) > w->now);
    }
    mailbox_world_pump(w);
}

static void load(struct mailbox_world *w, struct mailbox_world_node *n)
{
    const struct rows_row *row;
    size_t at = 0;
    while ((row = rows_next(&n->rows, 't', &at)) != NULL) {
        CHECK(mailbox_row_load_tag(&n->box, w->now, rows_key(row).ptr, rows_value(row)) == 0);
    }
    at = 0;
    while ((row = rows_next(&n->rows, 'm', &at)) != NULL) {
        CHECK(mailbox_row_load(&n->box, w->now, rows_key(row).ptr, rows_value(row)) == 0);
    }
    at = 0;
    while ((row = rows_next(&n->rows, 'd', &at)) != NULL) {
        uint32_t slot;
        memcpy(&slot, rows_key(row).ptr, sizeof(slot));
        CHECK(seen_load(&n->box.done, w->now, slot, rows_value(row)) == 0);
    }
    mailbox_row_settle(&n->box, w->now);
}

void mailbox_world_restart(struct mailbox_world *w, size_t node)
{
    struct mailbox_world_node *n = &w->nodes[node];
    const uint64_t bytes = n->box.table.bytes;
    for (size_t i = 0; i < w->count; i++) {
        if (w->links[node][i]) {
            mailbox_world_link(w, node, i, false);
        }
    }
    mailbox_clear(&n->box);
    rows_crash(&n->rows);
    start(w, node, bytes);
    load(w, n);
    mailbox_check(&n->box);
}

size_t mailbox_world_copies(struct mailbox_world *w, const struct mailbox_world_mail *mail,
                            size_t *holders)
{
    size_t copies = 0;
    *holders = 0;
    for (size_t i = 0; i < w->count; i++) {
        const struct mailbox_entry *e = mailbox_table_find(&w->nodes[i].box.table, mail->name);
        if (e != NULL && e->state == MAILBOX_LIVE) {
            copies += e->copies;
            (*holders)++;
        }
    }
    return copies;
}

bool mailbox_world_has_read(const struct mailbox_world *w, size_t node,
                            const struct mailbox_world_mail *mail)
{
    const struct mailbox_world_node *n = &w->nodes[node];
    size_t times = 0;
    for (size_t i = 0; i < n->read_count; i++) {
        times += memcmp(n->was_read[i], mail->token, sizeof(mail->token)) == 0 ? 1 : 0;
    }
    CHECK(times <= 1 || n->is_deaf);
    return times > 0;
}
