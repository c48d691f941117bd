/*
 * Codec of the membership log. A field that stands twice is refused, and one of another wire type
 * than ours; unknown fields are skipped.
 */
#include "members/members_msg.h"

#include <string.h>

#include "base/pb.h"
#include "crypto/network_key.h"

_Static_assert(MEMBERS_MSG_NAME_MAX == NETWORK_KEY_NAME_MAX, "names are those of networks");

const char members_msg_label_genesis[] = "wavu members genesis 1";
const char members_msg_label_operation[] = "wavu members operation 1";

enum signed_field { SIGNED_BODY = 1, SIGNED_SIGNATURE = 2 };
enum genesis_field {
    GENESIS_FORMAT = 1,
    GENESIS_NAME = 2,
    GENESIS_POLICY = 3,
    GENESIS_ROOT = 4,
    GENESIS_NONCE = 5
};
enum field {
    FIELD_FORMAT = 1,
    FIELD_NETWORK = 2,
    FIELD_KIND = 3,
    FIELD_CRITICAL = 4,
    FIELD_MEMBER = 5,
    FIELD_AUTHOR = 6,
    FIELD_GRANT = 7,
    FIELD_JOIN = 8,
    FIELD_SEQUENCE = 9,
    FIELD_PREVIOUS = 10,
    FIELD_PARENT = 11,
    FIELD_CONTENT = 12
};
enum cut_field { CUT_SEQUENCE = 1, CUT_ID = 2 };
enum content_field { CONTENT_SALT = 15 }; /* the same in each kind that has one */

/* A message being read: which of the fields 1 to 31 stood there, and whether one was wrong. */
struct reading {
    struct pb pb;
    struct pb_field f;
    uint32_t seen;
    bool is_bad;
};

static void begin(struct reading *r, struct span bytes)
{
    memset(r, 0, sizeof *r);
    pb_init(&r->pb, bytes);
}

/* The field is to stand once and to be of this wire type; any length for bytes when len is 0. */
static bool is_once(struct reading *r, enum pb_wire wire, size_t len)
{
    uint32_t bit = UINT32_C(1) << (r->f.number & 31);
    if ((r->seen & bit) != 0 || r->f.wire != wire || (len > 0 && r->f.bytes.len != len)) {
        r->is_bad = true;
        return false;
    }
    r->seen |= bit;
    return true;
}

static void take_number(struct reading *r, uint64_t *out)
{
    if (is_once(r, PB_VARINT, 0)) {
        *out = r->f.value;
    }
}

static void take_bool(struct reading *r, bool *out)
{
    if (is_once(r, PB_VARINT, 0)) {
        r->is_bad = r->is_bad || r->f.value > 1;
        *out = r->f.value == 1;
    }
}

static void take_bytes(struct reading *r, struct span *out, size_t len)
{
    if (is_once(r, PB_BYTES, len)) {
        *out = r->f.bytes;
    }
}

static int end(const struct reading *r)
{
    return pb_finish(&r->pb) == 0 && !r->is_bad ? 0 : WAVU_ERR_PROTO;
}

static int read_signed(struct span *body, struct span *signature, struct span bytes)
{
    struct reading r;
    begin(&r, bytes);
    *body = span_empty();
    *signature = span_empty();
    while (pb_next(&r.pb, &r.f)) {
        if (r.f.number == SIGNED_BODY) {
            take_bytes(&r, body, 0);
        } else if (r.f.number == SIGNED_SIGNATURE) {
            take_bytes(&r, signature, SIGNER_SIZE);
        } else {
            r.is_bad = true; /* nothing stands outside what is signed */
        }
    }
    return end(&r) == 0 && body->len > 0 && signature->len > 0 ? 0 : WAVU_ERR_PROTO;
}

