/*
 * Addresses as base/multiaddr.h reads them, with a port where there is none and an id behind them.
 */
#include "apps/rpc/peer_at.h"

#include <stdio.h>
#include <string.h>

#include "base/multiaddr.h"

#define PEER_AT_ID_MIN 46 /* characters of the shortest whole id */

static const char base58[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

bool peer_at_fits(const char *id, const char *part)
{
    size_t id_len = strlen(id);
    size_t len = strlen(part);
    return id_len >= len && (strncmp(id, part, len) == 0 || strcmp(id + id_len - len, part) == 0);
}

/* `host` as a multiaddr: as it is, or with the port that it lacks. */
static int peer_at_place(const char *host, struct multiaddr *out)
{
    char text[WAVU_ADDRESS_TEXT_MAX];
    int rc = multiaddr_parse_any(out, span_from_text(host));
    bool is_bare = host[0] != '/' && strlen(host) < sizeof text - 16;
    for (size_t i = 0; i < 2 && rc < 0 && is_bare; i++) {
        (void)snprintf(text, sizeof text, i == 0 ? "%s:%d" : "[%s]:%d", host, PEER_AT_PORT);
        rc = multiaddr_parse_any(out, span_from_text(text));
    }
    return rc < 0 ? WAVU_ERR_INVALID : 0;
}

/* Put the whole id `peer` behind the address. False when it is none, or another stands there. */
static bool peer_at_add(struct peer_at *out, const struct multiaddr *place, const char *peer)
{
    char text[WAVU_ADDRESS_TEXT_MAX + WAVU_PEER_TEXT_MAX + sizeof "/p2p/"];
    struct multiaddr_part named;
    struct multiaddr whole;
    if (multiaddr_find(place, MULTIADDR_P2P, &named)) {
        return false;
    }
    (void)snprintf(text, sizeof text, "%s/p2p/%s", out->address, peer);
    return multiaddr_parse(&whole, span_from_text(text)) == 0 &&
           multiaddr_format(&whole, out->address, sizeof out->address) == 0;
}

int peer_at_parse(const char *text, struct peer_at *out)
{
    struct multiaddr place;
    const char *at = text[0] == '/' ? NULL : strchr(text, '@');
    size_t len = at == NULL ? 0 : (size_t)(at - text);
    char peer[WAVU_PEER_TEXT_MAX] = "";
    *out = (struct peer_at){.address = ""};
    if (at != NULL &&
        (len < PEER_AT_PART_MIN || len >= sizeof peer || strspn(text, base58) < len)) {
        return WAVU_ERR_PEER_ID;
    }
    memcpy(peer, text, len);
    if (peer_at_place(at == NULL ? text : at + 1, &place) < 0 ||
        multiaddr_format(&place, out->address, sizeof out->address) < 0) {
        *out = (struct peer_at){.address = ""};
        return WAVU_ERR_INVALID;
    }
    if (len < PEER_AT_ID_MIN) {
        memcpy(out->part, peer, sizeof peer);
    } else if (!peer_at_add(out, &place, peer)) {
        *out = (struct peer_at){.address = ""};
        return WAVU_ERR_PEER_ID;
    }
    return 0;
}
