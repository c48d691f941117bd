/*
 * Room entries from any bytes: the stored form is read, written and read again to the same, the
 * sealed plaintext likewise; nothing unsigned verifies.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "group/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void stored(struct span in)
{
    static uint8_t room[ENTRY_STORED_SIZE_MAX];
    struct entry a;
    struct entry b;
    struct wr w;
    static const uint8_t network[32];

    if (entry_read(&a, in) < 0) {
        return;
    }
    CHECK(entry_verify(&a, network, &signer_ed25519) == WAVU_ERR_CRYPTO);
    wr_init(&w, span_mut_of(room, sizeof room));
    entry_write(&w, &a);
    CHECK(wr_finish(&w) == 0);
    CHECK(entry_read(&b, wr_span(&w)) == 0);
    CHECK(span_is_equal(a.content, b.content));
    a.content = b.content;
    CHECK(memcmp(&a, &b, sizeof a) == 0);
}

static void sealed(struct span in)
{
    static uint8_t room[ENTRY_CONTENT_MAX + ENTRY_PLAIN_SIZE_MAX];
    uint8_t hint[ENTRY_ROOM_HINT_SIZE];
    struct entry e;
    struct wr w;

    if (entry_read_plain(&e, hint, in) < 0) {
        return;
    }
    memcpy(e.room, hint, sizeof hint);
    for (size_t i = 0; i < e.parent_count && i < ENTRY_HINTS_MAX; i++) {
        memcpy(e.parents[i], e.hints[i], ENTRY_HINT_SIZE);
    }
    e.has_links = true;
    wr_init(&w, span_mut_of(room, sizeof room));
    entry_write_plain(&w, &e);
    CHECK(wr_finish(&w) == 0 && span_is_equal(wr_span(&w), in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len > 0 && data[0] % 2 == 0) {
        stored(span_of(data + 1, len - 1));
    } else if (len > 0) {
        sealed(span_of(data + 1, len - 1));
    }
    return 0;
}
