/*
 * The hybrid handshake's first message, as it goes along with the proposal of its protocol: in two
 * tokens of multistream-select. Who speaks the hybrid reads them as the message; who does not reads
 * two more proposals, refuses them, and waits for another. Source: docs/protocol/hybrid.md.
 */
#ifndef NET_CARRY_MSG_H
#define NET_CARRY_MSG_H

#include "crypto/noise.h"
#include "wavu/err.h"

#define CARRY_MSG_TOKENS 2
#define CARRY_MSG_PART (NOISE_HYBRID_FIRST / CARRY_MSG_TOKENS) /* bytes in one token: 608 */
#define CARRY_MSG_TEXT ((CARRY_MSG_PART * 4 + 2) / 3)          /* in base64url: 811 */
#define CARRY_MSG_TOKEN_SIZE (2 + 1 + CARRY_MSG_TEXT + 1)      /* length / text newline */
#define CARRY_MSG_SIZE ((size_t)CARRY_MSG_TOKENS * CARRY_MSG_TOKEN_SIZE) /* 1,630 */

/** The tokens that carry `first`. */
void carry_msg_encode(uint8_t out[CARRY_MSG_SIZE], const uint8_t first[NOISE_HYBRID_FIRST]);

/** What the tokens carry. WAVU_ERR_PROTO when they are not exactly what carry_msg_encode makes. */
WARN_UNUSED int carry_msg_decode(uint8_t first[NOISE_HYBRID_FIRST],
                                 const uint8_t in[CARRY_MSG_SIZE]);

#endif
