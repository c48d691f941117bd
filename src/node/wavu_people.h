/*
 * The members of a network as a person sees them: names beside the log. Private to node/.
 */
#ifndef NODE_WAVU_PEOPLE_H
#define NODE_WAVU_PEOPLE_H

#include "node/wavu_networks.h"

#define WAVU_PEOPLE_PART_MIN 8 /* digits of an id or a key that may stand for it: 32 bits */
#define WAVU_PEOPLE_TAG_MIN 4  /* digits of an id behind a name that others look like */
#define WAVU_PEOPLE_TAG_MAX                                                                        \
    16 /* whoever makes so many equal ones by hand of 2^60 tries may share a tag */

_Static_assert(WAVU_SHOWN_MAX == WAVU_NAME_MAX + 1 + WAVU_PEOPLE_TAG_MAX, "name, #, tag");

struct wavu_people {
    struct wavu_network_member *members; /* owned; all but those whose invitation is void */
    size_t count;
};

/** Describe all members of the network; then wavu_people_clear. */
void wavu_people_init(struct wavu_people *p, const struct wavu_networks_one *o);
void wavu_people_clear(struct wavu_people *p);

/* Of each member of a network what to call it, made anew when that can have changed
 * (wavu_networks.names): messages come by the thousand. */
struct wavu_people_shown *wavu_people_shown_new(void);
void wavu_people_shown_free(struct wavu_people_shown *s); /* NULL is fine */

/** What to call the member of that id, as wavu_network_member.shown; "" of nobody. Borrowed until
 * the next call. */
const char *wavu_people_shown(const struct wavu_networks_one *o, const uint8_t member[32]);

#endif
