/*
 * Few rows, written whole: what is near to us is what a start needs.
 */
#include "discovery/kad_keep.h"

#include "base/check.h"

_Static_assert(KAD_KEEP_SIZE_MAX >= 1 + KAD_KEEP_ADDRESSES_MAX * (2 + MULTIADDR_SIZE_MAX),
               "a row holds its addresses");

/* ---- Writing ---- */

/* The value of a row; empty: there is nothing to dial. */
static struct span kad_keep_row(uint8_t room[KAD_KEEP_SIZE_MAX], const struct swarm *swarm,
                                const struct peerid *peer)
{
    struct peerbook_address known[KAD_KEEP_ADDRESSES_MAX];
    size_t count = peerbook_addresses(&swarm->peerbook, peer, known, KAD_KEEP_ADDRESSES_MAX);
    struct wr w;
    wr_init(&w, span_mut_of(room, KAD_KEEP_SIZE_MAX));
    wr_u8(&w, KAD_KEEP_VERSION);
    for (size_t i = 0; i < count; i++) {
        wr_prefixed(&w, multiaddr_span(&known[i].address));
    }
    CHECK(wr_finish(&w) == 0);
    return count == 0 ? span_empty() : wr_span(&w);
}

int kad_keep_write(struct store *store, const struct kad_table *table, const struct swarm *swarm)
{
    const struct kad_entry *near[KAD_KEEP_PEERS_MAX];
    uint8_t room[KAD_KEEP_SIZE_MAX];
    if (store == NULL) {
        return 0;
    }
    size_t count = kad_table_nearest(table, &table->self, NULL, near, KAD_KEEP_PEERS_MAX);
    int rc = count == 0 ? 0 : store_delete_prefix(store, KAD_KEEP_ROWS, span_empty());
    for (size_t i = 0; i < count && rc == 0; i++) {
        struct span row = kad_keep_row(room, swarm, &near[i]->id);
        if (row.len > 0) {
            rc = store_put(store, KAD_KEEP_ROWS, peerid_span(&near[i]->id), row);
        }
    }
    return rc;
}

/* ---- Reading ---- */

/* Take one row. WAVU_ERR_CORRUPT, _UNSUPPORTED. */
static int kad_keep_take(struct swarm *swarm, struct span key, struct span value, struct peerid *id)
{
    struct multiaddr addresses[KAD_KEEP_ADDRESSES_MAX];
    size_t count = 0;
    struct rd r;
    rd_init(&r, value);
    if (rd_u8(&r) > KAD_KEEP_VERSION) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (peerid_decode(id, key) < 0) {
        return WAVU_ERR_CORRUPT;
    }
    while (rd_left(&r) > 0) {
        if (count == KAD_KEEP_ADDRESSES_MAX ||
            multiaddr_decode(&addresses[count++], rd_prefixed(&r, MULTIADDR_SIZE_MAX)) < 0) {
            return WAVU_ERR_CORRUPT;
        }
    }
    for (size_t i = 0; i < count; i++) {
        int rc = peerbook_add_address(&swarm->peerbook, id, &addresses[i], PEERBOOK_HEARSAY,
                                      swarm->turn->now_ns);
        (void)rc; /* better known addresses fill the entry */
    }
    return count > 0 ? 0 : WAVU_ERR_CORRUPT;
}

size_t kad_keep_read(struct store *store, struct swarm *swarm, struct peerid *out, size_t max)
{
    struct buf key;
    struct buf value;
    size_t count = 0;
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, KAD_KEEP_SIZE_MAX);
    int rc = store == NULL ? WAVU_ERR_NOT_FOUND : 0;
    while (rc == 0 && count < max) {
        rc = store_next(store, KAD_KEEP_ROWS, span_empty(), &key, &value);
        if (rc < 0) {
            break; /* behind the last; or it cannot be read, and the start is one without */
        }
        int err = kad_keep_take(swarm, buf_span(&key), buf_span(&value), &out[count]);
        count += err == 0 ? 1 : 0;
        if (err == WAVU_ERR_CORRUPT) {
            rc = store_delete(store, KAD_KEEP_ROWS, buf_span(&key));
        }
    }
    buf_clear(&key);
    buf_clear(&value);
    return count;
}
