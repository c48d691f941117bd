/*
 * Multiaddr: self-describing addresses as text and bytes. docs/protocol/multiaddr.md lists the
 * codes. Source: multiformats/multiaddr and libp2p's protocol table.
 *
 * A `struct multiaddr` owns its bytes inline (no heap), is comparable by bytes, and is always
 * valid: it is made only by the parsers here.
 */
#ifndef BASE_MULTIADDR_H
#define BASE_MULTIADDR_H

#include "base/rd.h"
#include "base/wr.h"

#define MULTIADDR_SIZE_MAX 255  /* bytes; a webrtc-direct circuit address with two ids takes 150 */
#define MULTIADDR_PARTS_MAX 16  /* components; the same address has 8 */
#define MULTIADDR_TEXT_MAX 1024 /* with NUL: 3 characters a byte and a name of 15 a component */
#define MULTIADDR_PEER_SIZE_MAX 44 /* bytes of a /p2p value: identity multihash of 42 bytes */

enum multiaddr_code {
    MULTIADDR_IP4 = 4,
    MULTIADDR_TCP = 6,
    MULTIADDR_IP6 = 41,
    MULTIADDR_IP6ZONE = 42,
    MULTIADDR_IPCIDR = 43,
    MULTIADDR_DNS = 53,
    MULTIADDR_DNS4 = 54,
    MULTIADDR_DNS6 = 55,
    MULTIADDR_DNSADDR = 56,
    MULTIADDR_UDP = 273,
    MULTIADDR_WEBRTC_DIRECT = 280,
    MULTIADDR_WEBRTC = 281,
    MULTIADDR_P2P_CIRCUIT = 290,
    MULTIADDR_UNIX = 400,
    MULTIADDR_P2P = 421,
    MULTIADDR_HTTPS = 443,
    MULTIADDR_ONION3 = 445,
    MULTIADDR_GARLIC64 = 446,
    MULTIADDR_GARLIC32 = 447,
    MULTIADDR_TLS = 448,
    MULTIADDR_SNI = 449,
    MULTIADDR_NOISE = 454,
    MULTIADDR_QUIC = 460,
    MULTIADDR_QUIC_V1 = 461,
    MULTIADDR_WEBTRANSPORT = 465,
    MULTIADDR_CERTHASH = 466,
    MULTIADDR_WS = 477,
    MULTIADDR_WSS = 478,
    MULTIADDR_HTTP = 480,
    MULTIADDR_HTTP_PATH = 481,
    MULTIADDR_MEMORY = 777
};

struct multiaddr {
    uint8_t len; /* 0: none */
    uint8_t bytes[MULTIADDR_SIZE_MAX];
};

struct multiaddr_part {
    uint64_t code;     /* enum multiaddr_code */
    struct span value; /* without length prefix; borrowed from the address */
};

/** Parse the binary form. WAVU_ERR_UNSUPPORTED for an unknown code (skip that address, keep the
 * message), WAVU_ERR_INVALID for a malformed one, WAVU_ERR_LIMIT when too long. */
WARN_UNUSED int multiaddr_decode(struct multiaddr *out, struct span bytes);

/** Parse the text form ("/ip4/1.2.3.4/tcp/80/p2p/12D3..."). Errors as multiaddr_decode. */
WARN_UNUSED int multiaddr_parse(struct multiaddr *out, struct span text);

/** Parse what a person types: a multiaddr, or host:port, [ip6]:port, ip4:port, name:port ->
 * .../tcp/port. */
WARN_UNUSED int multiaddr_parse_any(struct multiaddr *out, struct span text);

/** Write the text form with a terminating NUL; returns WAVU_ERR_LIMIT when it does not fit. */
WARN_UNUSED int multiaddr_format(const struct multiaddr *a, char *out, size_t size);

struct span multiaddr_span(const struct multiaddr *a);
bool multiaddr_is_equal(const struct multiaddr *a, const struct multiaddr *b);

/** Iterate over components: start with `*at` = 0; false at the end. */
bool multiaddr_next(const struct multiaddr *a, size_t *at, struct multiaddr_part *part);

/** The first component of `code`; false when there is none. */
bool multiaddr_find(const struct multiaddr *a, uint64_t code, struct multiaddr_part *part);

/** Append a component (value without length prefix). WAVU_ERR_LIMIT when it does not fit, otherwise
 * errors as multiaddr_decode; `a` is unchanged then. Behind IP6ZONE append IP6 before anything
 * else. */
WARN_UNUSED int multiaddr_append(struct multiaddr *a, uint64_t code, struct span value);

/** Take a trailing /p2p/<id> off; its multihash bytes are copied to `id` (may be NULL, size
 * `*id_len` in/out). Returns true when there was one. */
bool multiaddr_pop_peer(struct multiaddr *a, uint8_t *id, size_t *id_len);

/* An IP endpoint: the part of an address that a socket needs. */
struct multiaddr_ip {
    uint8_t ip[16]; /* IPv4 in the first 4 bytes */
    uint8_t ip_len; /* 4 or 16 */
    uint16_t port;
    uint32_t zone; /* interface index for link-local IPv6, or 0 */
};

/** Append /ip4/.. or, with its zone, /ip6/..; the port is left out. As multiaddr_append. */
WARN_UNUSED int multiaddr_append_host(struct multiaddr *a, const struct multiaddr_ip *ip);

/** Make /ip4|ip6/../tcp|udp/port (`code` MULTIADDR_TCP or MULTIADDR_UDP). */
void multiaddr_from_ip(struct multiaddr *out, const struct multiaddr_ip *ip, uint64_t code);

/** Read the leading /ip4|ip6/../<code>/port; WAVU_ERR_UNSUPPORTED when it does not begin so. */
WARN_UNUSED int multiaddr_to_ip(const struct multiaddr *a, uint64_t code, struct multiaddr_ip *out);

#define MULTIADDR_SOURCE_SIZE 16

/** Whom allowances by source count: an IPv4 address, mapped into IPv6, or the /64 of an IPv6 one.
 * All addresses of other kinds are one source, of zeros. */
void multiaddr_source(const struct multiaddr *a, uint8_t source[MULTIADDR_SOURCE_SIZE]);

bool multiaddr_ip_is_loopback(const struct multiaddr_ip *ip);
bool multiaddr_ip_is_unspecified(const struct multiaddr_ip *ip);
bool multiaddr_ip_is_private(const struct multiaddr_ip *ip); /* RFC 1918, ULA, link-local, CGNAT */

#endif
