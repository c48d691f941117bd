/*
 * Private networks: the key comes from a file, the byte stream from the link or the layers above;
 * the same bytes leave en- or decrypted.
 */
#include "crypto/pnet.h"

#include <sodium.h>
#include <string.h>

#include "base/check.h"
#include "base/multibase.h"
#include "crypto/secret.h"
#include "wavu/err.h"

#define BLOCK 64       /* bytes of one XSalsa20 block */
#define HEX_SIZE 64    /* characters of a key in base16 */
#define BASE64_SIZE 43 /* characters of a key in base64, without padding */

_Static_assert(PNET_KEY_SIZE == crypto_stream_xsalsa20_KEYBYTES, "key");
_Static_assert(PNET_NONCE_SIZE == crypto_stream_xsalsa20_NONCEBYTES, "nonce");

/* Key files */

/* Cut a line with its end (LF or CRLF) off the front of `*rest`; an unended rest is a line, too. */
static struct span take_line(struct span *rest)
{
    const size_t end = span_find(*rest, 0, '\n');
    struct span line = span_slice(*rest, 0, end);
    *rest = span_slice(*rest, end + 1, rest->len);
    if (line.len > 0 && line.ptr[line.len - 1] == '\r') {
        line.len--;
    }
    return line;
}

/* True when `s` is exactly `text`. */
static bool is_text(struct span s, const char *text)
{
    return span_is_equal(s, span_from_text(text));
}

/* Decode `line`, in lower case when it is base16, which is written in both. */
static int decode_key(uint8_t key[PNET_KEY_SIZE], enum multibase base, struct span line)
{
    uint8_t text[HEX_SIZE];
    uint8_t bytes[PNET_KEY_SIZE];
    CHECK(line.len <= sizeof(text));
    for (size_t i = 0; i < line.len; i++) {
        const uint8_t c = line.ptr[i];
        const bool is_upper = base == MULTIBASE_BASE16 && c >= 'A' && c <= 'F';
        text[i] = is_upper ? (uint8_t)(c - 'A' + 'a') : c;
    }
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    int rc = multibase_decode(&w, base, span_of(text, line.len));
    if (rc == 0 && !w.failed && w.len == PNET_KEY_SIZE) {
        memcpy(key, bytes, PNET_KEY_SIZE);
    } else {
        rc = WAVU_ERR_INVALID;
    }
    secret_wipe(text, sizeof(text));
    secret_wipe(bytes, sizeof(bytes));
    return rc;
}

/* Raw bytes, perhaps with a line's end behind them. */
static int take_binary(uint8_t key[PNET_KEY_SIZE], struct span rest)
{
    if (rest.len < PNET_KEY_SIZE) {
        return WAVU_ERR_INVALID;
    }
    const struct span tail = span_slice(rest, PNET_KEY_SIZE, rest.len);
    if (tail.len > 0 && !is_text(tail, "\n") && !is_text(tail, "\r\n")) {
        return WAVU_ERR_INVALID;
    }
    memcpy(key, rest.ptr, PNET_KEY_SIZE);
    return 0;
}

int pnet_parse_key(uint8_t key[PNET_KEY_SIZE], struct span file)
{
    if (file.len > PNET_FILE_MAX) {
        return WAVU_ERR_INVALID;
    }
    struct span rest = file;
    const struct span kind = take_line(&rest);
    const struct span encoding = take_line(&rest);
    if (!is_text(kind, "/key/swarm/psk/1.0.0/")) {
        return WAVU_ERR_INVALID;
    }
    if (is_text(encoding, "/bin/")) {
        return take_binary(key, rest);
    }
    struct span line = take_line(&rest);
    while (rest.len > 0) { /* empty lines at the end are nobody's harm */
        if (take_line(&rest).len > 0) {
            return WAVU_ERR_INVALID;
        }
    }
    if (is_text(encoding, "/base16/") && line.len == HEX_SIZE) {
        return decode_key(key, MULTIBASE_BASE16, line);
    }
    if (is_text(encoding, "/base64/")) {
        if (line.len == BASE64_SIZE + 1 && line.ptr[BASE64_SIZE] == '=') {
            line.len--;
        }
        return line.len == BASE64_SIZE ? decode_key(key, MULTIBASE_BASE64, line) : WAVU_ERR_INVALID;
    }
    return WAVU_ERR_INVALID;
}

/* The stream */

void pnet_half_init(struct pnet_half *h, const uint8_t key[PNET_KEY_SIZE],
                    const uint8_t nonce[PNET_NONCE_SIZE])
{
    *h = (struct pnet_half){.offset = 0};
    memcpy(h->key, key, PNET_KEY_SIZE);
    memcpy(h->nonce, nonce, PNET_NONCE_SIZE);
}

/* XOR `data` with the cipher's stream from block `block` on. */
static void xor_blocks(const struct pnet_half *h, uint8_t *data, size_t len, uint64_t block)
{
    CHECK(crypto_stream_xsalsa20_xor_ic(data, data, len, h->nonce, block, h->key) == 0);
}

/* XOR up to `len` bytes with what is left of the current block; returns how many. */
static size_t use_pad(struct pnet_half *h, uint8_t *data, size_t len)
{
    const size_t from = (size_t)(h->offset % BLOCK);
    const size_t part = len < BLOCK - from ? len : BLOCK - from;
    for (size_t i = 0; i < part; i++) {
        data[i] ^= h->pad[from + i];
    }
    h->offset += part;
    return part;
}

void pnet_apply(struct pnet_half *h, struct span_mut data)
{
    size_t at = 0;
    /* In three parts: the rest of a begun block, whole blocks at the cipher's speed, a new block
     * that the next call may go on with. */
    if (h->offset % BLOCK != 0) {
        at = use_pad(h, data.ptr, data.len);
    }
    const size_t whole = (data.len - at) / BLOCK * BLOCK;
    if (whole > 0) {
        xor_blocks(h, data.ptr + at, whole, h->offset / BLOCK);
        h->offset += whole;
        at += whole;
    }
    if (at < data.len) {
        memset(h->pad, 0, sizeof(h->pad));
        xor_blocks(h, h->pad, sizeof(h->pad), h->offset / BLOCK);
        (void)use_pad(h, data.ptr + at, data.len - at);
    }
}
