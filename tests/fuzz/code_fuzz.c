/*
 * Join codes as people type, paste and scan them: whatever comes is read or explained, and what was
 * read is written and read again alike.
 */
#include <string.h>

#include "base/check.h"
#include "base/multibase.h"
#include "crypto/hash.h"
#include "members/code_qr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_typed(struct span text)
{
    struct code code;
    struct code again;
    struct code_fault fault;
    uint8_t out[256];
    struct wr w;
    wr_init(&w, span_mut_of(out, sizeof out));
    if (code_parse(&code, &fault, text) < 0) {
        code_explain(&w, &fault);
        CHECK(wr_finish(&w) == 0 && w.len > 0);
        return;
    }
    code_write(&w, &code);
    CHECK(wr_finish(&w) == 0 && code_parse(&again, &fault, wr_span(&w)) == 0);
    CHECK(again.number == code.number && again.list == code.list);
    CHECK(memcmp(again.words, code.words, sizeof code.words) == 0);
}

static void check_qr(struct span text)
{
    static uint8_t out[CODE_QR_TEXT_MAX];
    struct code_qr qr;
    struct code_qr again;
    struct wr w;
    if (code_qr_parse(&qr, text) < 0) {
        return;
    }
    wr_init(&w, span_mut_of(out, sizeof out));
    code_qr_write(&w, &qr);
    CHECK(wr_finish(&w) == 0 && code_qr_parse(&again, wr_span(&w)) == 0);
    CHECK(again.count <= qr.count && again.code.number == qr.code.number);
}

/* The input as a message with its check, so that the parser behind it is reached. */
static void check_qr_message(struct span message)
{
    static uint8_t bytes[CODE_QR_BYTES_MAX];
    static uint8_t text[CODE_QR_TEXT_MAX];
    uint8_t hash[HASH_SHA256_SIZE];
    struct wr w;
    if (message.len + 4 > sizeof bytes) {
        return;
    }
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_bytes(&w, message);
    hash_sha256(hash, message);
    wr_bytes(&w, span_of(hash, 4));
    const struct span with_check = wr_span(&w);
    wr_init(&w, span_mut_of(text, sizeof text));
    wr_text(&w, "WAVU:JOIN:1:");
    multibase_encode(&w, MULTIBASE_BASE32, with_check);
    check_qr(wr_span(&w));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span in = span_of(data, size);
    check_typed(in);
    check_qr(in);
    check_qr_message(in);
    return 0;
}
