/*
 * The members of a network: looked up when somebody wants them, and again when that changes.
 */
#ifndef APPS_TALK_TALK_PEOPLE_H
#define APPS_TALK_TALK_PEOPLE_H

#include "apps/talk/talk.h"

#define TALK_PEOPLE_MAX 10000 /* members of one network that are known here */

struct talk_member {
    char id[WAVU_KEY_TEXT_MAX];
    char key[WAVU_KEY_TEXT_MAX];
    char shown[WAVU_SHOWN_MAX];   /* shown: what to call it; never "" */
    char nick[WAVU_NAME_MAX];     /* shown, as that person says; or "" */
    char own_name[WAVU_NAME_MAX]; /* shown, that this person gave it; or "" */
    char standing[16];            /* member, invited, put out, left, lost its key */
    char mark[12];                /* unverified, verified, changed */
    uint32_t devices;
    bool is_self;
    bool is_online;
    bool is_ambiguous;
    bool is_blocked;
    bool is_member; /* standing is "member" */
};

/** Look the members of `network` up, and keep them up to date from then on. */
void talk_people_want(struct talk *talk, const struct talk_network *network);

/** Look them up again, when they were wanted before. */
void talk_people_again(struct talk *talk, const struct talk_network *network);

/** Who is known: this person first, then who belongs, by name, then who does not any more. */
size_t talk_people_count(const struct talk_network *network);
const struct talk_member *talk_people_at(const struct talk_network *network, size_t i);

/** By id; NULL: not known (yet). */
const struct talk_member *talk_people_find(const struct talk_network *network, const char *id);

/** Whom `text` means: what to call somebody, a nick, an own name, an id or a key, or the first 8
 * digits or more of these; "@" in front is fine. Counts them, up to `max` into `out`; who belongs
 * no more is meant only where nobody else is. */
size_t talk_people_meant(const struct talk_network *network, const char *text,
                         const struct talk_member **out, size_t max);

#endif
