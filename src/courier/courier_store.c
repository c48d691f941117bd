/*
 * What the courier keeps: rows of its machines, bodies and envelopes, sessions, own keys. Keys are
 * the network's first 16 bytes and the row's name.
 *
 * A write that the store does not take ends the courier (courier_core_fail): memory would be ahead
 * of the disk. Nothing is taken in, therefore, unless there is room for all that can come of it.
 */
#include "courier/courier_store.h"

#include <string.h>

#include "base/mem.h"
#include "base/rd.h"
#include "courier/courier_keys.h"
#include "courier/courier_peer.h"
#include "courier/mailbox_row.h"
#include "courier/outbox_row.h"
#include "courier/session_state.h"
#include "crypto/secret.h"

#define PREFIX_SIZE 16
#define KEY_MAX (PREFIX_SIZE + ENVELOPE_DEVICE_SIZE + 1)
#define PEER_FORMAT 1
#define PEER_HEAD_SIZE (1 + 8 + 4 + X25519_SIZE) /* format, stored at, number, prekey */

_Static_assert(COURIER_STORE_PART + PEER_HEAD_SIZE <= STORE_VALUE_MAX, "a part is one value");
_Static_assert(ENVELOPE_SIZE_MAX + 8 <= STORE_VALUE_MAX, "an envelope is one value");

static const char *const names[TABLES] = {
    [TABLE_SELF] = "courier",      [TABLE_PEER] = "courier_peer",   [TABLE_ROW] = "courier_row",
    [TABLE_BODY] = "courier_body", [TABLE_SEALED] = "courier_seal", [TABLE_MAIL] = "courier_mail",
    [TABLE_HELD] = "courier_held", [TABLE_TAG] = "courier_tag",     [TABLE_DONE] = "courier_done",
    [TABLE_SEEN] = "courier_seen"};

/* --- values --- */

static struct span key_of(const struct courier *c, struct span name, uint8_t space[KEY_MAX])
{
    struct wr w;
    wr_init(&w, span_mut_of(space, KEY_MAX));
    wr_bytes(&w, span_of(c->config.network, PREFIX_SIZE));
    wr_bytes(&w, name);
    return wr_span(&w);
}

struct span courier_store_number(uint8_t space[8], uint64_t number)
{
    struct wr w;
    wr_init(&w, span_mut_of(space, 8));
    wr_u64be(&w, number);
    return wr_span(&w);
}

void courier_store_put(struct courier *c, enum courier_table table, struct span key,
                       struct span value)
{
    uint8_t space[KEY_MAX];
    if (c->err != 0) {
        return;
    }
    c->wrote = store_number(c->config.store);
    const int rc = store_put(c->config.store, names[table], key_of(c, key, space), value);
    if (rc < 0) {
        courier_core_fail(c, rc);
    }
}

void courier_store_delete(struct courier *c, enum courier_table table, struct span key)
{
    uint8_t space[KEY_MAX];
    if (c->err != 0) {
        return;
    }
    c->wrote = store_number(c->config.store);
    const int rc = store_delete(c->config.store, names[table], key_of(c, key, space));
    if (rc < 0) {
        courier_core_fail(c, rc);
    }
}

int courier_store_get(struct courier *c, enum courier_table table, struct span key,
                      struct buf *value)
{
    uint8_t space[KEY_MAX];
    return store_get(c->config.store, names[table], key_of(c, key, space), value);
}

/* --- sessions --- */

static struct span peer_key(const struct courier_peer *p, uint8_t part,
                            uint8_t space[ENVELOPE_DEVICE_SIZE + 1])
{
    memcpy(space, p->id, ENVELOPE_DEVICE_SIZE);
    space[ENVELOPE_DEVICE_SIZE] = part;
    return span_of(space, ENVELOPE_DEVICE_SIZE + 1);
}

void courier_store_peer(struct courier *c, struct courier_peer *p)
{
    uint8_t space[ENVELOPE_DEVICE_SIZE + 1];
    const uint64_t now = courier_core_now(c);
    uint8_t parts = 0;
    struct wr w;
    wr_init(&w, span_mut_of(NULL, 0));
    session_state_save(&w, &p->session, now);
    const size_t len = PEER_HEAD_SIZE + w.len;
    uint8_t *bytes = mem_new_raw(len);
    wr_init(&w, span_mut_of(bytes, len));
    wr_u8(&w, PEER_FORMAT);
    wr_u64be(&w, now);
    wr_u32be(&w, p->number);
    wr_bytes(&w, span_of(p->prekey, sizeof(p->prekey)));
    session_state_save(&w, &p->session, now);
    for (size_t at = 0; at < len; at += COURIER_STORE_PART) {
        courier_store_put(c, TABLE_PEER, peer_key(p, parts, space),
                          span_slice(span_of(bytes, len), at, COURIER_STORE_PART));
        parts++;
    }
    for (uint8_t part = parts; part < p->parts; part++) {
        courier_store_delete(c, TABLE_PEER, peer_key(p, part, space));
    }
    p->parts = parts;
    secret_wipe(bytes, len);
    mem_free(bytes);
}

