/*
 * The end of a node in the background.
 */
#include "apps/wavu/up_attended.h"

void up_attended_begin(struct up_attended *a, bool is_on, uint64_t linger_s, uint64_t now_ns)
{
    const uint64_t stays_s = linger_s > 0 ? linger_s : UP_ATTENDED_LINGER_S;
    *a = (struct up_attended){
        .is_on = is_on, .linger_ns = stays_s * UINT64_C(1000000000), .seen_ns = now_ns};
}

int64_t up_attended_patience_ms(const struct up_attended *a, int64_t patience_ms)
{
    if (!a->is_on || (patience_ms >= 0 && patience_ms < UP_ATTENDED_LOOK_MS)) {
        return patience_ms;
    }
    return UP_ATTENDED_LOOK_MS;
}

bool up_attended_look(struct up_attended *a, size_t clients, uint64_t asked_ns, uint64_t now_ns)
{
    if (clients > 0) {
        a->had_client = true;
        a->seen_ns = now_ns;
    } else if (asked_ns > a->seen_ns) { /* one that came and went between two looks */
        a->had_client = true;
        a->seen_ns = asked_ns;
    }
    const uint64_t stays = a->had_client ? a->linger_ns : UP_ATTENDED_FIRST_NS;
    return a->is_on && clients == 0 && now_ns - a->seen_ns >= stays;
}
