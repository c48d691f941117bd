/*
 * Ciphers of modules: what the self-test finds, where there is a place for one, and nodes that talk
 * under one, which nobody else can join.
 */
#include "node/wavu_modules.h"

#include "crypto/aead.h"
#include "os/libs.h"
#include "tests/node/homes.h"
#include "tests/support/module_files.h"

static struct homes h;
static struct aead *aead;
static char why[WAVU_MODULE_WHY_MAX];
static size_t opened;

/* A good one, and how to make it bad. */
static enum {
    GOOD,
    NO_TAG,     /* any tag will do */
    HALF_KEY,   /* the last byte of the key is not used */
    NO_NONCE,   /* nor the nonce */
    PLAIN,      /* only a tag */
    BEYOND,     /* one byte behind the text */
    BEFORE_TAG, /* one byte before the tag */
    ONE_WAY     /* opens nothing */
} made;

static struct aead_key key_of(const uint8_t *key, const uint8_t *nonce,
                              uint8_t out[AEAD_NONCE_SIZE])
{
    struct aead_key k = {.kind = AEAD_CHACHA20_POLY1305};
    memcpy(k.bytes, key, made == HALF_KEY ? AEAD_KEY_SIZE - 1 : AEAD_KEY_SIZE);
    memset(out, 7, AEAD_NONCE_SIZE);
    if (made != NO_NONCE) {
        memcpy(out, nonce, AEAD_NONCE_SIZE);
    }
    return k;
}

static void seal(void *state, const uint8_t *key, const uint8_t *nonce, uint8_t *data, size_t len,
                 uint8_t *tag)
{
    uint8_t own[AEAD_NONCE_SIZE];
    uint8_t copy[4096];
    const struct aead_key k = key_of(key, nonce, own);
    (void)state;
    if (made == PLAIN) {
        memcpy(copy, data, len);
    }
    aead_seal(aead, &k, own, span_empty(), span_mut_of(data, len), tag);
    if (made == PLAIN) {
        memcpy(data, copy, len);
    } else if (made == BEYOND) {
        data[len] = 0;
    } else if (made == BEFORE_TAG) {
        tag[-1] = 0;
    }
}

static int open(void *state, const uint8_t *key, const uint8_t *nonce, uint8_t *data, size_t len,
                const uint8_t *tag)
{
    uint8_t own[AEAD_NONCE_SIZE];
    uint8_t copy[4096];
    const struct aead_key k = key_of(key, nonce, own);
    (void)state;
    opened++;
    if (made == NO_TAG) {
        aead_seal(aead, &k, own, span_empty(), span_mut_of(data, len), copy);
        return 0;
    }
    if (made == PLAIN) {
        uint8_t expected[AEAD_TAG_SIZE];
        memcpy(copy, data, len);
        aead_seal(aead, &k, own, span_empty(), span_mut_of(copy, len), expected);
        return memcmp(expected, tag, sizeof expected);
    }
    return made == ONE_WAY ? -1
                           : aead_open(aead, &k, own, span_empty(), span_mut_of(data, len), tag);
}

static const struct wavu_module_cipher cipher = {.size = sizeof cipher, .seal = seal, .open = open};
static const struct wavu_module module = {.size = sizeof module,
                                          .magic = WAVU_MODULE_MAGIC,
                                          .abi_major = WAVU_MODULE_ABI_MAJOR,
                                          .name = "tried",
                                          .version = "1",
                                          .cipher = &cipher};

/* A node of the network `name`, which knows where the first one is. */
static void up(size_t i, const char *name)
{
    static const char *const seeds[] = {"10.0.0.1:9000"};
    const struct wavu_mesh_config mesh = {
        .network = name, .seeds = seeds, .seed_count = i > 0 ? 1 : 0};
    const struct wavu_config config = {
        .port = sim_host_port(h.hosts[i]), .is_ephemeral = true, .mesh = &mesh};
    assert_int_equal(wavu_node_new(&config, &h.nodes[i]), 0);
    h.heard[i] = 0;
    assert_int_equal(wavu_mesh_listen(h.nodes[i], homes_on_event, &h.heard[i]), 0);
}

static void listen(size_t i)
{
    char address[64];
    (void)snprintf(address, sizeof address, "10.0.0.%zu:9000", i + 1);
    assert_int_equal(wavu_node_listen(h.nodes[i], address), 0);
}

static int start(void **state)
{
    (void)state;
    aead = aead_new();
    made = GOOD;
    opened = 0;
    homes_make(&h, 61, 3);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    for (size_t i = 0; i < h.count; i++) {
        wavu_node_free(h.nodes[i]);
    }
    sim_free(h.sim);
    aead_free(aead);
    return 0;
}

static int add(size_t i)
{
    why[0] = '\0';
    return wavu_module_add(h.nodes[i], &module, NULL, why);
}