void courier_store_forget_peer(struct courier *c, struct courier_peer *p)
{
    uint8_t space[ENVELOPE_DEVICE_SIZE + 1];
    for (uint8_t part = 0; part < p->parts; part++) {
        courier_store_delete(c, TABLE_PEER, peer_key(p, part, space));
    }
    p->parts = 0;
}

static int load_session(struct courier *c, struct courier_peer *p, struct span value)
{
    const struct session_config config = courier_peer_config(c, p->id);
    const uint64_t now = courier_core_now(c);
    struct rd r;
    rd_init(&r, value);
    const uint8_t format = rd_u8(&r);
    uint64_t saved = rd_u64be(&r);
    p->number = rd_u32be(&r);
    rd_copy(&r, p->prekey, sizeof(p->prekey));
    const struct span state = rd_bytes(&r, rd_left(&r));
    if (format != PEER_FORMAT || r.failed) {
        return format > PEER_FORMAT ? WAVU_ERR_UNSUPPORTED : WAVU_ERR_CORRUPT;
    }
    saved = saved < now ? saved : now; /* what remained then goes on from there */
    return session_state_load(&p->session, &config, state, saved);
}

int courier_store_reload(struct courier *c, struct courier_peer *p)
{
    uint8_t space[ENVELOPE_DEVICE_SIZE + 1];
    const struct session_config config = courier_peer_config(c, p->id);
    const struct budget_bucket steps = p->session.steps;
    struct buf part;
    struct buf whole;
    int rc = 0;
    buf_init(&part, STORE_VALUE_MAX);
    buf_init(&whole, PEER_HEAD_SIZE + SESSION_STATE_MAX);
    session_clear(&p->session);
    p->parts = 0;
    while (rc == 0) {
        rc = courier_store_get(c, TABLE_PEER, peer_key(p, p->parts, space), &part);
        rc = rc == 0 ? buf_append(&whole, buf_span(&part)) : rc;
        p->parts = (uint8_t)(p->parts + (rc == 0 ? 1 : 0));
    }
    rc = rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
    if (rc == 0 && whole.len > 0) {
        rc = load_session(c, p, buf_span(&whole));
    }
    if (rc != 0 || whole.len == 0) {
        session_init(&p->session, &config);
    }
    p->session.steps = steps;
    list_remove(&p->dirty);
    buf_wipe(&part);
    buf_wipe(&whole);
    return rc;
}

/* --- own things --- */

void courier_store_lasting(struct courier *c)
{
    uint8_t space[LASTING_SIZE];
    struct wr w;
    wr_init(&w, span_mut_of(space, sizeof(space)));
    lasting_save(&w, &c->lasting, c->turn->now_ns, c->config.port->wall_ms(c->config.port) / 1000);
    courier_store_put(c, TABLE_SELF, span_from_text("l"), wr_span(&w));
}

void courier_store_prekeys(struct courier *c)
{
    const uint64_t now = courier_core_now(c);
    struct wr w;
    wr_init(&w, span_mut_of(NULL, 0));
    prekeys_save(&w, &c->prekeys, now);
    const size_t len = 8 + w.len;
    uint8_t *bytes = mem_new_raw(len);
    wr_init(&w, span_mut_of(bytes, len));
    wr_u64be(&w, now);
    prekeys_save(&w, &c->prekeys, now);
    courier_store_put(c, TABLE_SELF, span_from_text("p"), wr_span(&w));
    secret_wipe(bytes, len);
    mem_free(bytes);
}

void courier_store_restoring(struct courier *c, bool is_due)
{
    static const uint8_t format = 1;
    if (is_due) {
        courier_store_put(c, TABLE_SELF, span_from_text("r"), span_of(&format, 1));
    } else {
        courier_store_delete(c, TABLE_SELF, span_from_text("r"));
    }
}

/* --- rows of machines --- */

