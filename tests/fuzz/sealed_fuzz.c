/*
 * Sealed boxes from strangers: nothing opens that was not sealed, and nothing else happens.
 */
#include <string.h>

#include "base/check.h"
#include "crypto/sealed.h"
#include "crypto/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct aead *aead;
static struct hybrid_pair pair;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[HYBRID_SEED_SIZE] = {1};
    struct sealed_means means;
    struct random_seeded seeded;
    struct buf box;
    struct buf out;
    if (aead == NULL) {
        CHECK(secret_start() == 0);
        aead = aead_new();
        CHECK(aead != NULL);
        hybrid_from_seed(&pair, seed);
    }
    random_seeded_init(&seeded, size);
    const struct random random = random_from_seeded(&seeded);
    means = (struct sealed_means){.aead = aead, .random = &random};
    buf_init(&box, 1 << 17);
    buf_init(&out, 1 << 17);
    CHECK(sealed_open(&means, &pair, span_empty(), span_of(data, size), &out) < 0);
    CHECK(sealed_open_classic(&means, &pair.x25519, span_empty(), span_of(data, size), &out) < 0);
    CHECK(out.len == 0);

    /* A good box with the input laid over it: it opens when nothing changed. */
    const struct span plain = span_of(data, size < 64 ? size : 64);
    CHECK(sealed_make_classic(&means, pair.x25519.public_key, span_empty(), plain, &box) == 0);
    bool is_same = true;
    for (size_t i = 0; i < size && i < box.len; i++) {
        is_same = is_same && data[i] == 0;
        box.ptr[i] ^= data[i];
    }
    const int rc = sealed_open_classic(&means, &pair.x25519, span_empty(), buf_span(&box), &out);
    CHECK((rc == 0) == is_same);
    CHECK(rc < 0 || span_is_equal(buf_span(&out), plain));
    buf_clear(&box);
    buf_clear(&out);
    return 0;
}
