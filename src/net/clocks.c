/*
 * Of each peer is kept how far its wall clock was before our boot time: a step of our own clock is
 * seen at once, and time that passes changes nothing.
 */
#include "net/clocks.h"

#include <stdlib.h>

#define CLOCKS_MS_NS UINT64_C(1000000)

void clocks_note(struct peer *peer, uint64_t unix_ms, uint64_t now_ns)
{
    peer->has_clock = unix_ms > 0 && unix_ms <= CLOCKS_UNIX_MS_MAX;
    peer->clock_ms = peer->has_clock ? (int64_t)unix_ms - (int64_t)(now_ns / CLOCKS_MS_NS) : 0;
}

static int clocks_compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool clocks_is_apart(int64_t ahead_ms)
{
    return ahead_ms > CLOCKS_APART_MS || ahead_ms < -CLOCKS_APART_MS;
}

struct clocks clocks_judge(int64_t *ahead_ms, size_t count)
{
    struct clocks found = {.others = 0};
    uint32_t apart = 0;
    if (count == 0) {
        return found;
    }
    qsort(ahead_ms, count, sizeof *ahead_ms, clocks_compare);
    for (size_t i = 0; i < count; i++) {
        apart += clocks_is_apart(ahead_ms[i]) ? 1 : 0;
    }
    const int64_t middle = ahead_ms[count / 2];
    if (2 * (size_t)apart > count && clocks_is_apart(middle)) {
        found = (struct clocks){.ahead_ms = middle, .others = apart};
    }
    return found;
}

struct clocks clocks_look(const struct swarm *s)
{
    int64_t ahead_ms[CLOCKS_MAX];
    size_t count = 0;
    size_t at = 0;
    const uint64_t wall = s->port->wall_ms(s->port);
    const int64_t ours = (int64_t)wall - (int64_t)(s->turn->now_ns / CLOCKS_MS_NS);
    if (wall > CLOCKS_UNIX_MS_MAX) {
        return clocks_judge(NULL, 0);
    }
    const struct peer *peer = map_next(&s->peers, &at);
    while (peer != NULL && count < CLOCKS_MAX) {
        if (peer->conn_count > 0 && peer->has_clock &&
            s->policy.standing(s->policy.context, &peer->id) >= STREAM_MEMBER) {
            ahead_ms[count++] = ours - peer->clock_ms;
        }
        peer = map_next(&s->peers, &at);
    }
    return clocks_judge(ahead_ms, count);
}
