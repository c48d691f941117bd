/*
 * Frames of `/wavu/members/1`. Source: docs/protocol/network.md, network.proto.
 */
#include "group/network_msg.h"

#include <string.h>

#include "base/check.h"
#include "base/varint.h"

enum { PROVE_FORMAT = 1, PROVE_TAG = 2 };
enum { GUEST_FORMAT = 1, GUEST_ROOT = 2, GUEST_CERTIFICATE = 3, GUEST_OPEN = 4, GUEST_NETWORK = 5 };
enum { HEADS_HEAD = 1, HEADS_STATE = 2, HEADS_GENESIS = 3 };
enum { OPS_OPERATION = 1 };
enum { REFUSED_REASON = 1, REFUSED_FORMAT = 2 };

int network_msg_frame(struct span in, unsigned *kind, struct span *body, size_t *used)
{
    uint64_t len = 0;
    size_t head = 0;
    int rc = varint_decode(in, &len, &head);

    if (rc < 0) {
        return rc;
    }
    if (len > NETWORK_MSG_BODY_MAX + 1) {
        return WAVU_ERR_LIMIT;
    }
    if (len == 0) {
        return WAVU_ERR_PROTO;
    }
    if (in.len - head < len) {
        return WAVU_ERR_AGAIN;
    }
    *kind = in.ptr[head];
    *body = span_slice(in, head + 1, (size_t)len - 1);
    *used = head + (size_t)len;
    return 0;
}

/* ---- Reading ---- */

/* The bytes of a field of fixed size, or NULL. */
static const uint8_t *fixed(const struct pb_field *f, size_t size)
{
    return f->wire == PB_BYTES && f->bytes.len == size ? f->bytes.ptr : NULL;
}

/* Take a field that must be of that size and come once. */
static int take(const uint8_t **out, const struct pb_field *f, size_t size)
{
    const uint8_t *bytes = fixed(f, size);

    if (bytes == NULL || *out != NULL) {
        return WAVU_ERR_PROTO;
    }
    *out = bytes;
    return 0;
}

