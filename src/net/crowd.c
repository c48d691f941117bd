/*
 * The prefix with most connections, found by counting all of them when no place is left.
 */
#include "net/crowd.h"

#include "base/mem.h"

struct crowd_prefix {
    uint8_t key[ADMIT_KEY_SIZE];
    size_t count;
};

static struct span crowd_span(const uint8_t key[ADMIT_KEY_SIZE])
{
    return span_of(key, ADMIT_KEY_SIZE);
}

/* Where it came in from; false: it did not come in from an address that counts. */
static bool crowd_key(const struct conn *c, uint8_t key[ADMIT_KEY_SIZE])
{
    struct multiaddr local;
    struct multiaddr remote;

    if (c->is_dialled || c->state != CONN_OPEN) {
        return false;
    }
    conn_addresses(c, &local, &remote);
    return admit_prefix(&remote, key);
}

/* Count them; returns the prefix that has most, or NULL. `all` has room for each connection. */
static const struct crowd_prefix *crowd_most(const struct swarm *s, struct crowd_prefix *all)
{
    const struct crowd_prefix *most = NULL;
    struct map found;
    size_t used = 0;

    map_init(&found, &s->port->random);
    for (struct list *node = list_next(&s->conns, &s->conns); node != NULL;
         node = list_next(&s->conns, node)) {
        struct crowd_prefix *at = &all[used];
        if (!crowd_key(LIST_OF(node, struct conn, link_swarm), at->key)) {
            continue;
        }
        struct crowd_prefix *known = map_get(&found, crowd_span(at->key));
        if (known == NULL) {
            (void)map_put(&found, crowd_span(at->key), at);
            known = at;
            used++;
        }
        known->count++;
        most = most == NULL || known->count > most->count ? known : most;
    }
    map_clear(&found);
    return most;
}

/* The newest `count` of `of` that came from there are closed: who was here before it got crowded
 * stays. */
static void crowd_close(struct swarm *s, const uint8_t key[ADMIT_KEY_SIZE], size_t of, size_t count)
{
    struct conn *newest[CROWD_ENDS_MAX];
    uint8_t own[ADMIT_KEY_SIZE];
    size_t seen = 0;
    size_t found = 0;

    for (struct list *node = list_next(&s->conns, &s->conns); node != NULL;
         node = list_next(&s->conns, node)) {
        struct conn *c = LIST_OF(node, struct conn, link_swarm);
        if (crowd_key(c, own) && span_is_equal(crowd_span(own), crowd_span(key)) &&
            ++seen > of - count) {
            newest[found++] = c;
        }
    }
    for (size_t i = 0; i < found; i++) {
        conn_close(newest[i], WAVU_ERR_LIMIT); /* that one may be closed by then is no harm */
    }
}

int crowd_make_room(struct swarm *s, const struct multiaddr *remote)
{
    const size_t part = s->conns_max / CROWD_PART > 1 ? s->conns_max / CROWD_PART : 1;
    if (s->crowd_ns != 0 && s->turn->now_ns - s->crowd_ns < CROWD_COUNT_NS) {
        return WAVU_ERR_LIMIT;
    }
    s->crowd_ns = s->turn->now_ns;
    struct crowd_prefix *all = mem_new_array(s->conn_count + 1, sizeof *all);
    const struct crowd_prefix *most = crowd_most(s, all);
    uint8_t own[ADMIT_KEY_SIZE];
    bool is_own = most != NULL && admit_prefix(remote, own) &&
                  span_is_equal(crowd_span(own), crowd_span(most->key));
    bool makes_room = most != NULL && !is_own && most->count > part;

    if (makes_room) {
        size_t more = most->count - part;
        crowd_close(s, most->key, most->count, more < CROWD_ENDS_MAX ? more : CROWD_ENDS_MAX);
    }
    mem_free(all);
    return makes_room ? 0 : WAVU_ERR_LIMIT;
}
