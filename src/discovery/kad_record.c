/*
 * Validators by namespace.
 */
#include "discovery/kad_record.h"

#include "base/wr.h"
#include "crypto/signed_record.h"
#include "discovery/kad_box.h"
#include "discovery/kad_ipns.h"

#define SPACE_PK "pk"
#define SPACE_IPNS "ipns"
#define SPACE_PEER "wavu-peer"
#define SPACE_BOX "wavu-box"

_Static_assert(KAD_IPNS_SIZE_MAX <= KAD_MSG_VALUE_MAX, "an entry is a value");
_Static_assert(KAD_BOX_SIZE_MAX <= KAD_MSG_VALUE_MAX, "a box is a value");
_Static_assert(SIGNED_RECORD_SIZE_MAX <= KAD_MSG_VALUE_MAX, "a peer record is a value");
_Static_assert(1 + KAD_RECORD_SPACE_MAX + 1 + PEERID_SIZE_MAX <= KAD_MSG_KEY_MAX, "keys fit");

static int kad_record_check_pk(struct kad_record *r, struct span rest, uint64_t wall_ms)
{
    struct keys_public key;
    struct peerid id;
    (void)wall_ms;
    int rc = keys_public_decode(&key, r->value);
    if (rc == 0) {
        peerid_from_key(&id, r->value);
        rc = span_is_equal(peerid_span(&id), rest) ? 0 : WAVU_ERR_CRYPTO;
    }
    return rc;
}

static int kad_record_check_ipns(struct kad_record *r, struct span rest, uint64_t wall_ms)
{
    struct kad_ipns entry;
    struct peerid name;
    (void)wall_ms;
    if (peerid_decode(&name, rest) != 0) {
        return WAVU_ERR_PROTO;
    }
    int rc = kad_ipns_check(&entry, &name, r->value);
    if (rc == 0) {
        r->sequence = entry.sequence;
        r->end_ms = entry.end_ms;
    }
    return rc;
}

static int kad_record_check_peer(struct kad_record *r, struct span rest, uint64_t wall_ms)
{
    struct signed_record_peer record;
    (void)wall_ms;
    int rc = signed_record_open_peer(&record, r->value);
    if (rc == 0 && !span_is_equal(peerid_span(&record.peer), rest)) {
        rc = WAVU_ERR_CRYPTO;
    }
    r->sequence = record.seq;
    return rc;
}

static int kad_record_check_box(struct kad_record *r, struct span rest, uint64_t wall_ms)
{
    struct kad_box box;
    int rc = kad_box_check(&box, rest, r->value, wall_ms);
    if (rc == 0) {
        r->sequence = box.sequence;
        r->end_ms = box.end_ms;
    }
    return rc;
}

/* Those of /ipfs first. */
static const struct kad_validator kad_record_list[] = {
    {SPACE_PK, KEYS_PUBLIC_SIZE_MAX, kad_record_check_pk},
    {SPACE_IPNS, KAD_IPNS_SIZE_MAX, kad_record_check_ipns},
    {SPACE_PEER, SIGNED_RECORD_SIZE_MAX, kad_record_check_peer},
    {SPACE_BOX, KAD_BOX_SIZE_MAX, kad_record_check_box},
};

const struct kad_validators kad_record_ipfs = {kad_record_list, 2};
const struct kad_validators kad_record_wavu = {kad_record_list, 4};

/* The validator of `key`, and what stands behind the namespace; NULL: none. */
static const struct kad_validator *kad_record_find(const struct kad_validators *table,
                                                   struct span key, struct span *rest)
{
    if (key.len == 0 || key.ptr[0] != '/') {
        return NULL;
    }
    size_t end = span_find(key, 1, '/');
    struct span space = span_slice(key, 1, end - 1);
    for (size_t i = 0; end < key.len && i < table->count; i++) {
        if (span_is_equal(space, span_from_text(table->list[i].space))) {
            *rest = span_slice(key, end + 1, key.len);
            return &table->list[i];
        }
    }
    return NULL;
}

int kad_record_check(const struct kad_validators *table, struct kad_record *r, struct span key,
                     struct span value, uint64_t wall_ms)
{
    struct kad_record read = {.key = key, .value = value, .end_ms = KAD_RECORD_NO_END};
    struct span rest = span_empty();
    if (key.len > KAD_MSG_KEY_MAX) {
        return WAVU_ERR_LIMIT;
    }
    const struct kad_validator *v = kad_record_find(table, key, &rest);
    if (v == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (rest.len == 0 || value.len == 0) {
        return WAVU_ERR_PROTO;
    }
    if (value.len > v->value_max) {
        return WAVU_ERR_LIMIT;
    }
    int rc = v->check(&read, rest, wall_ms);
    if (rc == 0 && wall_ms != 0 && read.end_ms <= wall_ms) {
        rc = WAVU_ERR_CLOSED;
    }
    if (rc == 0) {
        *r = read;
    }
    return rc;
}

int kad_record_compare(const struct kad_record *a, const struct kad_record *b)
{
    if (a->sequence != b->sequence) {
        return a->sequence > b->sequence ? 1 : -1;
    }
    if (a->end_ms != b->end_ms) {
        return a->end_ms > b->end_ms ? 1 : -1;
    }
    return 0;
}

static void kad_record_key(struct wr *w, const char *space, const struct peerid *peer)
{
    wr_u8(w, '/');
    wr_text(w, space);
    wr_u8(w, '/');
    wr_bytes(w, peerid_span(peer));
}

void kad_record_key_pk(struct wr *w, const struct peerid *peer)
{
    kad_record_key(w, SPACE_PK, peer);
}

void kad_record_key_ipns(struct wr *w, const struct peerid *peer)
{
    kad_record_key(w, SPACE_IPNS, peer);
}

void kad_record_key_peer(struct wr *w, const struct peerid *peer)
{
    kad_record_key(w, SPACE_PEER, peer);
}
