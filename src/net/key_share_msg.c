/*
 * Message 1 to two tokens and back. Its 1,216 bytes are more than one token may hold (1,024), and a
 * token that begins with a slash and has no line feed inside is a protocol's name to every
 * implementation: hence base64url, in two pieces.
 */
#include "net/key_share_msg.h"

#include "base/check.h"
#include "base/multibase.h"
#include "base/varint.h"
#include "mux/multistream.h"

#define LENGTH (1 + KEY_SHARE_MSG_TEXT + 1) /* what the length counts */
#define LENGTH_SIZE 2

/* The text of a token is made of two pieces, because base/multibase takes 512 bytes at most; the
 * first has whole groups of three, so that the texts join. */
#define HEAD_BYTES 456
#define HEAD_TEXT (HEAD_BYTES / 3 * 4)

_Static_assert(NOISE_HYBRID_FIRST % KEY_SHARE_MSG_TOKENS == 0, "equal parts");
_Static_assert(LENGTH <= MULTISTREAM_TOKEN_MAX, "a token that every implementation reads");
_Static_assert(LENGTH >= 1 << 7 && LENGTH < 1 << 14, "its length has two bytes");
_Static_assert(HEAD_BYTES % 3 == 0 && HEAD_BYTES <= MULTIBASE_INPUT_MAX, "whole groups");
_Static_assert(KEY_SHARE_MSG_PART - HEAD_BYTES <= MULTIBASE_INPUT_MAX, "the rest in one piece");

void key_share_msg_encode(uint8_t out[KEY_SHARE_MSG_SIZE], const uint8_t first[NOISE_HYBRID_FIRST])
{
    struct wr w;
    wr_init(&w, span_mut_of(out, KEY_SHARE_MSG_SIZE));
    for (size_t i = 0; i < KEY_SHARE_MSG_TOKENS; i++) {
        const struct span part = span_of(first + i * KEY_SHARE_MSG_PART, KEY_SHARE_MSG_PART);
        uint8_t length[VARINT_SIZE_MAX];
        wr_bytes(&w, span_of(length, varint_encode(LENGTH, length)));
        wr_u8(&w, '/');
        multibase_encode(&w, MULTIBASE_BASE64URL, span_slice(part, 0, HEAD_BYTES));
        multibase_encode(&w, MULTIBASE_BASE64URL, span_slice(part, HEAD_BYTES, part.len));
        wr_u8(&w, '\n');
    }
    CHECK(wr_finish(&w) == 0 && w.len == KEY_SHARE_MSG_SIZE);
}

int key_share_msg_decode(uint8_t first[NOISE_HYBRID_FIRST], const uint8_t in[KEY_SHARE_MSG_SIZE])
{
    uint8_t length[VARINT_SIZE_MAX];
    const struct span wanted = span_of(length, varint_encode(LENGTH, length));
    struct wr w;
    wr_init(&w, span_mut_of(first, NOISE_HYBRID_FIRST));
    for (size_t i = 0; i < KEY_SHARE_MSG_TOKENS; i++) {
        const struct span token =
            span_of(in + i * KEY_SHARE_MSG_TOKEN_SIZE, KEY_SHARE_MSG_TOKEN_SIZE);
        const struct span text = span_slice(token, LENGTH_SIZE + 1, KEY_SHARE_MSG_TEXT);
        if (!span_has_prefix(token, wanted) || token.ptr[LENGTH_SIZE] != '/' ||
            token.ptr[KEY_SHARE_MSG_TOKEN_SIZE - 1] != '\n' ||
            multibase_decode(&w, MULTIBASE_BASE64URL, span_slice(text, 0, HEAD_TEXT)) != 0 ||
            multibase_decode(&w, MULTIBASE_BASE64URL, span_slice(text, HEAD_TEXT, text.len)) != 0) {
            return WAVU_ERR_PROTO;
        }
    }
    return wr_finish(&w) == 0 ? 0 : WAVU_ERR_PROTO;
}
