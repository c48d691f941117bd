/*
 * Secrets do not outlive their use: no block that goes back to the heap, and nothing of a node that
 * was taken down, still holds one.
 */
#include <malloc.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "tests/base/unit.h"
#include "tests/support/net_world.h"

#define FREED_MAX (64u * 1024u * 1024u)
#define NEEDLES_MAX 8
#define NEEDLE_SIZE 32

static struct net_world w;
static uint8_t *freed; /* copies of all blocks freed, one behind the other */
static size_t freed_len;
static uint8_t needles[NEEDLES_MAX][NEEDLE_SIZE];
static size_t needle_count;

void __real_mem_free(void *ptr);
void __wrap_mem_free(void *ptr);

void __wrap_mem_free(void *ptr)
{
    if (ptr != NULL && freed != NULL) {
        size_t len = malloc_usable_size(ptr);
        assert_true(freed_len + len <= FREED_MAX);
        memcpy(freed + freed_len, ptr, len);
        freed_len += len;
    }
    __real_mem_free(ptr);
}

static void seek(const uint8_t *secret)
{
    assert_true(needle_count < NEEDLES_MAX);
    memcpy(needles[needle_count++], secret, NEEDLE_SIZE);
}

static bool holds(const void *bytes, size_t len, size_t needle)
{
    return memmem(bytes, len, needles[needle], NEEDLE_SIZE) != NULL;
}

static void note(void *context, int err, struct conn *conn)
{
    (void)context;
    (void)err;
    (void)conn;
}

static void begin(struct dial **d)
{
    static const struct dial_user nobody = {.done = note};
    struct multiaddr to = net_world_address(1);
    assert_int_equal(dial_start(&w.nodes[0].swarm, NULL, &to, 1, nobody, d), 0);
}

/* The key made ahead becomes the next handshake's own: known before, that one is cut in the middle.
 */
static void a_handshake_that_ends_in_the_middle(void)
{
    struct dial *d = NULL;
    seek(w.nodes[0].swarm.spare.pair.secret);
    assert_true(w.nodes[0].swarm.spare.is_made);
    begin(&d);
    for (int i = 0; i < 1000 && w.nodes[1].swarm.handshake_count == 0; i++) {
        sim_run_for(w.sim, TIMERS_MS);
    }
    assert_int_equal(w.nodes[1].swarm.handshake_count, 1);
    assert_int_equal(w.nodes[0].swarm.conn_count, 1);
}

static void secrets_are_wiped_where_they_were(void **state)
{
    (void)state;
    int err = 0;
    freed = malloc(FREED_MAX);
    assert_non_null(freed);
    net_world_start(&w, 1, 2);
    struct conn *c = net_world_dial(&w, 0, 1, &err);
    assert_non_null(c);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    seek(w.nodes[0].swarm.key.seed);
    seek(w.nodes[0].swarm.identity.static_pair.secret);
    seek(c->channel.noise.send.key);
    seek(c->channel.noise.receive.key);
    conn_close(c, WAVU_ERR_CLOSED);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    a_handshake_that_ends_in_the_middle();
    secret_wipe(&w.nodes[0].key, sizeof w.nodes[0].key); /* the test's own copy */
    net_node_stop(&w.nodes[0]);
    for (size_t i = 0; i < needle_count; i++) {
        assert_false(holds(&w.nodes[0], sizeof w.nodes[0], i));
    }
    net_world_stop(&w);
    assert_true(freed_len > 0);
    for (size_t i = 0; i < needle_count; i++) {
        print_message("# secret %zu\n", i);
        assert_false(holds(freed, freed_len, i));
    }
    free(freed);
    freed = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(secrets_are_wiped_where_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
