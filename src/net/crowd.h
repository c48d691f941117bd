/*
 * Who gives way when a node has no place for one more connection: of the address prefix that most
 * came in from the newest ones, so that nobody keeps all others out from one place.
 */
#ifndef NET_CROWD_H
#define NET_CROWD_H

#include "net/swarm.h"

#define CROWD_PART 64 /* of all places one part in 64 is nobody's fault; what is more gives way */
#define CROWD_ENDS_MAX 32 /* closed at once */
#define CROWD_COUNT_NS                                                                             \
    (UINT64_C(100) * 1000000) /* between counts; a newcomer is refused till then */

/** Make room for a link from `remote`: 0; or WAVU_ERR_LIMIT, and nobody was closed: there is none
 * who has more than its part, or that is where it comes from itself, or all were counted just now.
 */
WARN_UNUSED int crowd_make_room(struct swarm *s, const struct multiaddr *remote);

#endif
