/*
 * The join code as a QR shows it: with the inviter's device key and addresses, so that nothing
 * needs typing. What was scanned or pasted comes in; a code and where to go leave.
 *
 * Source: docs/protocol/pairing.md, pairing.proto (JoinQr).
 */
#ifndef MEMBERS_CODE_QR_H
#define MEMBERS_CODE_QR_H

#include "base/multiaddr.h"
#include "members/code.h"
#include "members/qr_text.h"

#define CODE_QR_KEY_SIZE 32
#define CODE_QR_ADDRESSES_MAX 4             /* one a way in: LAN, IPv4, IPv6, relay */
#define CODE_QR_BYTES_MAX QR_TEXT_BYTES_MAX /* with the check */
#define CODE_QR_TEXT_MAX 840 /* with NUL: 12 characters, 8 for 5 bytes. A QR holds 4,296 */

struct code_qr {
    struct code code; /* secret: who sees the QR has it */
    uint8_t device[CODE_QR_KEY_SIZE];
    bool has_network;
    uint8_t network[CODE_QR_KEY_SIZE];
    size_t count;
    struct multiaddr addresses[CODE_QR_ADDRESSES_MAX];
};

/** Whether `text` begins as a QR's text does, of whatever version. */
bool code_qr_is(struct span text);

/** Append the text. The last addresses are left out where they do not fit CODE_QR_BYTES_MAX. */
void code_qr_write(struct wr *w, const struct code_qr *qr);

/** Read a text, in any case, blanks around it. WAVU_ERR_INVALID: not one, or damaged (cut,
 * mistyped); WAVU_ERR_UNSUPPORTED: of a newer wavu. Addresses of unknown kinds are left out. */
WARN_UNUSED int code_qr_parse(struct code_qr *qr, struct span text);

#endif
