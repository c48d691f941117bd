/*
 * Who comes into a network by a code, because its key was invited, or into an open one by asking:
 * wishes of people about that, on either side. Part of networks.
 *
 * Source: docs/protocol/pairing.md.
 */
#ifndef GROUP_NETWORKS_PAIR_H
#define GROUP_NETWORKS_PAIR_H

#include "group/networks.h"

/** The person whose device this is; the seed is copied, and wiped at the end. Without it nothing is
 * founded or joined. */
void networks_pair_set_person(struct networks *n, const struct identity *person);

/** How the person is called in pairings: a name as name_check says, or empty. WAVU_ERR_INVALID. */
WARN_UNUSED int networks_pair_set_name(struct networks *n, struct span name);

/** Open a code for newcomers, for ten minutes; one at a time. WAVU_ERR_EXISTS, _DENIED,
 * _INVALID (our name may not be shown). The caller wipes `code`. */
WARN_UNUSED int networks_pair_open(struct networks_one *one, enum words_list list,
                                   struct code *code);
void networks_pair_close(struct networks *n);

/** The number of the open code, for the beacon; 0: none. */
uint16_t networks_pair_number(const struct networks *n);

/** Begin to join with a code that was typed, or scanned (`qr`): then networks_pair_try at whoever
 * may be the inviter. WAVU_ERR_EXISTS while another is tried, _DENIED without a person, _INVALID.
 */
WARN_UNUSED int networks_pair_join(struct networks *n, const struct code *code,
                                   const struct code_qr *qr);

/** Try the code at the peer of `conn`. WAVU_ERR_AGAIN while another try is under way, _NOT_FOUND
 * when no code is to be tried, _PEER_ID (it is not whom the QR names), _LIMIT (three tries). */
WARN_UNUSED int networks_pair_try(struct networks *n, struct conn *conn);

/** Whose key was invited asks the peer of `conn` for the log of the network that did so.
 * WAVU_ERR_DENIED without a person, _LIMIT, and as stream_open. */
WARN_UNUSED int networks_pair_ask(struct networks *n, struct conn *conn);

/** Ask the peer of `conn` to let us into that open network, or (NULL) whichever it has. As
 * networks_pair_ask. */
WARN_UNUSED int networks_pair_ask_open(struct networks *n, struct conn *conn,
                                       const uint8_t *network);

/** Whom we ask to be let in has had its time: NETWORKS_JOIN_FAILED with WAVU_ERR_TIMEOUT, and
 * nothing stays of what it gave, unless that is stored. */
void networks_pair_ask_end(struct networks *n);

/** Give up. */
void networks_pair_cancel(struct networks *n);

#endif
