/*
 * Values are written by an earlier life of this node, and may be of a newer version or, in a
 * stranger's home, anything.
 */
#include "node/wavu_keep_msg.h"

#include <string.h>

#include "base/rd.h"

#define WAVU_KEEP_MSG_LOST 1u /* the one flag of a view */

/* Read the version. */
static int wavu_keep_msg_begin(struct rd *r, struct span bytes)
{
    rd_init(r, bytes);
    uint8_t version = rd_u8(r);
    if (r->failed || version == 0) {
        return WAVU_ERR_CORRUPT;
    }
    return version > WAVU_KEEP_MSG_VERSION ? WAVU_ERR_UNSUPPORTED : 0;
}

static int wavu_keep_msg_end(const struct rd *r)
{
    return rd_finish(r) < 0 ? WAVU_ERR_CORRUPT : 0;
}

/* ---- Life ---- */

void wavu_keep_msg_put_life(struct wr *w, uint64_t generation)
{
    wr_u8(w, WAVU_KEEP_MSG_VERSION);
    wr_u64be(w, generation);
}

int wavu_keep_msg_get_life(struct span bytes, uint64_t *generation)
{
    struct rd r;
    int rc = wavu_keep_msg_begin(&r, bytes);
    if (rc < 0) {
        return rc;
    }
    uint64_t read = rd_u64be(&r);
    rc = wavu_keep_msg_end(&r);
    if (rc == 0) {
        *generation = read;
    }
    return rc;
}

/* ---- Peers ---- */

void wavu_keep_msg_put_peer(struct wr *w, const struct wavu_keep_msg_peer *peer)
{
    wr_u8(w, WAVU_KEEP_MSG_VERSION);
    for (size_t i = 0; i < peer->count; i++) {
        wr_u8(w, (uint8_t)peer->addresses[i].source);
        wr_prefixed(w, multiaddr_span(&peer->addresses[i].address));
    }
}

int wavu_keep_msg_get_peer(struct span bytes, struct wavu_keep_msg_peer *peer)
{
    struct rd r;
    struct wavu_keep_msg_peer read = {.count = 0};
    int rc = wavu_keep_msg_begin(&r, bytes);
    if (rc < 0) {
        return rc;
    }
    while (rd_left(&r) > 0 && !r.failed) {
        uint8_t source = rd_u8(&r);
        struct span address = rd_prefixed(&r, MULTIADDR_SIZE_MAX);
        if (r.failed || read.count == WAVU_KEEP_MSG_ADDRESSES_MAX || source > PEERBOOK_CONNECTED ||
            multiaddr_decode(&read.addresses[read.count].address, address) < 0) {
            return WAVU_ERR_CORRUPT;
        }
        read.addresses[read.count++].source = (enum peerbook_source)source;
    }
    rc = wavu_keep_msg_end(&r);
    if (rc == 0) {
        *peer = read;
    }
    return rc;
}

/* ---- Views ---- */

void wavu_keep_msg_put_view(struct wr *w, const struct wavu_keep_msg_view *view)
{
    wr_u8(w, WAVU_KEEP_MSG_VERSION);
    wr_u8(w, view->is_lost ? WAVU_KEEP_MSG_LOST : 0);
    wr_bytes(w, view->where);
}

int wavu_keep_msg_get_view(struct span bytes, struct wavu_keep_msg_view *view)
{
    struct rd r;
    int rc = wavu_keep_msg_begin(&r, bytes);
    if (rc < 0) {
        return rc;
    }
    uint8_t flags = rd_u8(&r);
    struct span where = rd_bytes(&r, rd_left(&r));
    rc = wavu_keep_msg_end(&r);
    if (rc < 0 || flags > WAVU_KEEP_MSG_LOST || where.len > VIEWS_MSG_WHERE_MAX) {
        return WAVU_ERR_CORRUPT;
    }
    *view = (struct wavu_keep_msg_view){.is_lost = flags == WAVU_KEEP_MSG_LOST, .where = where};
    return 0;
}

/* ---- Nicks ---- */

void wavu_keep_msg_put_nick(struct wr *w, struct span name)
{
    wr_u8(w, WAVU_KEEP_MSG_VERSION);
    wr_bytes(w, name);
}

int wavu_keep_msg_get_nick(struct span bytes, struct span *name)
{
    struct rd r;
    int rc = wavu_keep_msg_begin(&r, bytes);
    if (rc < 0) {
        return rc;
    }
    struct span read = rd_bytes(&r, rd_left(&r));
    if (name_check(read) != NAME_GOOD) {
        return WAVU_ERR_CORRUPT;
    }
    *name = read;
    return 0;
}

/* ---- Own state ---- */

void wavu_keep_msg_put_state(struct wr *w)
{
    wr_u8(w, WAVU_KEEP_MSG_VERSION);
}

int wavu_keep_msg_get_state(struct span bytes, struct span *saved)
{
    struct rd r;
    int rc = wavu_keep_msg_begin(&r, bytes);
    if (rc == 0) {
        *saved = rd_bytes(&r, rd_left(&r));
    }
    return rc;
}
