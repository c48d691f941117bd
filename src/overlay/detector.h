/*
 * Who of the neighbours is down. A machine: that something was heard from or sent to a neighbour
 * comes from the owner, and so do neighbours' messages; messages to send and verdicts leave as
 * events.
 *
 *     WELL --phi--> DOUBTED: pings over the link --pause--> SUSPECT: also probes through others
 *       ^              |                                       |
 *       +--- heard ----+--------------- heard -----------------+--patience--> DOWN, and forgotten
 *
 * Any traffic is a heartbeat; a beat is sent only when nothing else was for an interval. All
 * patience is multiplied by how unwell this node itself seems to be (Lifeguard: late ticks,
 * helpers that say nothing, many silent at once), and a gap in which nobody called this machine
 * excuses everybody's silence. Who hears nobody at all gives no verdict before it heard or reached
 * somebody: more likely than that all are dead it is cut off itself. docs/protocol/detector.md has
 * the whole.
 */
#ifndef OVERLAY_DETECTOR_H
#define OVERLAY_DETECTOR_H

#include "base/random.h"
#include "base/ring.h"
#include "overlay/detector_msg.h"
#include "overlay/phi.h"

#define DETECTOR_LINKS_MAX 16                            /* as VIEWS_ACTIVE_MAX */
#define DETECTOR_INTERVAL_NS (UINT64_C(500) * 1000000)   /* heartbeat_interval */
#define DETECTOR_THRESHOLD 8.0                           /* phi_threshold */
#define DETECTOR_DOUBT_NS (UINT64_C(800) * 1000000)      /* pings alone, before others are asked */
#define DETECTOR_SUSPICION_NS (UINT64_C(2600) * 1000000) /* from the probes to the verdict */
#define DETECTOR_TELLS 3 /* beats of a link that say how often they come; PONGs say it, too */
#define DETECTOR_PING_NS (UINT64_C(400) * 1000000)         /* between pings of one in doubt */
#define DETECTOR_ROUND_TRIP_NS (UINT64_C(20) * 1000000000) /* between pings that measure */
#define DETECTOR_HELPERS 3                                 /* probes of one suspect (SWIM's k) */
#define DETECTOR_HEALTH_MAX 4      /* patience is (2 + health) / 2: at most threefold */
#define DETECTOR_PROBES_MAX 16     /* probes that this node makes for others at once */
#define DETECTOR_PROBES_LINK_MAX 4 /* of them for one neighbour */
#define DETECTOR_PROBE_NS (UINT64_C(2) * 1000000000)      /* then the report says: not reached */
#define DETECTOR_ALONE_NS (UINT64_C(1500) * 1000000)      /* silence of all, three beats long */
#define DETECTOR_FRESH_NS (UINT64_C(2500) * 1000000)      /* then it proves nothing of now */
#define DETECTOR_ALONE_MAX_NS (UINT64_C(40) * 1000000000) /* then they are gone all the same */
#define DETECTOR_GRACE_NS (UINT64_C(1500) * 1000000)      /* for others, when one is heard again */
#define DETECTOR_GAP_NS (UINT64_C(1) * 1000000000)        /* a tick that late was our own pause */
#define DETECTOR_LINK_RATE 20 /* messages a second that are answered: 2 beats, pings, probes */
#define DETECTOR_LINK_BURST 200
#define DETECTOR_EVENTS_MAX 1024 /* not taken yet; the owner takes them after every call */

/* Zero in a number means the constant above. */
struct detector_config {
    const struct random *random; /* borrowed */
    uint64_t interval_ns;
    double threshold;
    uint64_t doubt_ns;
    uint64_t suspicion_ns;
    uint64_t round_trip_ns;
};

enum detector_event_kind {
    DETECTOR_SEND,      /* `msg` to `id` */
    DETECTOR_SUSPECTED, /* `id` has been silent for too long; the owner may warn, not act */
    DETECTOR_TRUSTED,   /* `id`, suspected before, was heard again */
    DETECTOR_DOWN,      /* `id` is taken for dead; it is no link any more */
    DETECTOR_REACH,     /* try to reach `id` (at `where`) and say detector_reached */
    DETECTOR_SEEK       /* likewise for anybody who is no neighbour, drawn each time */
};

/* Spans are borrowed until the next call. */
struct detector_event {
    enum detector_event_kind kind;
    struct overlay_id id;
    struct detector_msg msg; /* SEND */
    struct span where;       /* REACH; may be empty */
    bool is_seen;            /* DOWN: others reach it: the way to it is broken, not the node */
};

