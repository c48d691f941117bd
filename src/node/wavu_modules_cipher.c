/*
 * A module as the cipher of all links of a test network: its self-test, and its place under Noise.
 * Source: docs/protocol/noise.md, "Experiments".
 */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/noise.h"
#include "node/wavu_modules.h"
#include "wavu/mesh.h"

#define GUARD 32 /* bytes before and behind what it may write to */
#define GUARD_BYTE 0xa5
#define TEST_MAX 4096

_Static_assert(WAVU_MODULE_KEY_SIZE == AEAD_KEY_SIZE && WAVU_MODULE_NONCE_SIZE == AEAD_NONCE_SIZE &&
                   WAVU_MODULE_TAG_SIZE == AEAD_TAG_SIZE,
               "as Noise has them");
_Static_assert(sizeof "/wavu/x-noise-/1" + WAVU_MODULE_NAME_MAX <= AEAD_PROTOCOL_MAX, "fits");

/* ---- Self-test ---- */

/* Text and tag with guards around both, in one piece each. */
struct trial {
    uint8_t key[AEAD_KEY_SIZE];
    uint8_t nonce[AEAD_NONCE_SIZE];
    uint8_t text[GUARD + TEST_MAX + GUARD];
    uint8_t tag[GUARD + AEAD_TAG_SIZE + GUARD];
    uint8_t first[TEST_MAX]; /* the plain text */
};

static uint8_t *text_of(struct trial *t)
{
    return t->text + GUARD;
}

static uint8_t *tag_of(struct trial *t)
{
    return t->tag + GUARD;
}

static bool is_guard(const uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (at[i] != GUARD_BYTE) {
            return false;
        }
    }
    return true;
}

static bool is_guarded(const struct trial *t, size_t len)
{
    return is_guard(t->text, GUARD) && is_guard(t->text + GUARD + len, TEST_MAX - len + GUARD) &&
           is_guard(t->tag, GUARD) && is_guard(t->tag + GUARD + AEAD_TAG_SIZE, GUARD);
}

static void fill(struct trial *t, size_t len)
{
    memset(t->text, GUARD_BYTE, sizeof t->text);
    memset(t->tag, GUARD_BYTE, sizeof t->tag);
    for (size_t i = 0; i < len; i++) {
        t->first[i] = (uint8_t)(i * 7 + len);
    }
    memcpy(text_of(t), t->first, len);
}

static void seal(const struct wavu_modules_one *one, struct trial *t, size_t len)
{
    one->cipher.seal(one->state, t->key, t->nonce, text_of(t), len, tag_of(t));
}

static int open(const struct wavu_modules_one *one, struct trial *t, size_t len)
{
    return one->cipher.open(one->state, t->key, t->nonce, text_of(t), len, tag_of(t));
}

/* Seal anew, change one bit of `at`, and let it be opened: it must not be. The bit is as before
 * then; `at` is within `t`. */
static bool is_noticed(const struct wavu_modules_one *one, struct trial *t, size_t len, uint8_t *at)
{
    fill(t, len);
    seal(one, t, len);
    *at ^= 1;
    int rc = open(one, t, len);
    *at ^= 1;
    return rc != 0;
}

/* What is wrong with a text of `len` bytes; NULL: nothing. */
static const char *try_length(const struct wavu_modules_one *one, struct trial *t, size_t len)
{
    fill(t, len);
    seal(one, t, len);
    if (!is_guarded(t, len)) {
        return "its cipher writes beyond its bounds";
    }
    if (len >= 16 && memcmp(text_of(t), t->first, len) == 0) {
        return "its cipher leaves the text as it is";
    }
    if (open(one, t, len) != 0 || memcmp(text_of(t), t->first, len) != 0) {
        return "its cipher does not open what it has sealed";
    }
    if (!is_guarded(t, len)) {
        return "its cipher writes beyond its bounds";
    }
    bool is_good = is_noticed(one, t, len, &tag_of(t)[0]) &&
                   is_noticed(one, t, len, &tag_of(t)[AEAD_TAG_SIZE - 1]) &&
                   is_noticed(one, t, len, &t->nonce[0]) &&
                   is_noticed(one, t, len, &t->nonce[AEAD_NONCE_SIZE - 1]) &&
                   is_noticed(one, t, len, &t->key[0]) &&
                   is_noticed(one, t, len, &t->key[AEAD_KEY_SIZE - 1]);
    if (len > 0) {
        is_good = is_good && is_noticed(one, t, len, &text_of(t)[0]) &&
                  is_noticed(one, t, len, &text_of(t)[len / 2]) &&
                  is_noticed(one, t, len, &text_of(t)[len - 1]);
    }
    return is_good ? NULL : "its cipher opens what was changed on the way";
}

