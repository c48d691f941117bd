/*
 * Room entries from any bytes: the stored form is read, written and read again to the same, the
 * sealed plaintext likewise; nothing unsigned verifies. What a member signs of it verifies in both
 * forms, in the sealed one when a broadcast names it, and bent in neither.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "group/entry.h"
#include "tests/support/broadcasts.h"
#include "tests/support/group_world.h"

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
    CHECK(entry_write(&w, &a) == 0 && wr_finish(&w) == 0);
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
    struct wr w = {0};

    if (entry_read_plain(&e, hint, in) < 0) {
        return;
    }
    memcpy(e.room, hint, sizeof hint);
    static const uint8_t network[32];

    CHECK(entry_write(&w, &e) == WAVU_ERR_INVALID);
    entry_hash_content(&e);
    CHECK(entry_verify(&e, network, &signer_ed25519) == WAVU_ERR_CRYPTO);
    wr_init(&w, span_mut_of(room, sizeof room));
    CHECK(entry_write_plain(&w, &e) == 0);
    CHECK(wr_finish(&w) == 0 && span_is_equal(wr_span(&w), in));
}

/* Read a plaintext as an entry of the room, device and salt of `of`, in a broadcast that names
 * that. */
static int prove(struct entry *e, struct span plain, const struct entry *of,
                 const uint8_t network[32])
{
    uint8_t hint[ENTRY_ROOM_HINT_SIZE];
    struct entry_proof_named by;
    int rc = entry_read_plain(e, hint, plain);

    if (rc == 0) {
        memcpy(e->room, of->room, 32);
        memcpy(e->device, of->device, 32);
        memcpy(e->salt, of->salt, 32);
        broadcasts_name(&by, of, network);
        rc = entry_prove(e, network, &by);
    }
    return rc;
}

/* The first four bytes say where it is bent, and how. */
static void by_member(struct span in)
{
    static uint8_t room[ENTRY_STORED_SIZE_MAX];
    static const struct ed25519_pair pair = {.public_key = {1, 2, 3}};
    static const uint8_t network[32] = {4};
    struct entry a;
    struct entry b;
    uint8_t ids[2][ENTRY_ID_SIZE];
    struct wr w;

    if (in.len < 4 || entry_read(&a, span_slice(in, 4, in.len - 4)) < 0) {
        return;
    }
    memcpy(a.device, pair.public_key, 32);
    if (entry_sign(&a, network, &group_world_null_signer, &pair) < 0) {
        return; /* a number too large */
    }
    size_t at = (size_t)in.ptr[0] << 16 | (size_t)in.ptr[1] << 8 | in.ptr[2];
    uint8_t bend = in.ptr[3] != 0 ? in.ptr[3] : 1;
    CHECK(entry_verify(&a, network, &group_world_null_signer) == 0);
    entry_id(ids[0], &a, network);
    wr_init(&w, span_mut_of(room, sizeof room));
    CHECK(entry_write(&w, &a) == 0 && wr_finish(&w) == 0);
    CHECK(entry_read(&b, wr_span(&w)) == 0);
    CHECK(entry_verify(&b, network, &group_world_null_signer) == 0);
    room[at % w.len] ^= bend;
    if (entry_read(&b, wr_span(&w)) == 0 &&
        entry_verify(&b, network, &group_world_null_signer) == 0) {
        entry_id(ids[1], &b, network); /* a field that is not signed, or content that is gone */
        CHECK(memcmp(ids[0], ids[1], ENTRY_ID_SIZE) == 0);
        CHECK(!b.has_content || span_is_equal(a.content, b.content));
    }
    wr_init(&w, span_mut_of(room, sizeof room));
    CHECK(entry_write_plain(&w, &a) == 0 && wr_finish(&w) == 0);
    CHECK(prove(&b, wr_span(&w), &a, network) == 0);
    entry_id(ids[1], &b, network);
    CHECK(memcmp(ids[0], ids[1], ENTRY_ID_SIZE) == 0 && span_is_equal(a.content, b.content));
    room[ENTRY_ROOM_HINT_SIZE + at % (w.len - ENTRY_ROOM_HINT_SIZE)] ^= bend;
    CHECK(prove(&b, wr_span(&w), &a, network) == WAVU_ERR_CRYPTO);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len > 0 && data[0] % 4 == 2) {
        by_member(span_of(data + 1, len - 1));
    } else if (len > 0 && data[0] % 2 == 0) {
        stored(span_of(data + 1, len - 1));
    } else if (len > 0) {
        sealed(span_of(data + 1, len - 1));
    }
    return 0;
}
