/*
 * The dialler's key share (X25519 and ML-KEM, the hybrid handshake's first message) as it goes
 * along with the proposal of its protocol, before anybody agreed to it: in two tokens of
 * multistream-select. Who speaks the hybrid reads them as the message; who does not reads two more
 * proposals, refuses them, and waits for another. Source: docs/protocol/hybrid.md; the name is that
 * of RFC 8446 4.2.8, where TLS does the same.
 */
#ifndef NET_KEY_SHARE_MSG_H
#define NET_KEY_SHARE_MSG_H

#include "crypto/noise.h"
#include "wavu/err.h"

#define KEY_SHARE_MSG_TOKENS 2
#define KEY_SHARE_MSG_PART (NOISE_HYBRID_FIRST / KEY_SHARE_MSG_TOKENS) /* 608 bytes a token */
#define KEY_SHARE_MSG_TEXT ((KEY_SHARE_MSG_PART * 4 + 2) / 3)          /* in base64url: 811 */
#define KEY_SHARE_MSG_TOKEN_SIZE (2 + 1 + KEY_SHARE_MSG_TEXT + 1)      /* length / text newline */
#define KEY_SHARE_MSG_SIZE ((size_t)KEY_SHARE_MSG_TOKENS * KEY_SHARE_MSG_TOKEN_SIZE) /* 1,630 */

/** The tokens in which `first` travels. */
void key_share_msg_encode(uint8_t out[KEY_SHARE_MSG_SIZE], const uint8_t first[NOISE_HYBRID_FIRST]);

/** What travels in the tokens. WAVU_ERR_PROTO when they are not exactly what key_share_msg_encode
 * makes. */
WARN_UNUSED int key_share_msg_decode(uint8_t first[NOISE_HYBRID_FIRST],
                                     const uint8_t in[KEY_SHARE_MSG_SIZE]);

#endif
