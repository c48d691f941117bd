/*
 * Topics of a node, made when a program first asks. Private to node/.
 */
#ifndef NODE_WAVU_TOPICS_H
#define NODE_WAVU_TOPICS_H

#include "wavu/topics.h"

struct wavu_topics;

/** Speak no more; readers hear nothing from now on. NULL is fine. */
void wavu_topics_shut(struct wavu_topics *t);

/** Free, once nobody looks at the node's metrics any more. */
void wavu_topics_free(struct wavu_topics *t);

#endif