void courier_store_row(struct courier *c, const struct outbox_event *e)
{
    uint8_t space[8];
    uint8_t row[OUTBOX_ROW_SIZE];
    const struct span key = courier_store_number(space, e->row);
    struct wr w;
    if (e->kind == OUTBOX_PUT) {
        wr_init(&w, span_mut_of(row, sizeof(row)));
        outbox_row_save(&w, &c->outbox, e->row);
        courier_store_put(c, TABLE_ROW, key, wr_span(&w));
        secret_wipe(row, sizeof(row));
        return;
    }
    courier_store_delete(c, TABLE_ROW, key);
    courier_store_delete(c, TABLE_SEALED, key);
    if (e->is_last) {
        courier_store_delete(c, TABLE_BODY, span_of(e->message, sizeof(e->message)));
    }
}

void courier_store_mail(struct courier *c, const struct mailbox_event *e)
{
    uint8_t row[MAILBOX_ROW_MAX];
    uint8_t space[8];
    const struct span name = span_of(e->name, sizeof(e->name));
    const struct span tag = span_of(e->tag, sizeof(e->tag));
    struct wr w;
    wr_init(&w, span_mut_of(row, sizeof(row)));
    if (e->kind == MAILBOX_PUT || e->kind == MAILBOX_DROP) {
        mailbox_row_save(&w, &c->mailbox, e->name);
        courier_store_put(c, TABLE_MAIL, name, wr_span(&w));
    } else if (e->kind == MAILBOX_PUT_TAG) {
        mailbox_row_save_tag(&w, &c->mailbox, e->tag);
        courier_store_put(c, TABLE_TAG, tag, wr_span(&w));
    } else if (e->kind == MAILBOX_PUT_DONE) {
        seen_save(&w, &c->mailbox.done, e->slot);
        courier_store_put(c, TABLE_DONE, courier_store_number(space, e->slot), wr_span(&w));
    } else if (e->kind == MAILBOX_DELETE_TAG) {
        courier_store_delete(c, TABLE_TAG, tag);
    } else {
        courier_store_delete(c, TABLE_MAIL, name);
    }
    if (e->kind == MAILBOX_DROP || e->kind == MAILBOX_DELETE) {
        courier_store_delete(c, TABLE_HELD, name);
    }
}

void courier_store_seen(struct courier *c, uint32_t slot)
{
    uint8_t row[SEEN_ROW_SIZE];
    uint8_t space[8];
    struct wr w;
    wr_init(&w, span_mut_of(row, sizeof(row)));
    seen_save(&w, &c->seen, slot);
    courier_store_put(c, TABLE_SEEN, courier_store_number(space, slot), wr_span(&w));
}

/* --- loading --- */

struct row {
    struct span key; /* behind the network's prefix */
    struct span value;
};

/* 1: the row is good for nothing any more. */
static int each(struct courier *c, enum courier_table table, size_t key_size,
                int (*take)(struct courier *, const struct row *))
{
    const struct span prefix = span_of(c->config.network, PREFIX_SIZE);
    struct buf key;
    struct buf value;
    int rc = 0;
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, STORE_VALUE_MAX);
    while (rc == 0) {
        rc = store_next(c->config.store, names[table], prefix, &key, &value);
        if (rc != 0) {
            break;
        }
        const struct row row = {span_slice(buf_span(&key), PREFIX_SIZE, key.len), buf_span(&value)};
        rc = row.key.len == key_size ? take(c, &row) : WAVU_ERR_CORRUPT;
        if (rc > 0) {
            courier_store_delete(c, table, row.key);
            rc = c->err;
        }
    }
    buf_wipe(&value);
    buf_clear(&key);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

static uint64_t number_of(const struct row *row)
{
    struct rd r;
    rd_init(&r, row->key);
    return rd_u64be(&r);
}

static int take_peer(struct courier *c, const struct row *row)
{
    if (row->key.ptr[ENVELOPE_DEVICE_SIZE] != 0) {
        return 0; /* a further part */
    }
    struct courier_peer *p = courier_peer_get(c, row->key.ptr);
    return courier_store_reload(c, p);
}

static int take_row(struct courier *c, const struct row *row)
{
    return outbox_row_load(&c->outbox, courier_core_now(c), number_of(row), row->value);
}

static int take_tag(struct courier *c, const struct row *row)
{
    return mailbox_row_load_tag(&c->mailbox, courier_core_now(c), row->key.ptr, row->value);
}

static int take_mail(struct courier *c, const struct row *row)
{
    const int rc = mailbox_row_load(&c->mailbox, courier_core_now(c), row->key.ptr, row->value);
    if (rc == WAVU_ERR_NOT_FOUND || rc == WAVU_ERR_LIMIT || rc == WAVU_ERR_TIMEOUT) {
        courier_store_delete(c, TABLE_HELD, row->key);
        return 1;
    }
    return rc;
}

