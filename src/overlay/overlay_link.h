/*
 * Ways to peers of the mesh: to each one dial, then one stream, and the frames of both directions.
 * A part of overlay/overlay.h, which says who gets one and hands the frames to the mesh.
 *
 * Bytes that come are cut into frames here, and only the beginning of one is kept; frames that go
 * wait here while the stream takes no more. Both buffers belong to the stream of today: another one
 * begins with none.
 */
#ifndef OVERLAY_OVERLAY_LINK_H
#define OVERLAY_OVERLAY_LINK_H

#include "base/buf.h"
#include "base/budget.h"
#include "base/turn.h"
#include "net/dial.h"
#include "net/stream.h"
#include "overlay/overlay_frame.h"
#include "overlay/overlay_id.h"

#define OVERLAY_LINKS_MAX 96           /* more than the views want at once */
#define OVERLAY_OUT_MAX (512u * 1024u) /* frames that wait for one slow link; beyond, it is cut */
/* Frames of one link, whatever is in them: 10,000 are below 2 % of a core; 100 speakers at full
 * rate and their announcements are fewer. */
#define OVERLAY_FRAMES_RATE 10000
#define OVERLAY_FRAMES_BURST 20000
/* Of them, those that a machine sheds because the neighbour sends too many: who goes on is hostile.
 */
#define OVERLAY_EXCESS_RATE 10
#define OVERLAY_EXCESS_BURST 1000

/* All links of one overlay. */
struct overlay_links {
    struct list list; /* of struct overlay_link */
    struct turn *turn;
    struct overlay *overlay; /* whose they are; not looked at here */
};

/* A way to one peer. Owned by the list, freed at a turn's end. */
struct overlay_link {
    struct list node;
    struct overlay_links *links;
    struct overlay_id id;
    struct peerid peer;
    struct dial *dial;     /* NULL: none under way */
    struct stream *stream; /* NULL: none yet, or over */
    struct buf in;         /* the beginning of a frame */
    struct buf out;        /* frames that the stream did not take */
    struct turn_dead dead;
    struct budget_bucket frames; /* that may come */
    struct budget_bucket excess; /* of them, that may be shed */
    bool is_ours;                /* asked for here */
    bool is_up;                  /* the mesh knows */
    bool is_over;
    bool is_flooding; /* it sends more than anybody may */
};

void overlay_link_init(struct overlay_links *links, struct turn *turn, struct overlay *overlay);

/** The link to `id`, or NULL. */
struct overlay_link *overlay_link_of(const struct overlay_links *links,
                                     const struct overlay_id *id);

/** The same, made when there is none. NULL: OVERLAY_LINKS_MAX are there. */
struct overlay_link *overlay_link_make(struct overlay_links *links, const struct overlay_id *id);

/** Take the link out of the list, with its dial and its stream; it is freed at the turn's end.
 * Nothing happens when it is over already. */
void overlay_link_end(struct overlay_link *l, bool in_order);

/** The peer opened `stream`: it is the link's from now on. Of two at once the one stays that the
 * smaller id opened, since both ends see the same two; false: ours stays, and `stream` is reset. */
WARN_UNUSED bool overlay_link_adopt(struct overlay_link *l, const struct overlay_id *self,
                                    struct stream *stream);

/** Send `bytes`, behind what waits. WAVU_ERR_LIMIT: too much waits; errors of the stream. */
WARN_UNUSED int overlay_link_put(struct overlay_link *l, struct span bytes);

/** Send a frame, as overlay_link_put. */
WARN_UNUSED int overlay_link_send(struct overlay_link *l, enum overlay_kind kind, struct span body);

/** The stream takes more again: send what waits. Errors of the stream. */
WARN_UNUSED int overlay_link_flush(struct overlay_link *l);

/** Cut what came into frames, and hand each to `take`, until the link is over. The first error of
 * `take`, or of overlay_frame_read. */
WARN_UNUSED int overlay_link_read(struct overlay_link *l, struct span data,
                                  int (*take)(struct overlay_link *l,
                                              const struct overlay_frame *frame));

/** Count a frame that came, and whether a machine shed it. WAVU_ERR_LIMIT: the link carries too
 * many, or too many for nothing; it is flooding then. */
WARN_UNUSED int overlay_link_count(struct overlay_link *l, bool is_shed);

#endif
