/*
 * Ids and addresses between their two forms: bytes on the control socket, text in wavu/p2p.h.
 */
#ifndef APPS_P2PD_P2PD_FORM_H
#define APPS_P2PD_P2PD_FORM_H

#include "base/multiaddr.h"
#include "base/span.h"
#include "wavu/node.h"

#define P2PD_FORM_PEER_MAX 64 /* bytes of an id */

struct p2pd_form_peer {
    uint8_t bytes[P2PD_FORM_PEER_MAX];
    size_t len;
};

/** WAVU_ERR_INVALID when it is longer than any id or empty. */
WARN_UNUSED int p2pd_form_text(struct span id, char out[WAVU_PEER_TEXT_MAX]);

/** The bytes of an id that the node said. */
void p2pd_form_bytes(const char *text, struct p2pd_form_peer *out);

/** The bytes of an address that the node said, without a peer id behind it. False: it has none. */
WARN_UNUSED bool p2pd_form_address(const char *text, struct multiaddr *out);

/** Text of one protocol's name. WAVU_ERR_INVALID when it does not fit or is no text. */
WARN_UNUSED int p2pd_form_name(struct span name, char *out, size_t size);

#endif