static int take_done(struct courier *c, const struct row *row)
{
    return seen_load(&c->mailbox.done, courier_core_now(c), (uint32_t)number_of(row), row->value);
}

static int take_seen(struct courier *c, const struct row *row)
{
    return seen_load(&c->seen, courier_core_now(c), (uint32_t)number_of(row), row->value);
}

static int load_prekeys(struct courier *c)
{
    const uint64_t now = courier_core_now(c);
    struct prekeys_config config = {.device = c->config.device,
                                    .signer = &signer_ed25519,
                                    .random = c->random,
                                    .day = courier_keys_day(c)};
    struct buf value;
    struct rd r;
    memcpy(config.network, c->config.network, sizeof(config.network));
    buf_init(&value, STORE_VALUE_MAX);
    int rc = courier_store_get(c, TABLE_SELF, span_from_text("p"), &value);
    if (rc == WAVU_ERR_NOT_FOUND) {
        prekeys_init(&c->prekeys, &config, now);
        courier_store_prekeys(c);
        rc = c->err;
    } else if (rc == 0) {
        rd_init(&r, buf_span(&value));
        const uint64_t saved = rd_u64be(&r);
        const struct span state = rd_bytes(&r, rd_left(&r));
        rc = r.failed
                 ? WAVU_ERR_CORRUPT
                 : prekeys_load(&c->prekeys, &config, state, now, now > saved ? now - saved : 0);
    }
    buf_wipe(&value);
    return rc;
}

static int load_lasting(struct courier *c)
{
    const uint64_t wall_s = c->config.port->wall_ms(c->config.port) / 1000;
    struct buf value;
    buf_init(&value, STORE_VALUE_MAX);
    int rc = courier_store_get(c, TABLE_SELF, span_from_text("l"), &value);
    if (rc == 0 || rc == WAVU_ERR_NOT_FOUND) {
        rc = lasting_start(&c->lasting, c->turn->now_ns, wall_s,
                           rc == 0 ? buf_span(&value) : span_empty());
        rc = rc == WAVU_ERR_CORRUPT ? 0 : rc; /* the time begins anew */
    }
    buf_clear(&value);
    return rc;
}

static int load_restoring(struct courier *c)
{
    struct buf value;
    buf_init(&value, STORE_VALUE_MAX);
    const int rc = courier_store_get(c, TABLE_SELF, span_from_text("r"), &value);
    buf_clear(&value);
    c->is_restoring = rc == 0;
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

/* Who comes back as another member was nobody in between: whoever saw that has forgotten the
 * sessions with this device, and opens nothing that is said on them. */
static int load_member(struct courier *c)
{
    const struct span member = span_of(c->config.member, sizeof(c->config.member));
    struct buf value;
    buf_init(&value, STORE_VALUE_MAX);
    int rc = courier_store_get(c, TABLE_SELF, span_from_text("m"), &value);
    const bool is_same = rc == 0 && span_is_equal(buf_span(&value), member);
    if (rc == 0 && !is_same) {
        c->is_restoring = true;
        courier_store_restoring(c, true);
    }
    if (rc == WAVU_ERR_NOT_FOUND || (rc == 0 && !is_same)) {
        courier_store_put(c, TABLE_SELF, span_from_text("m"), member);
        rc = c->err;
    }
    buf_clear(&value);
    return rc;
}

int courier_store_load(struct courier *c)
{
    int rc = load_lasting(c);
    rc = rc < 0 ? rc : load_restoring(c);
    rc = rc < 0 ? rc : load_member(c);
    rc = rc < 0 ? rc : load_prekeys(c);
    rc = rc < 0 ? rc : each(c, TABLE_PEER, ENVELOPE_DEVICE_SIZE + 1, take_peer);
    rc = rc < 0 ? rc : each(c, TABLE_ROW, 8, take_row);
    rc = rc < 0 ? rc : each(c, TABLE_TAG, ENVELOPE_TAG_SIZE, take_tag);
    rc = rc < 0 ? rc : each(c, TABLE_MAIL, ENVELOPE_NAME_SIZE, take_mail);
    rc = rc < 0 ? rc : each(c, TABLE_DONE, 8, take_done);
    rc = rc < 0 ? rc : each(c, TABLE_SEEN, 8, take_seen);
    if (rc == 0) {
        mailbox_row_settle(&c->mailbox, courier_core_now(c));
        seen_settle(&c->seen);
    }
    return rc;
}
