/*
 * When a node that a client started in the background ends: some seconds after its last client has
 * gone. Pure: the time and how many clients there are come in.
 */
#ifndef APPS_WAVU_UP_ATTENDED_H
#define APPS_WAVU_UP_ATTENDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UP_ATTENDED_FIRST_NS UINT64_C(30000000000) /* nobody has come yet: so long */
#define UP_ATTENDED_LINGER_S UINT64_C(10) /* nobody is here any more: so long, if not told */
#define UP_ATTENDED_LINGER_S_MAX UINT64_C(86400)
#define UP_ATTENDED_LOOK_MS 1000 /* between two looks */

struct up_attended {
    bool is_on; /* else it never ends by itself */
    bool had_client;
    uint64_t linger_ns; /* nobody is here any more: so long */
    uint64_t seen_ns;   /* when somebody was here last; at first, when it began */
};

/** `linger_s`: how long it stays after its last client; 0: UP_ATTENDED_LINGER_S. */
void up_attended_begin(struct up_attended *a, bool is_on, uint64_t linger_s, uint64_t now_ns);

/** How long the loop may run before the next look, in ms, where it may `patience_ms` otherwise
 * (negative: for ever). */
int64_t up_attended_patience_ms(const struct up_attended *a, int64_t patience_ms);

/** There are `clients` now, and somebody asked something at `asked_ns` (0: never): is it over? */
bool up_attended_look(struct up_attended *a, size_t clients, uint64_t asked_ns, uint64_t now_ns);

#endif