static void bad_ciphers_are_found(void **state)
{
    static const char *const sentences[] = {
        [NO_TAG] = "its cipher opens what was changed on the way",
        [HALF_KEY] = "its cipher opens what was changed on the way",
        [NO_NONCE] = "its cipher opens what was changed on the way",
        [PLAIN] = "its cipher leaves the text as it is",
        [BEYOND] = "its cipher writes beyond its bounds",
        [BEFORE_TAG] = "its cipher writes beyond its bounds",
        [ONE_WAY] = "its cipher does not open what it has sealed"};
    (void)state;
    up(0, "test-net");
    for (size_t i = NO_TAG; i <= ONE_WAY; i++) {
        made = i;
        assert_int_equal(add(0), WAVU_ERR_DENIED);
        assert_string_equal(why, sentences[i]);
        assert_null(h.nodes[0]->modules->cipher);
        assert_string_equal(h.nodes[0]->swarm.other, "");
    }
    made = GOOD;
    assert_int_equal(add(0), 0);
    assert_string_equal(h.nodes[0]->swarm.other, "/wavu/x-noise-tried/1");
}

static void a_cipher_has_its_place(void **state)
{
    (void)state;
    static const char *const names[] = {NULL, "savanna", "test", "my-test-net"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        up(0, names[i]);
        assert_int_equal(add(0), WAVU_ERR_DENIED);
        assert_non_null(strstr(why, "test networks only"));
        wavu_node_free(h.nodes[0]);
    }
    up(0, "test-net");
    up(1, "test-net");
    listen(0);
    listen(1);
    sim_run_for(h.sim, 10 * TIMERS_SECOND);
    assert_int_equal(add(0), WAVU_ERR_DENIED); /* they have met */
    assert_non_null(strstr(why, "before the first connection"));
    wavu_node_free(h.nodes[0]);
    up(0, "test-net");
    assert_int_equal(add(0), 0);
    assert_int_equal(wavu_module_off(h.nodes[0], "tried"), WAVU_ERR_DENIED);
}

static void on_peer(void *context, const struct wavu_peer *peer)
{
    size_t *count = context;
    *count += peer->is_experiment && !peer->is_hybrid ? 1 : 0;
}

static void on_connected(void *context, int err, const char *peer)
{
    (void)peer;
    *(int *)context = err;
}

/* Two talk, and who has no module, or another one, comes in nowhere. */
static void only_those_with_it_meet(void **state)
{
    struct module_files files;
    int err = 1;
    struct wavu_op *op = NULL;
    (void)state;
    module_files_make(&files);
    for (size_t i = 0; i < 3; i++) {
        up(i, "test-net");
        sim_host_port(h.hosts[i])->libs = &libs_dl;
        if (i < 2) {
            int rc =
                wavu_module_load(h.nodes[i], module_files_copy(&files, "cipher_ascon"), NULL, why);
            assert_int_equal(rc, 0);
        }
        listen(i);
    }
    sim_run_for(h.sim, 20 * TIMERS_SECOND);
    assert_int_equal(wavu_broadcast(h.nodes[0], "habari", 6), 0);
    sim_run_for(h.sim, 5 * TIMERS_SECOND);
    assert_int_equal(h.heard[1], 1);
    assert_int_equal(h.heard[2], 0);
    assert_int_equal(h.nodes[2]->swarm.peers.count, 0);
    assert_int_equal(h.nodes[0]->swarm.peers.count, 1);
    size_t experiments = 0;
    wavu_node_peers(h.nodes[0], on_peer, &experiments);
    assert_int_equal(experiments, 1);
    assert_int_equal(wavu_connect(h.nodes[2], "10.0.0.2:9000", on_connected, &err, &op), 0);
    sim_run_for(h.sim, 10 * TIMERS_SECOND);
    assert_true(err < 0);
    assert_int_equal(wavu_connect(h.nodes[0], "10.0.0.3:9000", on_connected, &err, &op), 0);
    sim_run_for(h.sim, 10 * TIMERS_SECOND);
    assert_true(err < 0);
    module_files_remove(&files);
}

static uint64_t slow_ns(struct port *port)
{
    static uint64_t now_ns;
    (void)port;
    return now_ns += WAVU_MODULES_CALL_NS + 1;
}

/* Nothing may take its place: it is told of, and stays. */
static void a_slow_cipher_stays(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        up(i, "test-net");
        assert_int_equal(add(i), 0);
        listen(i);
    }
    struct port *port = sim_host_port(h.hosts[0]);
    uint64_t (*before)(struct port *) = port->precise_ns;
    port->precise_ns = slow_ns;
    sim_run_for(h.sim, 10 * TIMERS_SECOND);
    port->precise_ns = before;
    const struct wavu_modules_one *one = h.nodes[0]->modules->ones[0];
    assert_true(one->slow > WAVU_MODULES_STRIKES_MAX);
    assert_null(one->why_off);
    assert_int_equal(wavu_broadcast(h.nodes[0], "habari", 6), 0);
    sim_run_for(h.sim, 5 * TIMERS_SECOND);
    assert_int_equal(h.heard[1], 1);
}

#define CIPHER_UNIT(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CIPHER_UNIT(bad_ciphers_are_found),
        CIPHER_UNIT(a_cipher_has_its_place),
        CIPHER_UNIT(only_those_with_it_meet),
        CIPHER_UNIT(a_slow_cipher_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
