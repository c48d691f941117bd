/*
 * The spare key: a timer that is due in the next turn, behind what this turn sends, makes it.
 */
#include "net/spare.h"

#include "crypto/secret.h"

static void spare_on_timer(struct timer *timer, uint64_t now)
{
    struct spare *s = LIST_OF(timer, struct spare, timer);
    (void)now;
    x25519_make(&s->pair, &s->port->random);
    s->is_made = true;
}

void spare_init(struct spare *s, struct port *port)
{
    s->port = port;
    s->is_made = false;
    timers_prepare(&s->timer, spare_on_timer);
}

void spare_clear(struct spare *s)
{
    timers_cancel(&s->port->turn.timers, &s->timer);
    secret_wipe(&s->pair, sizeof s->pair);
    s->is_made = false;
}

bool spare_take(struct spare *s, struct x25519_pair *out)
{
    bool is_made = s->is_made;
    if (is_made) {
        *out = s->pair;
        secret_wipe(&s->pair, sizeof s->pair);
        s->is_made = false;
    }
    timers_set(&s->port->turn.timers, &s->timer, s->port->turn.now_ns + 1, 0);
    return is_made;
}
