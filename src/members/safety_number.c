/*
 * Each person's half is a hash repeated over their root key, so that a key made to look alike costs
 * 5,200 hashes a try. The halves are sorted: both people see the same digits.
 */
#include "members/safety_number.h"

#include <string.h>

#include "base/check.h"
#include "crypto/hash.h"
#include "members/qr_text.h"

#define GROUPS 6 /* of five digits, a person */
#define SHOWN 32 /* bytes of a half that a QR carries */

static const char label[] = "wavu safety number 1";
static const char family[] = "WAVU:SAFETY:";

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

void safety_number_write_qr(struct wr *w, const uint8_t one[SAFETY_NUMBER_ROOT_SIZE],
                            const uint8_t other[SAFETY_NUMBER_ROOT_SIZE])
{
    uint8_t halves[2][HASH_SHA512_SIZE];
    uint8_t both[2 * SHOWN];
    make_halves(halves, one, other);
    memcpy(both, halves[0], SHOWN);
    memcpy(both + SHOWN, halves[1], SHOWN);
    qr_text_write(w, family, span_of(both, sizeof both));
}

/* Both halves that a text holds, in their order. */
static enum safety_number_verdict read_qr(uint8_t both[2 * SHOWN], struct span text)
{
    uint8_t room[QR_TEXT_BYTES_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof room));
    const int rc = qr_text_parse(&w, family, text);
    if (rc == WAVU_ERR_UNSUPPORTED) {
        return SAFETY_NUMBER_NEWER;
    }
    if (rc < 0) {
        return qr_text_is(text, family) ? SAFETY_NUMBER_DAMAGED : SAFETY_NUMBER_NONE;
    }
    if (w.len != 2 * SHOWN ||
        span_compare(span_of(room, SHOWN), span_of(room + SHOWN, SHOWN)) > 0) {
        return SAFETY_NUMBER_DAMAGED;
    }
    memcpy(both, room, 2 * SHOWN);
    return SAFETY_NUMBER_SAME;
}

static bool is_half(const uint8_t shown[SHOWN], const uint8_t half[HASH_SHA512_SIZE])
{
    return span_is_equal(span_of(shown, SHOWN), span_of(half, SHOWN));
}

static enum safety_number_verdict compare(const uint8_t both[2 * SHOWN],
                                          const uint8_t ours[SAFETY_NUMBER_ROOT_SIZE],
                                          const uint8_t theirs[SAFETY_NUMBER_ROOT_SIZE])
{
    const uint8_t *first = both;
    const uint8_t *second = both + SHOWN;
    uint8_t our_half[HASH_SHA512_SIZE];
    uint8_t their_half[HASH_SHA512_SIZE];
    repeat_hash(our_half, ours);
    repeat_hash(their_half, theirs);
    if ((is_half(first, our_half) && is_half(second, their_half)) ||
        (is_half(first, their_half) && is_half(second, our_half))) {
        return SAFETY_NUMBER_SAME;
    }
    if (is_half(first, their_half) || is_half(second, their_half)) {
        return SAFETY_NUMBER_OUR_KEY;
    }
    return is_half(first, our_half) || is_half(second, our_half) ? SAFETY_NUMBER_THEIR_KEY
                                                                 : SAFETY_NUMBER_BOTH_KEYS;
}

int safety_number_check_qr(enum safety_number_verdict *verdict, struct span text,
                           const uint8_t ours[SAFETY_NUMBER_ROOT_SIZE],
                           const uint8_t theirs[SAFETY_NUMBER_ROOT_SIZE])
{
    uint8_t both[2 * SHOWN];
    *verdict = read_qr(both, text);
    if (*verdict == SAFETY_NUMBER_SAME) {
        *verdict = compare(both, ours, theirs);
    }
    switch (*verdict) {
    case SAFETY_NUMBER_SAME:
        return 0;
    case SAFETY_NUMBER_NEWER:
        return WAVU_ERR_UNSUPPORTED;
    case SAFETY_NUMBER_NONE:
    case SAFETY_NUMBER_DAMAGED:
        return WAVU_ERR_INVALID;
    case SAFETY_NUMBER_THEIR_KEY:
    case SAFETY_NUMBER_OUR_KEY:
    case SAFETY_NUMBER_BOTH_KEYS:
        break;
    }
    return WAVU_ERR_CRYPTO;
}

const char *safety_number_explain(enum safety_number_verdict verdict)
{
    switch (verdict) {
    case SAFETY_NUMBER_SAME:
        return "The safety numbers are the same: nobody stands between you.";
    case SAFETY_NUMBER_THEIR_KEY:
        return "The other screen shows another key of theirs than the one known here. Unless they "
               "made a new identity, somebody stands between you: send nothing that matters.";
    case SAFETY_NUMBER_OUR_KEY:
        return "The other screen shows another key of yours than the one used here. Unless you "
               "made a new identity, somebody stands between you: send nothing that matters.";
    case SAFETY_NUMBER_BOTH_KEYS:
        return "The other screen shows neither your key nor theirs. It is the number of two other "
               "people, or somebody stands between you: open each other's page and compare again.";
    case SAFETY_NUMBER_NONE:
        return "This is no safety number; scan the one that the other screen shows for you.";
    case SAFETY_NUMBER_DAMAGED:
        return "This safety number was not read whole; scan it again.";
    case SAFETY_NUMBER_NEWER:
        return "This safety number is of a newer wavu; update this one.";
    }
    return "The safety number cannot be understood.";
}

void safety_number_write_print(struct wr *w, const uint8_t root[SAFETY_NUMBER_ROOT_SIZE])
{
    uint8_t hash[HASH_SHA512_SIZE];
    uint8_t letters[17];
    struct wr text;
    repeat_hash(hash, root);
    wr_init(&text, span_mut_of(letters, sizeof letters));
    qr_text_write_letters(&text, span_of(hash, 10));
    for (size_t group = 0; group < 4; group++) {
        wr_text(w, group > 0 ? "-" : "");
        wr_bytes(w, span_of(letters + 4 * group, 4));
    }
}
