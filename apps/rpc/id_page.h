/*
 * A part of many ids: the smallest ones behind that which the last part ended with, whatever came
 * or went in between. Pure.
 */
#ifndef RPC_ID_PAGE_H
#define RPC_ID_PAGE_H

#include "wavu/node.h"

#define ID_PAGE_MAX                                                                                \
    64 /* ways of an answer: each is a search of the graph, half a millisecond in a mesh of 1,024  \
        */

struct id_page {
    const char *after;                         /* only ids behind it; borrowed; NULL: all */
    char ids[ID_PAGE_MAX][WAVU_PEER_TEXT_MAX]; /* in the order of their bytes */
    size_t count;
    bool is_more; /* others are behind these */
};

void id_page_begin(struct id_page *p, const char *after);

/** Take `id`, in any order, when it belongs to this part. */
void id_page_offer(struct id_page *p, const char *id);

#endif
