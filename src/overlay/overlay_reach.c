/*
 * One run for each peer: first the connection, then an answer on it.
 */
#include "overlay/overlay_reach.h"

#include "base/mem.h"
#include "net/dial.h"

/* Owned by the list, freed at a turn's end. */
struct run {
    struct list node;
    struct overlay_reach *owner;
    struct overlay_id id;
    struct dial *dial;
    struct ping_run *ping;
    struct turn_dead dead;
};

static void reap(struct turn_dead *dead)
{
    mem_free(LIST_OF(dead, struct run, dead));
}

static void bury(struct run *run)
{
    list_remove(&run->node);
    turn_bury(run->owner->config.swarm->turn, &run->dead);
}

static void end(struct run *run, bool is_reached)
{
    const struct overlay_reach_config *config = &run->owner->config;
    struct overlay_id id = run->id;
    bury(run);
    config->done(config->context, &id, is_reached);
}

static void on_pinged(void *context, int err, uint64_t rtt_ns)
{
    struct run *run = context;
    (void)rtt_ns;
    if (run->ping != NULL) {
        struct ping_run *ping = run->ping;
        run->ping = NULL;
        if (err == 0) {
            ping_cancel(ping); /* one answer is enough */
        }
        end(run, err == 0);
    }
}

static void on_dialled(void *context, int err, struct conn *conn)
{
    struct run *run = context;
    struct ping_user user = {.done = on_pinged, .context = run};
    run->dial = NULL;
    if (err < 0 || ping_start(run->owner->config.ping, conn, 1, 0, user, &run->ping) < 0) {
        run->ping = NULL;
        end(run, false);
    }
}

void overlay_reach_init(struct overlay_reach *r, const struct overlay_reach_config *config)
{
    r->config = *config;
    list_init(&r->runs);
}

void overlay_reach_clear(struct overlay_reach *r)
{
    struct list *n = NULL;
    while ((n = list_next(&r->runs, &r->runs)) != NULL) {
        struct run *run = LIST_OF(n, struct run, node);
        dial_cancel(run->dial);
        ping_cancel(run->ping);
        bury(run);
    }
}

bool overlay_reach_start(struct overlay_reach *r, const struct overlay_id *id)
{
    struct peerid peer;
    if (list_count(&r->runs) >= OVERLAY_REACHES_MAX) {
        return false;
    }
    struct run *run = mem_new(sizeof *run);
    run->owner = r;
    run->id = *id;
    run->dead.reap = reap;
    list_push_back(&r->runs, &run->node);
    overlay_id_to_peer(id, &peer);
    struct dial_user user = {.done = on_dialled, .context = run};
    if (dial_start(r->config.swarm, &peer, NULL, 0, user, &run->dial) < 0) {
        run->dial = NULL;
        bury(run);
        return false;
    }
    return true;
}
