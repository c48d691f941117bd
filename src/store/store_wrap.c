/*
 * The file's last bytes are a check over all before, in every format: what fails it is damage, and
 * what passes it and does not open has another passphrase. The salt makes each key's use the only
 * one, so that the nonce is 0.
 */
#include "store/store_wrap.h"

#include <string.h>

#include "base/check.h"
#include "base/rd.h"
#include "base/wr.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"

#define MAGIC_SIZE 12
#define LANES 1 /* all that libsodium does */
#define SALT_AT (STORE_WRAP_HEAD_SIZE - STRETCH_SALT_SIZE)
#define CHECKED_SIZE (STORE_WRAP_SIZE - STORE_WRAP_CHECK_SIZE)

_Static_assert(MAGIC_SIZE + 4 + 4 + STRETCH_SALT_SIZE == STORE_WRAP_HEAD_SIZE, "the layout");
_Static_assert(STORE_WRAP_MEMORY_KIB *STORE_WRAP_PASSES <= STORE_WRAP_WORK_KIB_MAX,
               "ours is readable");

static const char magic[] = "wavu locked\n";
static const char label[] = "wavu store key 1";
static const uint8_t nonce[AEAD_NONCE_SIZE];

static bool is_affordable(struct stretch_cost cost)
{
    return cost.memory_kib >= STORE_WRAP_MEMORY_KIB_MIN &&
           cost.memory_kib <= STORE_WRAP_MEMORY_KIB_MAX && cost.passes >= 1 &&
           cost.passes <= STORE_WRAP_PASSES_MAX &&
           cost.memory_kib * cost.passes <= STORE_WRAP_WORK_KIB_MAX;
}

bool store_wrap_is_one(struct span file)
{
    return span_has_prefix(file, span_from_text(magic));
}

/* Is it whole, as far as chance goes? */
static bool passes_check(struct span file)
{
    uint8_t hash[HASH_SHA256_SIZE];
    if (file.len < MAGIC_SIZE + 1 + STORE_WRAP_CHECK_SIZE || file.len > STORE_WRAP_FILE_MAX) {
        return false;
    }
    size_t end = file.len - STORE_WRAP_CHECK_SIZE;
    hash_sha256(hash, span_slice(file, 0, end));
    return span_is_equal(span_of(hash, STORE_WRAP_CHECK_SIZE), span_slice(file, end, file.len));
}

