/*
 * SOS: a call for help to chosen people, or to all members of a network, said again and again until
 * each person has acknowledged it, or it is over. It calls no emergency service, and nobody but
 * these people hears of it: WAVU_SOS_NOTICE is to be shown whenever one is made.
 *
 * Own ones and those of others survive restarts of both sides. Everything happens on the node's
 * thread; it needs a network (wavu/members.h).
 */
#ifndef WAVU_SOS_H
#define WAVU_SOS_H

#include "wavu/members.h"

WAVU_BEGIN

#define WAVU_SOS_ID_MAX 33     /* 32 hexadecimal digits, NUL */
#define WAVU_SOS_TEXT_MAX 1000 /* bytes */
#define WAVU_SOS_NOTICE                                                                            \
    "This calls no emergency service. Only the people named hear of it, and only when a message "  \
    "reaches them. In danger also call 112, or the number where you are."

/* Where somebody is. */
struct wavu_position {
    int64_t latitude_e7; /* 10^-7 degrees, WGS 84 */
    int64_t longitude_e7;
    uint32_t accuracy_m; /* 0: not said */
    bool has_altitude;
    int64_t altitude_m;
};

/* What is to be called. Zeroed memory plus `to` or is_all is valid. */
struct wavu_sos_wish {
    const char *network;   /* its id or name; NULL: all that this node is in */
    const char *const *to; /* keys of persons (wavu_person_find) */
    size_t to_count;
    bool is_all;                          /* all members instead; their room has it, too */
    const char *text;                     /* UTF-8, or NULL */
    const struct wavu_position *position; /* or NULL */
};

/** Call for help; `id` names it. WAVU_ERR_NOT_FOUND (no such network, or somebody of `to` is no
 * member), _INVALID (nobody is called; a position that is none), _PROTO (a text that is no UTF-8),
 * _LIMIT (a text too long, or four of ours are not over), _DENIED (we left that network, or were
 * put out), _AGAIN (it is not open), _UNSUPPORTED (no mesh), what the store says. */
WAVU_API WARN_UNUSED int wavu_sos(struct wavu_node *node, const struct wavu_sos_wish *wish,
                                  char id[WAVU_SOS_ID_MAX]);

/** It is over: everybody called is told. `id` NULL: the only one of ours that is not over.
 * WAVU_ERR_NOT_FOUND, _INVALID (there are several: say which), what the store says. */
WAVU_API WARN_UNUSED int wavu_sos_cancel(struct wavu_node *node, const char *id);

/** This person has seen what somebody calls, who is told. `id` may be its first digits, 8 at least.
 * WAVU_ERR_NOT_FOUND, _INVALID (several begin so), _AGAIN (keys or disk: later), what the store
 * says. */
WAVU_API WARN_UNUSED int wavu_sos_ack(struct wavu_node *node, const char *id);

/* One call for help, own or of somebody else. Texts are borrowed until return, and hold what their
 * author put there. */
struct wavu_sos_one {
    char id[WAVU_SOS_ID_MAX];
    char network[WAVU_KEY_TEXT_MAX]; /* of somebody else's; "" of an own one */
    char from[WAVU_KEY_TEXT_MAX];    /* a member's id; "" of an own one */
    char shown[WAVU_SHOWN_MAX];      /* what to call that member */
    const char *text;                /* "" for none */
    size_t text_len;
    bool has_position;
    struct wavu_position position;
    uint64_t unix_ms; /* when it began, or came first, by this node's clock */
    uint32_t number;  /* how often it was said */
    uint32_t called;  /* own: people; of them */
    uint32_t reached; /* whose device has it, */
    uint32_t seen;    /* who have acknowledged it */
    bool is_own;
    bool is_seen; /* of somebody else: acknowledged here */
    bool is_over;
};

/** Call `each` for all that are kept, those of others first, each oldest first. */
WAVU_API void wavu_sos_list(const struct wavu_node *node,
                            void (*each)(void *context, const struct wavu_sos_one *one),
                            void *context);

/* One whom an own one calls. */
struct wavu_sos_target {
    char network[WAVU_KEY_TEXT_MAX];
    char member[WAVU_KEY_TEXT_MAX];
    char shown[WAVU_SHOWN_MAX];
    const char *state; /* "waiting", "sent", "delivered", "acknowledged", "no member"; of one that
                          is over "not reached" for "waiting"; static */
};

/** Call `each` for everybody whom `id` calls. WAVU_ERR_NOT_FOUND. */
WAVU_API WARN_UNUSED int
wavu_sos_targets(const struct wavu_node *node, const char *id,
                 void (*each)(void *context, const struct wavu_sos_target *target), void *context);

enum wavu_sos_kind {
    WAVU_SOS_CALLED, /* somebody calls for help, or calls again: `one` */
    WAVU_SOS_OVER,   /* that is over: `one` */
    WAVU_SOS_REACHED /* of an own `one`: `target` */
};

/* Borrowed until return. */
struct wavu_sos_event {
    enum wavu_sos_kind kind;
    const struct wavu_sos_one *one;
    const struct wavu_sos_target *target; /* REACHED; else NULL */
};

/** Be told of events; one listener, NULL for none. WAVU_ERR_UNSUPPORTED without a mesh. */
WAVU_API WARN_UNUSED int
wavu_sos_listen(struct wavu_node *node,
                void (*up)(void *context, const struct wavu_sos_event *event), void *context);

WAVU_END

#endif