/* Counters, for metrics and tests; none is ever reset. */
struct detector_stats {
    uint64_t beats;    /* sent */
    uint64_t doubts;   /* links that phi put in doubt */
    uint64_t suspects; /* suspected events */
    uint64_t downs;    /* verdicts */
    uint64_t gaps;     /* pauses of our own */
    uint64_t shed;     /* messages above the rate, not answered */
    uint64_t refused;  /* probes for others above the limits */
};

struct detector_link;  /* private, below 200 bytes */
struct detector_probe; /* private */

struct detector {
    /* What every frame touches comes first. */
    struct detector_link *links; /* owned */
    uint64_t due_ns;             /* the deadline, or earlier */
    uint64_t heard_ns;           /* anything, of anybody */
    uint8_t link_count;
    uint8_t link_cap;
    uint8_t probe_count;
    uint8_t health; /* 0 well .. DETECTOR_HEALTH_MAX */
    bool has_found;
    bool is_alone;                          /* verdicts wait until somebody is heard */
    uint64_t link_keys[DETECTOR_LINKS_MAX]; /* overlay_id_key of each */
    struct ring events;
    uint8_t *borrowed; /* owned: the where of the event taken last */
    struct detector_config config;
    struct detector_stats stats;
    struct detector_probe *probes; /* owned; NULL while there are none */
    double point;                  /* phi_point of the threshold */
    uint64_t well_due_ns;          /* when health improves by one */
    uint64_t ill_due_ns;           /* before it, many silent at once are old news */
    struct overlay_id found;       /* one that was reached; tried again before others are */
    uint64_t none_ns;              /* when there was last nobody to seek; 0: never */
    uint64_t seek_due_ns;          /* when alone: the next tries to reach anybody */
    uint64_t stranger_at_ns;       /* bucket of those who are not watched, as in a link */
    uint32_t stranger_level;
};

void detector_init(struct detector *d, uint64_t now, const struct detector_config *config);
void detector_clear(struct detector *d);

/** Doubt links from that phi on; 0: DETECTOR_THRESHOLD. What is in doubt already stays so. */
void detector_set_threshold(struct detector *d, double threshold);

/** Watch a neighbour from now on, at `where` (empty: unknown; copied). WAVU_ERR_LIMIT beyond
 * DETECTOR_LINKS_MAX, WAVU_ERR_EXISTS when it is watched. */
WARN_UNUSED int detector_link_up(struct detector *d, uint64_t now, const struct overlay_id *id,
                                 struct span where);

/** It is no neighbour any more: for a reason that is known, so without a verdict. */
void detector_link_down(struct detector *d, uint64_t now, const struct overlay_id *id);

/** Anything came from the peer, also what this machine is fed. Cheap; unknown ids are ignored. */
void detector_heard(struct detector *d, uint64_t now, const struct overlay_id *id);

/** Anything was sent to the peer, SEND events included: no beat is needed for an interval. */
void detector_sent(struct detector *d, uint64_t now, const struct overlay_id *id);

/** A message from any linked peer; of one that is not watched only PING is answered.
 * Counts as heard. WAVU_ERR_LIMIT: shed for its rate; a peer that gets it in bulk is hostile. */
WARN_UNUSED int detector_feed(struct detector *d, uint64_t now, const struct overlay_id *from,
                              const struct detector_msg *m);

/** What came of REACH: a connection to `id` stands or was refused. Late ones are ignored. */
void detector_reached(struct detector *d, uint64_t now, const struct overlay_id *id,
                      bool is_reached);

/** There was nobody to try for SEEK: the neighbours may be all there are. */
void detector_sought_none(struct detector *d, uint64_t now);

WARN_UNUSED bool detector_next_event(struct detector *d, struct detector_event *event);

/** Load ahead what is known of a peer: for who feeds many detectors in turn. A hint. */
void detector_load_ahead(const struct detector *d, uint64_t link_key);

/** When to tick next; UINT64_MAX: never. Every call may move it. */
uint64_t detector_deadline(const struct detector *d);
void detector_tick(struct detector *d, uint64_t now);

bool detector_is_suspected(const struct detector *d, const struct overlay_id *id);
double detector_suspicion(const struct detector *d, uint64_t now, const struct overlay_id *id);

/** Smoothed round trip of a neighbour; 0: not measured yet, or not watched. */
uint64_t detector_rtt_ns(const struct detector *d, const struct overlay_id *id);

/** Walk the structure and CHECK its invariants. */
void detector_check(const struct detector *d);

#endif
