/*
 * Four bytes of SHA-256 behind the message find what was cut when it was pasted: a code that was
 * read wrongly costs a try.
 */
#include "members/code_qr.h"

#include <string.h>

#include "base/check.h"
#include "base/pb.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

#define CHECK_SIZE 4
#define FORMAT 1

static const char family[] = "WAVU:JOIN:";

enum {
    QR_FORMAT = 1,
    QR_NUMBER = 2,
    QR_LIST = 3,
    QR_WORDS = 4,
    QR_DEVICE = 5,
    QR_NETWORK = 6,
    QR_ADDRESS = 7
};

bool code_qr_is(struct span text)
{
    return qr_text_is(text, family);
}

static void write_message(struct wr *w, const struct code_qr *qr)
{
    pb_write_varint(w, QR_FORMAT, FORMAT);
    pb_write_varint(w, QR_NUMBER, qr->code.number);
    pb_write_varint(w, QR_LIST, (uint64_t)qr->code.list);
    pb_write_bytes(w, QR_WORDS, span_of(qr->code.words, sizeof qr->code.words));
    pb_write_bytes(w, QR_DEVICE, span_of(qr->device, sizeof qr->device));
    if (qr->has_network) {
        pb_write_bytes(w, QR_NETWORK, span_of(qr->network, sizeof qr->network));
    }
    for (size_t i = 0; i < qr->count && i < CODE_QR_ADDRESSES_MAX; i++) {
        const struct multiaddr *a = &qr->addresses[i];
        if (w->len + pb_bytes_size(QR_ADDRESS, a->len) + CHECK_SIZE <= CODE_QR_BYTES_MAX) {
            pb_write_bytes(w, QR_ADDRESS, span_of(a->bytes, a->len));
        }
    }
}

void code_qr_write(struct wr *w, const struct code_qr *qr)
{
    uint8_t bytes[CODE_QR_BYTES_MAX];
    uint8_t hash[HASH_SHA256_SIZE];
    struct wr message;
    wr_init(&message, span_mut_of(bytes, sizeof bytes));
    write_message(&message, qr);
    hash_sha256(hash, wr_span(&message));
    wr_bytes(&message, span_of(hash, CHECK_SIZE));
    CHECK(wr_finish(&message) == 0);
    qr_text_write(w, family, wr_span(&message));
    secret_wipe(bytes, sizeof bytes);
}

static void take_address(struct code_qr *qr, struct span bytes)
{
    if (qr->count < CODE_QR_ADDRESSES_MAX &&
        multiaddr_decode(&qr->addresses[qr->count], bytes) == 0) {
        qr->count++;
    }
}

static bool copy_exactly(uint8_t *out, size_t len, const struct pb_field *field)
{
    if (field->wire != PB_BYTES || field->bytes.len != len) {
        return false;
    }
    memcpy(out, field->bytes.ptr, len);
    return true;
}

/* Whether `field` is as it must be; unknown ones are. */
static bool take_field(struct code_qr *qr, const struct pb_field *field)
{
    const bool is_number = field->wire == PB_VARINT;
    switch (field->number) {
    case QR_FORMAT:
        return is_number && field->value == FORMAT;
    case QR_NUMBER:
        qr->code.number = (uint16_t)(field->value & 0xffff);
        return is_number && field->value >= 1 && field->value <= CODE_NUMBER_MAX;
    case QR_LIST:
        qr->code.list = field->value == 0 ? WORDS_ENGLISH : WORDS_SWAHILI;
        return is_number && field->value < WORDS_LISTS;
    case QR_WORDS:
        return copy_exactly(qr->code.words, sizeof qr->code.words, field);
    case QR_DEVICE:
        return copy_exactly(qr->device, sizeof qr->device, field);
    case QR_NETWORK:
        qr->has_network = true;
        return copy_exactly(qr->network, sizeof qr->network, field);
    case QR_ADDRESS:
        if (field->wire == PB_BYTES) {
            take_address(qr, field->bytes);
        }
        return field->wire == PB_BYTES;
    default:
        return true;
    }
}

static int read_message(struct code_qr *qr, struct span message)
{
    const unsigned once = 1U << QR_FORMAT | 1U << QR_NUMBER | 1U << QR_LIST | 1U << QR_WORDS |
                          1U << QR_DEVICE | 1U << QR_NETWORK;
    unsigned seen = 0;
    struct pb p;
    struct pb_field field;
    pb_init(&p, message);
    while (pb_next(&p, &field)) {
        const unsigned bit = field.number <= QR_ADDRESS ? 1U << field.number : 0;
        if ((seen & bit & once) != 0 || !take_field(qr, &field)) {
            return WAVU_ERR_INVALID;
        }
        seen |= bit;
    }
    if (pb_finish(&p) < 0 || (seen | 1U << QR_NETWORK) != ((seen & 1U << QR_ADDRESS) | once)) {
        return WAVU_ERR_INVALID;
    }
    return 0;
}

/* Take the check away from behind `out`. */
static int take_check(struct wr *out)
{
    uint8_t hash[HASH_SHA256_SIZE];
    if (out->len <= CHECK_SIZE) {
        return WAVU_ERR_INVALID;
    }
    out->len -= CHECK_SIZE;
    hash_sha256(hash, wr_span(out));
    return span_is_equal(span_of(hash, CHECK_SIZE), span_of(out->out.ptr + out->len, CHECK_SIZE))
               ? 0
               : WAVU_ERR_INVALID;
}

int code_qr_parse(struct code_qr *qr, struct span text)
{
    uint8_t bytes[CODE_QR_BYTES_MAX];
    struct code_qr read;
    struct wr w;
    memset(&read, 0, sizeof read);
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    int rc = qr_text_parse(&w, family, text);
    if (rc == 0) {
        rc = take_check(&w);
    }
    if (rc == 0) {
        rc = read_message(&read, wr_span(&w));
    }
    if (rc == 0) {
        *qr = read;
    }
    secret_wipe(bytes, sizeof bytes);
    secret_wipe(&read, sizeof read);
    return rc;
}
