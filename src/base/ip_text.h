/*
 * Texts of IP addresses and decimal numbers, without the operating system: strict on the way in,
 * one canonical form on the way out. Source: RFC 4291 2.2, RFC 5952, RFC 6943 3.1.1 (no octal, no
 * short forms).
 */
#ifndef BASE_IP_TEXT_H
#define BASE_IP_TEXT_H

#include "base/wr.h"

/** Read all of `text` as a decimal number <= `max`, without sign or leading zeros.
 * WAVU_ERR_INVALID. */
WARN_UNUSED int ip_text_parse_decimal(struct span text, uint64_t max, uint64_t *out);

/** Read dotted-quad text: four numbers, none with leading zeros. WAVU_ERR_INVALID, `out` zeroed. */
WARN_UNUSED int ip_text_parse_ip4(struct span text, uint8_t out[4]);

/** Read IPv6 text in any form of RFC 4291 2.2, without zone or brackets. WAVU_ERR_INVALID, `out`
 * zeroed. */
WARN_UNUSED int ip_text_parse_ip6(struct span text, uint8_t out[16]);

void ip_text_write_ip4(struct wr *w, const uint8_t ip[4]);

/** Write as RFC 5952 says; v4-mapped addresses end in a dotted quad (its section 5). */
void ip_text_write_ip6(struct wr *w, const uint8_t ip[16]);

#endif