static int take_tag(struct network_msg *m, const struct pb_field *f)
{
    const uint8_t *tag = fixed(f, NETWORK_MSG_TAG_SIZE);

    if (tag == NULL) {
        return WAVU_ERR_PROTO;
    }
    if (m->tag_count == NETWORK_MSG_TAGS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    m->tags[m->tag_count++] = tag;
    return 0;
}

static int check_format(uint64_t format)
{
    return format == NETWORK_MSG_FORMAT ? 0 : WAVU_ERR_UNSUPPORTED;
}

static int read_prove(struct network_msg *m, struct span body)
{
    struct pb p;
    struct pb_field f;
    uint64_t format = 0;
    int rc = 0;

    pb_init(&p, body);
    while (rc == 0 && pb_next(&p, &f)) {
        if (f.number == PROVE_FORMAT && f.wire == PB_VARINT) {
            format = f.value;
        } else if (f.number == PROVE_TAG) {
            rc = take_tag(m, &f);
        }
    }
    rc = rc == 0 ? pb_finish(&p) : rc;
    rc = rc == 0 ? check_format(format) : rc;
    return rc == 0 && m->tag_count == 0 ? WAVU_ERR_PROTO : rc;
}

static int read_guest(struct network_msg *m, struct span body)
{
    struct pb p;
    struct pb_field f;
    uint64_t format = 0;
    int rc = 0;

    pb_init(&p, body);
    while (rc == 0 && pb_next(&p, &f)) {
        if (f.number == GUEST_FORMAT && f.wire == PB_VARINT) {
            format = f.value;
        } else if (f.number == GUEST_ROOT) {
            rc = take(&m->root, &f, NETWORK_MSG_ID_SIZE);
        } else if (f.number == GUEST_CERTIFICATE) {
            rc = take(&m->certificate, &f, NETWORK_MSG_CERTIFICATE_SIZE);
        } else if (f.number == GUEST_OPEN && f.wire == PB_VARINT) {
            m->is_open = f.value != 0;
        } else if (f.number == GUEST_NETWORK) {
            rc = take(&m->network, &f, NETWORK_MSG_ID_SIZE);
        }
    }
    rc = rc == 0 ? pb_finish(&p) : rc;
    rc = rc == 0 ? check_format(format) : rc;
    return rc == 0 && (m->root == NULL || m->certificate == NULL) ? WAVU_ERR_PROTO : rc;
}

static int read_heads(struct network_msg *m, struct span body, struct network_msg_room *room)
{
    struct pb p;
    struct pb_field f;
    size_t count = 0;
    int rc = 0;

    pb_init(&p, body);
    while (rc == 0 && pb_next(&p, &f)) {
        if (f.number == HEADS_HEAD) {
            const uint8_t *id = fixed(&f, NETWORK_MSG_ID_SIZE);

            rc = id == NULL ? WAVU_ERR_PROTO : 0;
            rc = rc == 0 && count == NETWORK_MSG_HEADS_MAX ? WAVU_ERR_LIMIT : rc;
            if (rc == 0) {
                memcpy(room->heads[count++], id, NETWORK_MSG_ID_SIZE);
            }
        } else if (f.number == HEADS_STATE) {
            rc = take(&m->state, &f, NETWORK_MSG_ID_SIZE);
        } else if (f.number == HEADS_GENESIS && f.wire == PB_BYTES) {
            m->genesis = f.bytes;
        }
    }
    m->heads = span_of(room->heads, count * NETWORK_MSG_ID_SIZE);
    return rc == 0 ? pb_finish(&p) : rc;
}

static int read_ops(struct network_msg *m, struct span body)
{
    struct pb p;
    struct pb_field f;
    bool is_good = true;

    pb_init(&p, body);
    while (is_good && pb_next(&p, &f)) {
        is_good = f.number != OPS_OPERATION || f.wire == PB_BYTES;
    }
    m->ops = body;
    return is_good ? pb_finish(&p) : WAVU_ERR_PROTO;
}

static int read_refused(struct network_msg *m, struct span body)
{
    struct pb p;
    struct pb_field f;

    pb_init(&p, body);
    while (pb_next(&p, &f)) {
        if (f.number == REFUSED_REASON && f.wire == PB_VARINT) {
            m->reason = f.value <= NETWORK_MSG_NOT_NOW ? (enum network_msg_reason)f.value
                                                       : NETWORK_MSG_UNSAID;
        } else if (f.number == REFUSED_FORMAT && f.wire == PB_VARINT) {
            m->format = f.value;
        }
    }
    return pb_finish(&p);
}

int network_msg_read(struct network_msg *m, unsigned kind, struct span body,
                     struct network_msg_room *room)
{
    *m = (struct network_msg){.kind = kind};
    switch (kind) {
    case NETWORK_MSG_PROVE:
        return read_prove(m, body);
    case NETWORK_MSG_GUEST:
        return read_guest(m, body);
    case NETWORK_MSG_HEADS:
        return read_heads(m, body, room);
    case NETWORK_MSG_OPS:
        return read_ops(m, body);
    case NETWORK_MSG_REFUSED:
        return read_refused(m, body);
    default: /* DONE has nothing to say, a newer kind nothing that we know */
        return 0;
    }
}

bool network_msg_next_op(const struct network_msg *m, size_t *at, struct span *op)
{
    struct pb p;
    struct pb_field f;

    pb_init(&p, span_slice(m->ops, *at, m->ops.len - *at));
    while (pb_next(&p, &f)) {
        if (f.number == OPS_OPERATION) {
            *at += p.rd.at;
            *op = f.bytes;
            return true;
        }
    }
    return false;
}

/* ---- Writing ---- */

static size_t heads_size(const struct network_msg *m)
{
    size_t count = m->heads.len / NETWORK_MSG_ID_SIZE;
    size_t size = count * pb_bytes_size(HEADS_HEAD, NETWORK_MSG_ID_SIZE);

    size += m->state != NULL ? pb_bytes_size(HEADS_STATE, NETWORK_MSG_ID_SIZE) : 0;
    return size + (m->genesis.len > 0 ? pb_bytes_size(HEADS_GENESIS, m->genesis.len) : 0);
}

static void write_head(struct wr *w, unsigned kind, size_t len)
{
    CHECK(len <= NETWORK_MSG_BODY_MAX);
    wr_varint(w, len + 1);
    wr_u8(w, (uint8_t)kind);
}

static void write_heads(struct wr *w, const struct network_msg *m)
{
    for (size_t at = 0; at < m->heads.len; at += NETWORK_MSG_ID_SIZE) {
        pb_write_bytes(w, HEADS_HEAD, span_slice(m->heads, at, NETWORK_MSG_ID_SIZE));
    }
    if (m->state != NULL) {
        pb_write_bytes(w, HEADS_STATE, span_of(m->state, NETWORK_MSG_ID_SIZE));
    }
    if (m->genesis.len > 0) {
        pb_write_bytes(w, HEADS_GENESIS, m->genesis);
    }
}

/* A short body: PROVE, GUEST, REFUSED. */
static void write_short(struct wr *w, const struct network_msg *m)
{
    uint8_t body[NETWORK_MSG_TAGS_MAX * (NETWORK_MSG_TAG_SIZE + 2) + 32];
    struct wr in;

    wr_init(&in, span_mut_of(body, sizeof body));
    if (m->kind == NETWORK_MSG_PROVE) {
        pb_write_varint(&in, PROVE_FORMAT, NETWORK_MSG_FORMAT);
        for (size_t i = 0; i < m->tag_count; i++) {
            pb_write_bytes(&in, PROVE_TAG, span_of(m->tags[i], NETWORK_MSG_TAG_SIZE));
        }
    } else if (m->kind == NETWORK_MSG_GUEST) {
        pb_write_varint(&in, GUEST_FORMAT, NETWORK_MSG_FORMAT);
        pb_write_bytes(&in, GUEST_ROOT, span_of(m->root, NETWORK_MSG_ID_SIZE));
        pb_write_bytes(&in, GUEST_CERTIFICATE,
                       span_of(m->certificate, NETWORK_MSG_CERTIFICATE_SIZE));
        if (m->is_open) {
            pb_write_varint(&in, GUEST_OPEN, 1);
        }
        if (m->network != NULL) {
            pb_write_bytes(&in, GUEST_NETWORK, span_of(m->network, NETWORK_MSG_ID_SIZE));
        }
    } else if (m->kind == NETWORK_MSG_REFUSED) {
        pb_write_varint(&in, REFUSED_REASON, (uint64_t)m->reason);
        pb_write_varint(&in, REFUSED_FORMAT, NETWORK_MSG_FORMAT);
    }
    CHECK(wr_finish(&in) == 0);
    write_head(w, m->kind, in.len);
    wr_bytes(w, wr_span(&in));
}

void network_msg_write(struct wr *w, const struct network_msg *m)
{
    CHECK(m->kind != NETWORK_MSG_OPS);
    if (m->kind == NETWORK_MSG_HEADS) {
        write_head(w, m->kind, heads_size(m));
        write_heads(w, m);
    } else {
        write_short(w, m);
    }
}

void network_msg_begin_ops(struct wr *w, size_t len)
{
    write_head(w, NETWORK_MSG_OPS, len);
}

size_t network_msg_op_size(struct span op)
{
    return pb_bytes_size(OPS_OPERATION, op.len);
}

void network_msg_write_op(struct wr *w, struct span op)
{
    pb_write_bytes(w, OPS_OPERATION, op);
}
