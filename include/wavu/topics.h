/*
 * Topics: what is published there goes to everybody who is in them, wavu or not: gossipsub, shared
 * with go-, rust- and js-libp2p. Topics are open to whoever knows their names; what a group says
 * among itself goes by rooms.
 *
 * Nothing here needs a mesh. A node takes part from the first call of wavu_topic_join or
 * wavu_topic_publish on. All happens on the node's thread; callbacks may call everything here, and
 * not wavu_node_free. Peers are ids as text.
 */
#ifndef WAVU_TOPICS_H
#define WAVU_TOPICS_H

#include "wavu/node.h"

WAVU_BEGIN

#define WAVU_TOPIC_NAME_MAX 257 /* bytes of a name, with NUL; UTF-8 without control characters */
#define WAVU_TOPICS_MAX 256     /* that one node is in */
#define WAVU_TOPIC_READERS_MAX 1024 /* wavu_topic_join, of one node */
#define WAVU_TOPIC_DATA_MAX 64136   /* bytes of one message of our own; others' may have 1 MiB */

/* Who says what. All that are in a topic must agree on it. */
enum wavu_topic_policy {
    WAVU_TOPIC_SIGNED,   /* every message is signed by its author */
    WAVU_TOPIC_ANONYMOUS /* no message names an author; the same data is the same message */
};

/* Valid until return. What is not there has length 0, or is "". */
struct wavu_topic_message {
    const char *topic;
    const char *from; /* its author */
    const char *peer; /* who brought it; "": it is our own, or that peer is gone */
    const uint8_t *data;
    size_t len;
    const uint8_t *seqno;
    size_t seqno_len;
    const uint8_t *signature; /* of others' messages */
    size_t signature_len;
    const uint8_t *key;
    size_t key_len;
    bool is_own; /* said by this node */
};

enum wavu_topic_verdict {
    WAVU_TOPIC_ACCEPT, /* it is delivered and handed on */
    WAVU_TOPIC_REJECT, /* it is not, and counts against who brought it */
    WAVU_TOPIC_IGNORE  /* it is not */
};

struct wavu_topic_wish {
    const char *topic;
    enum wavu_topic_policy policy;
    bool in_order; /* of each author only messages numbered above its last */
    /* A message, each once; own ones, too. */
    void (*heard)(void *context, const struct wavu_topic_message *message);
    /* Before that, of others' messages, unless NULL: say what you think of it, now or within 5 s,
     * by wavu_topic_judge; without a word it is WAVU_TOPIC_IGNORE. One reader of a topic may. */
    void (*judge)(void *context, const struct wavu_topic_message *message, uint64_t ticket);
    /* A peer is in the topic, or no longer; or NULL. */
    void (*peer)(void *context, const char *peer, bool is_there);
    void *context;
};

struct wavu_topic; /* one reader of a topic */

/** Read a topic. WAVU_ERR_INVALID: no name, or nobody to hear; _EXISTS: somebody here reads it
 * under another policy or order, or judges already, or has read it before a judge came; _LIMIT;
 * _UNSUPPORTED: the node has a pre-shared key; _SHUTDOWN. */
WAVU_API WARN_UNUSED int wavu_topic_join(struct wavu_node *node, const struct wavu_topic_wish *wish,
                                         struct wavu_topic **out);

/** Read it no more; the last reader leaves the topic. NULL is fine. */
WAVU_API void wavu_topic_leave(struct wavu_topic *reader);

/** Publish, whether one reads the topic or not (signed then). Readers here hear it before return.
 * WAVU_ERR_INVALID; _LIMIT beyond WAVU_TOPIC_DATA_MAX; _EXISTS: an anonymous topic has seen that
 * data; _UNSUPPORTED, _SHUTDOWN. */
WAVU_API WARN_UNUSED int wavu_topic_publish(struct wavu_node *node, const char *topic,
                                            const uint8_t *data, size_t len);

/** The verdict of `ticket`; one that came too late is nothing. */
WAVU_API void wavu_topic_judge(struct wavu_node *node, uint64_t ticket,
                               enum wavu_topic_verdict verdict);

/** Call `each` for every topic that the node is in, the first joined first. */
WAVU_API void wavu_topics_each(const struct wavu_node *node,
                               void (*each)(void *context, const char *topic), void *context);

/** Call `each` for every peer that is in `topic`, as far as is known (NULL: that speaks gossipsub
 * with us). */
WAVU_API void wavu_topic_peers(const struct wavu_node *node, const char *topic,
                               void (*each)(void *context, const char *peer), void *context);

WAVU_END

#endif
