/*
 * Several broadcasts of a room in one.
 */
#include "chat/rooms_many.h"

void rooms_many_put(struct wr *w, struct span one)
{
    wr_prefixed(w, one);
}

bool rooms_many_next(struct rd *r, struct span *one)
{
    if (r->failed || rd_left(r) == 0) {
        return false;
    }
    *one = rd_prefixed(r, rd_left(r));
    r->failed = r->failed || one->len == 0; /* each has a kind */
    return !r->failed;
}

bool rooms_many_is_whole(struct span many)
{
    struct rd r;
    struct span one = span_empty();
    size_t count = 0;

    rd_init(&r, many);
    while (rooms_many_next(&r, &one)) {
        count++;
    }
    return count > 0 && count <= ROOMS_MANY_MAX && rd_finish(&r) == 0;
}
