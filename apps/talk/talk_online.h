/*
 * Whether this machine is on any network, for who is about to look for others there.
 */
#ifndef APPS_TALK_TALK_ONLINE_H
#define APPS_TALK_TALK_ONLINE_H

#include <stdbool.h>

#include "wavu/api.h"

/** Is there an interface but loopback that is up and has an address? True where the system does not
 * say. */
WARN_UNUSED bool talk_online_is_any(void);

#endif