int members_msg_decode_genesis(struct members_msg_genesis *g, struct span bytes)
{
    struct reading r;
    memset(g, 0, sizeof *g);
    if (bytes.len > MEMBERS_MSG_GENESIS_MAX || read_signed(&g->body, &g->signature, bytes) < 0) {
        return WAVU_ERR_PROTO;
    }
    begin(&r, g->body);
    while (pb_next(&r.pb, &r.f)) {
        if (r.f.number == GENESIS_FORMAT) {
            take_number(&r, &g->format);
        } else if (r.f.number == GENESIS_NAME) {
            take_bytes(&r, &g->name, 0);
        } else if (r.f.number == GENESIS_POLICY) {
            take_number(&r, &g->policy);
        } else if (r.f.number == GENESIS_ROOT) {
            take_bytes(&r, &g->root, MEMBERS_MSG_KEY_SIZE);
        } else if (r.f.number == GENESIS_NONCE) {
            take_bytes(&r, &g->nonce, MEMBERS_MSG_NONCE_SIZE);
        }
    }
    if (pb_finish(&r.pb) == 0 && g->format > MEMBERS_MSG_FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (end(&r) < 0 || g->format != MEMBERS_MSG_FORMAT || !network_key_is_name(g->name) ||
        g->root.len == 0 || g->nonce.len == 0 || g->policy == 0) {
        return WAVU_ERR_PROTO;
    }
    return g->policy <= MEMBERS_MSG_OPEN ? 0 : WAVU_ERR_UNSUPPORTED;
}

static int read_cut(struct members_msg *m, struct span bytes)
{
    struct members_msg_cut cut = {0, {NULL, 0}};
    struct reading r;
    begin(&r, bytes);
    while (pb_next(&r.pb, &r.f)) {
        if (r.f.number == CUT_SEQUENCE) {
            take_number(&r, &cut.sequence);
        } else if (r.f.number == CUT_ID) {
            take_bytes(&r, &cut.id, MEMBERS_MSG_ID_SIZE);
        }
    }
    if (end(&r) < 0 || cut.sequence == 0 || cut.id.len == 0) {
        return WAVU_ERR_PROTO;
    }
    if (m->cut_count == MEMBERS_MSG_CUTS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    m->cuts[m->cut_count++] = cut;
    return 0;
}

bool members_msg_has_salt(uint64_t kind)
{
    return kind == MEMBERS_MSG_REMOVE || kind == MEMBERS_MSG_REVOKE || kind == MEMBERS_MSG_SUCCEED;
}

/* REMOVE, REVOKE, COSIGN: what they are against, and the cuts. */
static int read_target(struct members_msg *m)
{
    const uint32_t cut_field = m->kind == MEMBERS_MSG_REVOKE ? 3 : 2;
    struct reading r;
    begin(&r, m->content);
    while (pb_next(&r.pb, &r.f)) {
        if (r.f.number == 1) {
            take_bytes(&r, &m->target, MEMBERS_MSG_ID_SIZE);
        } else if (r.f.number == 2 && m->kind == MEMBERS_MSG_REVOKE) {
            take_bool(&r, &m->is_subtree);
        } else if (r.f.number == CONTENT_SALT && members_msg_has_salt(m->kind)) {
            take_bytes(&r, &m->salt, MEMBERS_MSG_SALT_SIZE);
        } else if (r.f.number == cut_field && m->kind != MEMBERS_MSG_COSIGN) {
            int rc = r.f.wire == PB_BYTES ? read_cut(m, r.f.bytes) : WAVU_ERR_PROTO;
            if (rc < 0) {
                return rc;
            }
        }
    }
    bool is_whole = m->target.len > 0 && (m->kind != MEMBERS_MSG_REMOVE || m->cut_count <= 1) &&
                    (m->salt.len > 0 || !members_msg_has_salt(m->kind));
    return end(&r) == 0 && is_whole ? 0 : WAVU_ERR_PROTO;
}

/* INVITE, DEVICE, SUCCEED: a key, and its consent. */
static int read_key(struct members_msg *m)
{
    bool has_consent = m->kind != MEMBERS_MSG_INVITE;
    struct reading r;
    begin(&r, m->content);
    while (pb_next(&r.pb, &r.f)) {
        if (r.f.number == 1) {
            take_bytes(&r, &m->key, MEMBERS_MSG_KEY_SIZE);
        } else if (r.f.number == 2 && has_consent) {
            take_bytes(&r, &m->consent, SIGNER_SIZE);
        } else if (r.f.number == 2) {
            take_bool(&r, &m->is_by_door);
        } else if (r.f.number == 3 && m->kind == MEMBERS_MSG_DEVICE) {
            take_bytes(&r, &m->leaf, MEMBERS_MSG_LEAF_SIZE);
        } else if (r.f.number == CONTENT_SALT && members_msg_has_salt(m->kind)) {
            take_bytes(&r, &m->salt, MEMBERS_MSG_SALT_SIZE);
        }
    }
    bool is_whole = m->key.len > 0 && (!has_consent || m->consent.len > 0) &&
                    (m->salt.len > 0 || !members_msg_has_salt(m->kind));
    return end(&r) == 0 && is_whole ? 0 : WAVU_ERR_PROTO;
}

/* LEAVE: cuts. */
static int read_cuts(struct members_msg *m)
{
    struct reading r;
    begin(&r, m->content);
    while (pb_next(&r.pb, &r.f)) {
        if (r.f.number == 1) {
            int rc = r.f.wire == PB_BYTES ? read_cut(m, r.f.bytes) : WAVU_ERR_PROTO;
            if (rc < 0) {
                return rc;
            }
        }
    }
    return end(&r);
}

static int read_nothing(struct members_msg *m)
{
    struct reading r;
    begin(&r, m->content);
    while (pb_next(&r.pb, &r.f)) {
        continue;
    }
    return end(&r);
}

static int read_content(struct members_msg *m)
{
    m->is_known = m->format == MEMBERS_MSG_FORMAT && m->kind <= MEMBERS_MSG_LEAVE;
    if (!m->is_known) {
        return 0;
    }
    switch ((enum members_msg_kind)m->kind) {
    case MEMBERS_MSG_INVITE:
    case MEMBERS_MSG_DEVICE:
    case MEMBERS_MSG_SUCCEED:
        return read_key(m);
    case MEMBERS_MSG_REMOVE:
    case MEMBERS_MSG_REVOKE:
    case MEMBERS_MSG_COSIGN:
        return read_target(m);
    case MEMBERS_MSG_JOIN:
    case MEMBERS_MSG_MERGE:
        return read_nothing(m);
    case MEMBERS_MSG_LEAVE:
        return read_cuts(m);
    }
    return WAVU_ERR_PROTO;
}

static void take_field(struct members_msg *m, struct reading *r)
{
    switch (r->f.number) {
    case FIELD_FORMAT:
        take_number(r, &m->format);
        return;
    case FIELD_NETWORK:
        take_bytes(r, &m->network, MEMBERS_MSG_ID_SIZE);
        return;
    case FIELD_KIND:
        take_number(r, &m->kind);
        return;
    case FIELD_CRITICAL:
        take_bool(r, &m->is_critical);
        return;
    case FIELD_MEMBER:
        take_bytes(r, &m->member, MEMBERS_MSG_ID_SIZE);
        return;
    case FIELD_AUTHOR:
        take_bytes(r, &m->author, MEMBERS_MSG_KEY_SIZE);
        return;
    case FIELD_GRANT:
        take_bytes(r, &m->grant, MEMBERS_MSG_ID_SIZE);
        return;
    case FIELD_JOIN:
        take_bytes(r, &m->join, MEMBERS_MSG_ID_SIZE);
        return;
    case FIELD_SEQUENCE:
        take_number(r, &m->sequence);
        return;
    case FIELD_PREVIOUS:
        take_bytes(r, &m->previous, MEMBERS_MSG_ID_SIZE);
        return;
    case FIELD_CONTENT:
        take_bytes(r, &m->content, 0);
        return;
    default:
        return;
    }
}

static int take_parent(struct members_msg *m, const struct pb_field *f)
{
    if (f->wire != PB_BYTES || f->bytes.len != MEMBERS_MSG_ID_SIZE) {
        return WAVU_ERR_PROTO;
    }
    if (m->parent_count == MEMBERS_MSG_PARENTS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    m->parents[m->parent_count++] = f->bytes;
    return 0;
}

int members_msg_decode(struct members_msg *m, struct span bytes)
{
    struct reading r;
    memset(m, 0, sizeof *m);
    if (bytes.len > MEMBERS_MSG_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (read_signed(&m->body, &m->signature, bytes) < 0) {
        return WAVU_ERR_PROTO;
    }
    begin(&r, m->body);
    while (pb_next(&r.pb, &r.f)) {
        int rc = 0;
        if (r.f.number == FIELD_PARENT) {
            rc = take_parent(m, &r.f);
        } else {
            take_field(m, &r);
        }
        if (rc < 0) {
            return rc;
        }
    }
    bool is_whole = m->format > 0 && m->kind > 0 && m->network.len > 0 && m->member.len > 0 &&
                    m->author.len > 0 && m->sequence > 0 &&
                    (m->sequence == 1) == (m->previous.len == 0);
    if (end(&r) < 0 || !is_whole) {
        return WAVU_ERR_PROTO;
    }
    return read_content(m);
}

void members_msg_encode_genesis_body(struct wr *w, const struct members_msg_genesis *g)
{
    pb_write_varint(w, GENESIS_FORMAT, g->format);
    pb_write_bytes(w, GENESIS_NAME, g->name);
    pb_write_varint(w, GENESIS_POLICY, g->policy);
    pb_write_bytes(w, GENESIS_ROOT, g->root);
    pb_write_bytes(w, GENESIS_NONCE, g->nonce);
}

static void write_content(struct wr *w, const struct members_msg *m)
{
    uint8_t room[2 + 2 * 11 + MEMBERS_MSG_ID_SIZE];
    const uint32_t cut_field = m->kind == MEMBERS_MSG_LEAVE    ? 1
                               : m->kind == MEMBERS_MSG_REVOKE ? 3
                                                               : 2;
    if (m->key.len > 0) {
        pb_write_bytes(w, 1, m->key);
    }
    if (m->consent.len > 0) {
        pb_write_bytes(w, 2, m->consent);
    }
    if (m->leaf.len > 0) {
        pb_write_bytes(w, 3, m->leaf);
    }
    if (m->target.len > 0) {
        pb_write_bytes(w, 1, m->target);
    }
    if (m->is_subtree || m->is_by_door) {
        pb_write_bool(w, 2, true);
    }
    for (size_t i = 0; i < m->cut_count; i++) {
        struct wr cut;
        wr_init(&cut, span_mut_of(room, sizeof room));
        pb_write_varint(&cut, CUT_SEQUENCE, m->cuts[i].sequence);
        pb_write_bytes(&cut, CUT_ID, m->cuts[i].id);
        pb_write_bytes(w, cut_field, wr_span(&cut));
    }
    if (m->salt.len > 0) {
        pb_write_bytes(w, CONTENT_SALT, m->salt);
    }
}

static void write_optional(struct wr *w, uint32_t number, struct span s)
{
    if (s.len > 0) {
        pb_write_bytes(w, number, s);
    }
}

void members_msg_encode_body(struct wr *w, const struct members_msg *m)
{
    uint8_t room[MEMBERS_MSG_SIZE_MAX];
    struct wr content;
    pb_write_varint(w, FIELD_FORMAT, m->format);
    pb_write_bytes(w, FIELD_NETWORK, m->network);
    pb_write_varint(w, FIELD_KIND, m->kind);
    if (m->is_critical) {
        pb_write_bool(w, FIELD_CRITICAL, true);
    }
    pb_write_bytes(w, FIELD_MEMBER, m->member);
    pb_write_bytes(w, FIELD_AUTHOR, m->author);
    write_optional(w, FIELD_GRANT, m->grant);
    write_optional(w, FIELD_JOIN, m->join);
    pb_write_varint(w, FIELD_SEQUENCE, m->sequence);
    write_optional(w, FIELD_PREVIOUS, m->previous);
    for (size_t i = 0; i < m->parent_count; i++) {
        pb_write_bytes(w, FIELD_PARENT, m->parents[i]);
    }
    if (!m->is_known) {
        write_optional(w, FIELD_CONTENT, m->content);
        return;
    }
    wr_init(&content, span_mut_of(room, sizeof room));
    write_content(&content, m);
    write_optional(w, FIELD_CONTENT, wr_span(&content));
}

void members_msg_encode_signed(struct wr *w, struct span body, struct span signature)
{
    pb_write_bytes(w, SIGNED_BODY, body);
    pb_write_bytes(w, SIGNED_SIGNATURE, signature);
}
