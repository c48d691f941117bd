/*
 * The text of a bug report: what somebody who mends wavu needs, and nothing that says who you are,
 * whom you know or what was said. It is made of numbers and of texts of our own alone: whatever a
 * person, a peer or a file has named is never in it, so there is nothing to be taken out.
 */
#ifndef APPS_DOCTOR_BUGREPORT_H
#define APPS_DOCTOR_BUGREPORT_H

#include "apps/doctor/doctor.h"
#include "base/buf.h"

#define BUGREPORT_MAX (256 * 1024) /* bytes of one */

/* What is in one, and what is not, for whoever is asked to send it. */
#define BUGREPORT_HOLDS                                                                            \
    "In it: the version and its parts; kernel, C library and distribution; which settings are "    \
    "set, of numbers and switches the values; what 'wavu doctor' finds, without the details; "     \
    "counters; how much is stored."
#define BUGREPORT_HOLDS_NOT                                                                        \
    "Not in it: ids, addresses, names of people, rooms, networks, users and machines, texts, "     \
    "keys, paths, times of messages. Read it before you send it."

/* What the node says beside the world; NULL: it was not asked, or did not answer. */
struct bugreport_answers {
    struct json_t *metrics;  /* node.metrics */
    struct json_t *rooms;    /* room.list */
    struct json_t *chats;    /* direct.chats */
    struct json_t *contacts; /* contact.list */
    struct json_t *files;    /* file.list */
};

/** Append the report to `out`. WAVU_ERR_LIMIT when it does not fit. */
WARN_UNUSED int bugreport_write(const struct doctor_world *w,
                                const struct bugreport_answers *answers, struct buf *out);

#endif
