/*
 * Each person's half is a hash repeated over their root key, so that a key made to look alike costs
 * 5,200 hashes a try. The halves are sorted: both people see the same digits.
 */
#include "members/safety_number.h"

#include <string.h>

#include "base/check.h"
#include "base/multibase.h"
#include "crypto/hash.h"

#define GROUPS 6 /* of five digits, a person */
#define SHOWN 32 /* bytes of a half that a QR carries */

static const char label[] = "wavu safety number 1";
static const char family[] = "WAVU:SAFETY:";
static const char version[] = "1:";

static void repeat_hash(uint8_t out[HASH_SHA512_SIZE], const uint8_t root[SAFETY_NUMBER_ROOT_SIZE])
{
    uint8_t room[HASH_SHA512_SIZE + SAFETY_NUMBER_ROOT_SIZE];
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof room));
    wr_u8(&w, sizeof label - 1);
    wr_text(&w, label);
    wr_bytes(&w, span_of(root, SAFETY_NUMBER_ROOT_SIZE));
    hash_sha512(out, wr_span(&w));
    memcpy(room + HASH_SHA512_SIZE, root, SAFETY_NUMBER_ROOT_SIZE);
    for (int i = 1; i < SAFETY_NUMBER_ROUNDS; i++) {
        memcpy(room, out, HASH_SHA512_SIZE);
        hash_sha512(out, span_of(room, sizeof room));
    }
}

/* Both halves, the smaller first. */
static void make_halves(uint8_t halves[2][HASH_SHA512_SIZE],
                        const uint8_t one[SAFETY_NUMBER_ROOT_SIZE],
                        const uint8_t other[SAFETY_NUMBER_ROOT_SIZE])
{
    uint8_t second[HASH_SHA512_SIZE];
    repeat_hash(halves[0], one);
    repeat_hash(second, other);
    if (span_compare(span_of(second, sizeof second), span_of(halves[0], sizeof second)) < 0) {
        memcpy(halves[1], halves[0], sizeof second);
        memcpy(halves[0], second, sizeof second);
    } else {
        memcpy(halves[1], second, sizeof second);
    }
}

static void write_group(struct wr *w, const uint8_t bytes[5])
{
    uint64_t value = 0;
    uint8_t digits[5];
    for (size_t i = 0; i < 5; i++) {
        value = value << 8 | bytes[i];
    }
    value %= 100000;
    for (size_t i = 5; i > 0; i--) {
        digits[i - 1] = (uint8_t)('0' + value % 10);
        value /= 10;
    }
    wr_bytes(w, span_of(digits, sizeof digits));
}

void safety_number_write(struct wr *w, const uint8_t one[SAFETY_NUMBER_ROOT_SIZE],
                         const uint8_t other[SAFETY_NUMBER_ROOT_SIZE])
{
    uint8_t halves[2][HASH_SHA512_SIZE];
    make_halves(halves, one, other);
    for (size_t group = 0; group < 2 * GROUPS; group++) {
        if (group > 0) {
            wr_text(w, " ");
        }
        write_group(w, halves[group / GROUPS] + 5 * (group % GROUPS));
    }
}

/* Base32 in upper case. */
static void write_letters(struct wr *w, struct span bytes)
{
    uint8_t room[128];
    struct wr letters;
    wr_init(&letters, span_mut_of(room, sizeof room));
    multibase_encode(&letters, MULTIBASE_BASE32, bytes);
    CHECK(wr_finish(&letters) == 0);
    for (size_t i = 0; i < letters.len; i++) {
        room[i] = room[i] >= 'a' && room[i] <= 'z' ? (uint8_t)(room[i] - 'a' + 'A') : room[i];
    }
    wr_bytes(w, wr_span(&letters));
}

void safety_number_write_qr(struct wr *w, const uint8_t one[SAFETY_NUMBER_ROOT_SIZE],
                            const uint8_t other[SAFETY_NUMBER_ROOT_SIZE])
{
    uint8_t halves[2][HASH_SHA512_SIZE];
    uint8_t both[2 * SHOWN];
    make_halves(halves, one, other);
    memcpy(both, halves[0], SHOWN);
    memcpy(both + SHOWN, halves[1], SHOWN);
    wr_text(w, family);
    wr_text(w, version);
    write_letters(w, span_of(both, sizeof both));
}

int safety_number_check_qr(struct span text, const uint8_t one[SAFETY_NUMBER_ROOT_SIZE],
                           const uint8_t other[SAFETY_NUMBER_ROOT_SIZE])
{
    uint8_t expected[SAFETY_NUMBER_QR_MAX];
    const size_t head = sizeof family - 1;
    struct wr w;
    wr_init(&w, span_mut_of(expected, sizeof expected));
    safety_number_write_qr(&w, one, other);
    CHECK(wr_finish(&w) == 0);
    if (!span_has_prefix(text, span_from_text(family))) {
        return WAVU_ERR_INVALID;
    }
    const size_t colon = span_find(text, head, ':');
    const struct span number = span_slice(text, head, colon - head);
    if (colon == text.len || number.len == 0 || number.ptr[0] < '1' || number.ptr[0] > '9') {
        return WAVU_ERR_INVALID;
    }
    if (!span_is_equal(number, span_slice(span_from_text(version), 0, 1))) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (text.len != w.len) {
        return WAVU_ERR_INVALID;
    }
    return span_is_equal(text, wr_span(&w)) ? 0 : WAVU_ERR_CRYPTO;
}

void safety_number_write_print(struct wr *w, const uint8_t root[SAFETY_NUMBER_ROOT_SIZE])
{
    uint8_t hash[HASH_SHA512_SIZE];
    uint8_t letters[17];
    struct wr text;
    repeat_hash(hash, root);
    wr_init(&text, span_mut_of(letters, sizeof letters));
    write_letters(&text, span_of(hash, 10));
    for (size_t group = 0; group < 4; group++) {
        wr_text(w, group > 0 ? "-" : "");
        wr_bytes(w, span_of(letters + 4 * group, 4));
    }
}