/* The same text under another nonce or key has to look otherwise, text and tag. */
static const char *try_others(const struct wavu_modules_one *one, struct trial *t)
{
    uint8_t before[64];
    uint8_t tag[AEAD_TAG_SIZE];

    fill(t, sizeof before);
    seal(one, t, sizeof before);
    memcpy(before, text_of(t), sizeof before);
    memcpy(tag, tag_of(t), sizeof tag);
    uint8_t *const changed[] = {&t->nonce[4], &t->nonce[AEAD_NONCE_SIZE - 1], &t->key[7]};

    for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++) {
        *changed[i] ^= 1;
        fill(t, sizeof before);
        seal(one, t, sizeof before);
        *changed[i] ^= 1;
        if (memcmp(before, text_of(t), sizeof before) == 0 ||
            memcmp(tag, tag_of(t), sizeof tag) == 0) {
            return "its cipher gives the same under another nonce or key";
        }
    }
    return NULL;
}

static const char *try_all(const struct wavu_modules_one *one)
{
    static const size_t lengths[] = {0, 1, 15, 16, 17, 63, 64, 65, 1000, TEST_MAX};
    const struct random *random = &one->owner->node->port->random;
    struct trial *t = mem_new(sizeof *t);
    const char *problem = NULL;

    random_fill(random, t->key, sizeof t->key);
    random_fill(random, t->nonce, sizeof t->nonce);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0] && problem == NULL; i++) {
        problem = try_length(one, t, lengths[i]);
    }
    problem = problem != NULL ? problem : try_others(one, t);
    mem_free(t);
    return problem;
}

/* ---- Its place ---- */

static bool is_test_network(const struct wavu_node *node)
{
    struct wavu_mesh_status status;

    return wavu_mesh_status(node, &status) && strncmp(status.network, WAVU_MODULES_TEST_PREFIX,
                                                      sizeof WAVU_MODULES_TEST_PREFIX - 1) == 0;
}

int wavu_modules_cipher_check(struct wavu_modules_one *one, char why[WAVU_MODULE_WHY_MAX])
{
    const struct wavu_node *node = one->owner->node;
    const char *problem = NULL;

    if (!is_test_network(node)) {
        problem = "a cipher is for test networks only: this node's setting network has to begin "
                  "with test-";
    } else if (node->swarm.conn_count > 0) {
        problem = "a cipher has to be there before the first connection: name it among the "
                  "settings (modules), and start the node again";
    } else {
        problem = try_all(one);
    }
    (void)snprintf(why, WAVU_MODULE_WHY_MAX, "%s", problem == NULL ? "" : problem);
    return problem == NULL ? 0 : WAVU_ERR_DENIED;
}

static void on_seal(void *context, const uint8_t key[AEAD_KEY_SIZE],
                    const uint8_t nonce[AEAD_NONCE_SIZE], struct span_mut data,
                    uint8_t tag[AEAD_TAG_SIZE])
{
    struct wavu_modules_one *one = context;
    const uint64_t begun = wavu_modules_begin(one);

    one->cipher.seal(one->state, key, nonce, data.ptr, data.len, tag);
    wavu_modules_end(one, begun, true);
}

static bool on_open(void *context, const uint8_t key[AEAD_KEY_SIZE],
                    const uint8_t nonce[AEAD_NONCE_SIZE], struct span_mut data,
                    const uint8_t tag[AEAD_TAG_SIZE])
{
    struct wavu_modules_one *one = context;
    const uint64_t begun = wavu_modules_begin(one);
    const int rc = one->cipher.open(one->state, key, nonce, data.ptr, data.len, tag);

    wavu_modules_end(one, begun, true);
    return rc == 0;
}

void wavu_modules_cipher_take(struct wavu_modules_one *one)
{
    struct wavu_modules *m = one->owner;
    const struct aead_other other = {.seal = on_seal, .open = on_open, .context = one};
    char protocol[AEAD_PROTOCOL_MAX];

    (void)snprintf(protocol, sizeof protocol, "/wavu/x-noise-%s/1", one->about.name);
    m->cipher = one;
    CHECK(swarm_set_other(&m->node->swarm, protocol, &other) == 0); /* there is no connection */
    log_write(&m->node->log, LOG_WARN, "module",
              "links are sealed by the module %s alone: an experiment, for a test network",
              one->about.name);
}
