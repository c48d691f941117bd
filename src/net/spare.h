/*
 * One ephemeral key made ahead, while the node waits anyway: a handshake's first step then costs no
 * multiplication, and whoever waits for it waits that much less (33 microseconds on the reference
 * machine, several times that on a small computer).
 *
 * Owned by the swarm. A key is handed out once and wiped here.
 */
#ifndef NET_SPARE_H
#define NET_SPARE_H

#include "crypto/x25519.h"
#include "port/port.h"

struct spare {
    struct port *port; /* borrowed: randomness and the turn's timers */
    struct timer timer;
    struct x25519_pair pair;
    bool is_made;
};

/** Nothing is made before the first spare_take. */
void spare_init(struct spare *s, struct port *port);
void spare_clear(struct spare *s);

/** Move the key out when there is one; false when not. Another is made in the next turn. The caller
 * wipes what it got. */
WARN_UNUSED bool spare_take(struct spare *s, struct x25519_pair *out);

#endif
