/*
 * What the parts of chat/directs.h share. A part of it.
 */
#ifndef CHAT_DIRECTS_CORE_H
#define CHAT_DIRECTS_CORE_H

#include "chat/directs.h"

/* Messages of a device that are missing in a chat. */
struct directs_gap {
    struct list link;
    struct history_room *chat; /* borrowed */
    uint32_t device;           /* the author's number */
    uint64_t from;             /* the next wish begins here or behind; 0: at the first gap */
    uint64_t asked_last;       /* of the last wish */
    unsigned tries;            /* wishes since something came */
    uint64_t due_ns;           /* of boot time: the next one */
};

/* A wish of somebody else, being answered. */
struct directs_want {
    struct list link;
    struct history_room *chat; /* borrowed */
    uint8_t asker[32];         /* device */
    uint8_t member[32];        /* whose it is */
    struct direct want;        /* what is left of it */
};

/* What a member may be given still. */
struct directs_asker {
    uint8_t member[32];
    uint64_t bytes;
    uint64_t filled_ns; /* of boot time; 0: unused */
};

/* A message that was read, whose author is to hear of it. */
struct directs_seen {
    uint8_t device[32];
    uint8_t message[ENVELOPE_ID_SIZE];
};

struct directs {
    struct directs_config config;
    struct turn *turn;
    struct timer timer;  /* gaps; and what had to wait */
    struct turn_job job; /* wishes, receipts, looking for gaps */
    struct list gaps;    /* of struct directs_gap */
    size_t gap_count;
    struct list wants; /* of struct directs_want */
    size_t want_count;
    struct directs_asker askers[DIRECTS_ASKERS_MAX];
    struct ring reads;              /* of struct directs_seen */
    size_t look_at;                 /* the walk over chats that are looked at for gaps */
    struct history_room *look_chat; /* borrowed: that it is in; or NULL */
    uint32_t look_device;           /* behind which it goes on there */
    bool is_look_short;             /* a gap was left out */
    bool is_looking;                /* it is under way */
    bool is_look_due;               /* something came since it began */
    uint64_t look_due_ns;           /* of boot time: when it begins */
    bool is_read_told;
};

/** Is the chat's member `member`, or this node's owner? */
static inline bool directs_core_is(const uint8_t *a, const uint8_t *b)
{
    return span_is_equal(span_of(a, 32), span_of(b, 32));
}

/** May as much as one message more be written now, with its orders? 0, AGAIN or LIMIT. */
WARN_UNUSED int directs_core_has_room(const struct directs *d, size_t content);

/** Whose device that is or was, as histories and members know. */
WARN_UNUSED bool directs_core_whose(const struct directs *d, const uint8_t device[32],
                                    uint8_t member[32]);

#endif