int store_wrap_read(struct store_wrap *w, struct span file)
{
    struct rd r;
    if (!store_wrap_is_one(file) || !passes_check(file)) {
        return WAVU_ERR_CORRUPT;
    }
    rd_init(&r, file);
    (void)rd_bytes(&r, MAGIC_SIZE);
    if (rd_u8(&r) != STORE_WRAP_FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    const uint8_t number = rd_u8(&r);
    const uint8_t lanes = rd_u8(&r);
    w->cost.passes = rd_u8(&r);
    w->cost.memory_kib = rd_u32be(&r);
    w->head = span_slice(file, 0, STORE_WRAP_HEAD_SIZE);
    (void)rd_bytes(&r, STRETCH_SALT_SIZE);
    w->sealed = rd_bytes(&r, STORE_WRAP_KEY_SIZE);
    w->tag = rd_bytes(&r, AEAD_TAG_SIZE);
    (void)rd_bytes(&r, STORE_WRAP_CHECK_SIZE);
    if (rd_finish(&r) < 0 || aead_of_number(&w->kind, number) < 0 || lanes != LANES) {
        return WAVU_ERR_CORRUPT;
    }
    return is_affordable(w->cost) ? 0 : WAVU_ERR_LIMIT;
}

/* The key that `head` and the passphrase make, and a cipher for it; the caller frees and wipes. */
static int derive(struct aead_key *out, struct aead **aead, const uint8_t *head,
                  struct span passphrase, struct stretch_cost cost)
{
    uint8_t master[STRETCH_KEY_SIZE];
    const struct span bound = span_of(head, STORE_WRAP_HEAD_SIZE);
    *aead = aead_new();
    if (*aead == NULL) {
        return WAVU_ERR_MEMORY;
    }
    const int rc = stretch_key(master, passphrase, head + SALT_AT, cost);
    if (rc < 0) {
        aead_free(*aead);
        return rc;
    }
    kdf(span_mut_of(out->bytes, sizeof out->bytes), span_of(master, sizeof master), label, &bound,
        1);
    secret_wipe(master, sizeof master);
    return 0;
}

int store_wrap_open(const struct store_wrap *w, struct span passphrase,
                    uint8_t key[STORE_WRAP_KEY_SIZE])
{
    struct aead_key wrapping = {.kind = w->kind};
    struct aead *aead = NULL;
    CHECK(w->head.len == STORE_WRAP_HEAD_SIZE && w->sealed.len == STORE_WRAP_KEY_SIZE);
    memset(key, 0, STORE_WRAP_KEY_SIZE);
    if (passphrase.len == 0 || passphrase.len > STORE_WRAP_PASSPHRASE_MAX) {
        return WAVU_ERR_DENIED;
    }
    int rc = derive(&wrapping, &aead, w->head.ptr, passphrase, w->cost);
    if (rc < 0) {
        return rc;
    }
    memcpy(key, w->sealed.ptr, STORE_WRAP_KEY_SIZE);
    rc = aead_open(aead, &wrapping, nonce, w->head, span_mut_of(key, STORE_WRAP_KEY_SIZE),
                   w->tag.ptr);
    secret_wipe(&wrapping, sizeof wrapping);
    aead_free(aead);
    return rc < 0 ? WAVU_ERR_DENIED : 0;
}

static void write_head(uint8_t head[STORE_WRAP_HEAD_SIZE], struct stretch_cost cost,
                       const struct random *random)
{
    struct wr w;
    wr_init(&w, span_mut_of(head, SALT_AT));
    wr_text(&w, magic);
    wr_u8(&w, STORE_WRAP_FORMAT);
    wr_u8(&w, aead_number(AEAD_CHACHA20_POLY1305));
    wr_u8(&w, LANES);
    wr_u8(&w, cost.passes);
    wr_u32be(&w, cost.memory_kib);
    CHECK(wr_finish(&w) == 0 && w.len == SALT_AT);
    random_fill(random, head + SALT_AT, STRETCH_SALT_SIZE);
}

int store_wrap_write(uint8_t file[STORE_WRAP_SIZE], const uint8_t key[STORE_WRAP_KEY_SIZE],
                     struct span passphrase, struct stretch_cost cost, const struct random *random)
{
    struct aead_key wrapping = {.kind = AEAD_CHACHA20_POLY1305};
    struct aead *aead = NULL;
    uint8_t *sealed = file + STORE_WRAP_HEAD_SIZE;
    uint8_t hash[HASH_SHA256_SIZE];
    if (passphrase.len == 0 || passphrase.len > STORE_WRAP_PASSPHRASE_MAX || !is_affordable(cost)) {
        return WAVU_ERR_INVALID;
    }
    write_head(file, cost, random);
    int rc = derive(&wrapping, &aead, file, passphrase, cost);
    if (rc < 0) {
        return rc;
    }
    memcpy(sealed, key, STORE_WRAP_KEY_SIZE);
    aead_seal(aead, &wrapping, nonce, span_of(file, STORE_WRAP_HEAD_SIZE),
              span_mut_of(sealed, STORE_WRAP_KEY_SIZE), sealed + STORE_WRAP_KEY_SIZE);
    hash_sha256(hash, span_of(file, CHECKED_SIZE));
    memcpy(file + CHECKED_SIZE, hash, STORE_WRAP_CHECK_SIZE);
    secret_wipe(&wrapping, sizeof wrapping);
    aead_free(aead);
    return 0;
}
