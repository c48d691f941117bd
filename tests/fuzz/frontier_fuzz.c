/* A frontier from any bytes; signatures are taken as given. What opens is sealed again to what
 * opens to the same. */
#include "chat/frontier.h"

#include <string.h>

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t room[FRONTIER_SIZE_MAX];

static void sign(void *context, uint8_t signature[SIGNER_SIZE], const struct ed25519_pair *pair,
                 const char *label, struct span body)
{
    (void)context;
    (void)pair;
    (void)label;
    (void)body;
    memset(signature, 1, SIGNER_SIZE);
}

static int verify(void *context, const uint8_t signature[SIGNER_SIZE],
                  const uint8_t who[ED25519_PUBLIC_SIZE], const char *label, struct span body)
{
    (void)context;
    (void)signature;
    (void)who;
    (void)label;
    (void)body;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t network[32];
    static const struct ed25519_pair pair;
    const struct signer signer = {.sign = sign, .verify = verify};
    struct frontier a;
    struct frontier b;
    struct wr w;

    if (frontier_open(&a, span_of(data, len), network, &signer) == 0) {
        wr_init(&w, span_mut_of(room, sizeof room));
        CHECK(frontier_seal(&w, &a, network, &signer, &pair) == 0);
        CHECK(frontier_open(&b, wr_span(&w), network, &signer) == 0);
        CHECK(a.count == b.count && span_is_equal(a.rows, b.rows) && a.number == b.number &&
              memcmp(a.device, b.device, 32) == 0 && memcmp(a.room, b.room, 32) == 0 &&
              a.has_read == b.has_read && a.read_height == b.read_height);
    }
    return 0;
}
