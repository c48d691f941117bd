/*
 * Asking the running node of the home, for the doctor.
 */
#ifndef APPS_DOCTOR_DOCTOR_ASK_H
#define APPS_DOCTOR_DOCTOR_ASK_H

#include "apps/doctor/doctor.h"

/** Ask it: how it stands, its networks, its lock, and how late the newest messages are. What cannot
 * be had stays NULL. */
void doctor_ask(struct doctor_world *w);

/** The answer to a method without parameters, the caller's; NULL when there is none. */
WARN_UNUSED struct json_t *doctor_ask_method(const struct doctor_world *w, const char *method);

#define DOCTOR_ASK_AUTHORS_MAX 16 /* others of whom messages from later than now are known */
#define DOCTOR_ASK_ID_MAX 68      /* bytes of a member's id, with NUL */

struct doctor_ask_clock {
    struct {
        char id[DOCTOR_ASK_ID_MAX];
        int64_t ahead_s; /* of the latest one */
    } list[DOCTOR_ASK_AUTHORS_MAX];
    size_t count;
    const struct json_t *arrivals; /* ids of messages that came since the node started, each with
                                      when, in ms since 1970; or NULL */
    unsigned arrived;              /* messages of others that are among them and say their time */
    int64_t late_s; /* of these the least: so long after it was written it came, by our clock */
};

/** Take note of who said something in a page of history.look that is from later than `now_s`, and
 * of how late what came lately came. */
void doctor_ask_page(struct doctor_ask_clock *a, int64_t now_s, const struct json_t *page);

/** Sum up: how many they are, and by how much the second of them at least is ahead, so that one
 * alone, whose clock is wrong or who lies, convinces nobody of more than a warning; and how
 * late everything came, if anything did. */
void doctor_ask_sum(const struct doctor_ask_clock *a, struct doctor_world *w);

/** Free what doctor_ask has got. */
void doctor_ask_clear(struct doctor_world *w);

#endif
