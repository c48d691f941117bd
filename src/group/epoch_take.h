/*
 * One message taken into the machine of group keys: a part of epoch.c.
 */
#ifndef GROUP_EPOCH_TAKE_H
#define GROUP_EPOCH_TAKE_H

#include "group/epoch.h"

/* Wraps of one member that open with nothing, each tried with all leaves: 0.7 ms. Honest ones open.
 */
#define EPOCH_TAKE_BAD_MAX 32
#define EPOCH_TAKE_BAD_NS (UINT64_C(60) * 1000000000)

/* A message on its way in. */
struct epoch_take {
    struct epoch *e;
    uint64_t now;   /* the machine's own */
    uint64_t since; /* when it came first */
    const uint8_t *from;
    struct span message;
    struct epoch_msg m;
    bool has_asked;    /* for the view that it needs: not again */
    bool is_proved;    /* the signature of its change held: not again */
    bool lacks_view;   /* `view` names the one that it needs */
    bool lacks_parent; /* of a change whose author belongs: it is taken without in the end */
    bool has_news;     /* something came of it */
    uint8_t view[32];
};

/** As epoch_feed, without what follows from it. */
WARN_UNUSED int epoch_take_message(struct epoch_take *f);

/** 0 when `m` is a change `c` of our group, signed by its author. */
WARN_UNUSED int epoch_take_check(const struct epoch *e, const struct epoch_msg *m,
                                 const struct epoch_msg_change *c);

#endif
