/*
 * wavu's primitives, asked line by line: what wycheproof_test.py drives.
 *
 * In: one question a line, words divided by spaces, bytes in hexadecimal, "-" for none.
 *     x25519 SECRET PUBLIC | ed25519 PUBLIC MESSAGE SIGNATURE | hkdf KEY SALT INFO LENGTH
 *     seal KIND KEY NONCE AD PLAIN | open KIND KEY NONCE AD CIPHER TAG     (KIND: chacha or gcm)
 * Out: a line each: hexadecimal, "good", or "refused". An unknown question ends the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/wr.h"
#include "crypto/aead.h"
#include "crypto/ed25519.h"
#include "crypto/hkdf.h"
#include "crypto/secret.h"
#include "crypto/x25519.h"

#define WORDS 8
#define LINE_MAX_SIZE (1 << 20)

struct question {
    size_t count;
    const char *word[WORDS];
    struct span_mut bytes[WORDS]; /* of the words that are hexadecimal */
};

static int digit(char c)
{
    const char *const digits = "0123456789abcdef";
    const char *at = c != 0 ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* Decode a word over itself; empty where it is no hexadecimal. */
static struct span_mut decode(char *word)
{
    const size_t len = strlen(word);
    uint8_t *out = (uint8_t *)word;
    for (size_t i = 0; i + 1 < len; i += 2) {
        const int high = digit(word[i]);
        const int low = digit(word[i + 1]);
        if (high < 0 || low < 0) {
            return span_mut_of(out, 0);
        }
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    return span_mut_of(out, len % 2 == 0 ? len / 2 : 0);
}

static void split(struct question *q, char *line)
{
    char *rest = line;
    memset(q, 0, sizeof *q);
    while (rest != NULL && q->count < WORDS) {
        char *word = strsep(&rest, " \n");
        if (*word != 0) {
            q->word[q->count] = word;
            q->count++;
        }
    }
    const size_t first =
        q->count > 0 && (strcmp(q->word[0], "seal") == 0 || strcmp(q->word[0], "open") == 0) ? 2
                                                                                             : 1;
    for (size_t i = first; i < q->count; i++) {
        /* Words are parts of `line`, which is ours to write to. */
        q->bytes[i] = decode(line + (q->word[i] - line));
    }
}

static void say(struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        printf("%02x", bytes.ptr[i]);
    }
}

static void refuse(void)
{
    printf("refused");
}

static void ask_x25519(const struct question *q)
{
    uint8_t out[X25519_SIZE];
    if (q->bytes[1].len != X25519_SIZE || q->bytes[2].len != X25519_SIZE ||
        x25519_shared(out, q->bytes[1].ptr, q->bytes[2].ptr) < 0) {
        refuse();
        return;
    }
    say(span_of(out, sizeof out));
}

static void ask_ed25519(const struct question *q)
{
    if (q->bytes[1].len != ED25519_PUBLIC_SIZE || q->bytes[3].len != ED25519_SIGNATURE_SIZE ||
        ed25519_verify(q->bytes[3].ptr, q->bytes[1].ptr, span_from_mut(q->bytes[2])) < 0) {
        refuse();
        return;
    }
    printf("good");
}

static void ask_hkdf(const struct question *q)
{
    uint8_t prk[32];
    const uint8_t *length = q->bytes[4].ptr;
    const size_t len = q->bytes[4].len == 2 ? (size_t)(length[0] << 8 | length[1]) : 0;
    uint8_t *out = mem_new(len + 1);
    hkdf_extract(prk, span_from_mut(q->bytes[2]), span_from_mut(q->bytes[1]));
    if (len == 0 || hkdf_expand(span_mut_of(out, len), prk, span_from_mut(q->bytes[3])) < 0) {
        refuse();
    } else {
        say(span_of(out, len));
    }
    mem_free(out);
}

static void ask_aead(struct aead *aead, const struct question *q, bool is_open)
{
    struct aead_key key = {.kind = strcmp(q->word[1], "gcm") == 0 ? AEAD_AES256_GCM
                                                                  : AEAD_CHACHA20_POLY1305};
    const struct span ad = span_from_mut(q->bytes[4]);
    const struct span_mut data = q->bytes[5];
    uint8_t tag[AEAD_TAG_SIZE];
    CHECK(q->bytes[2].len == AEAD_KEY_SIZE && q->bytes[3].len == AEAD_NONCE_SIZE);
    memcpy(key.bytes, q->bytes[2].ptr, sizeof key.bytes);
    if (!is_open) {
        aead_seal(aead, &key, q->bytes[3].ptr, ad, data, tag);
        say(span_from_mut(data));
        say(span_of(tag, sizeof tag));
        return;
    }
    if (q->bytes[6].len != AEAD_TAG_SIZE ||
        aead_open(aead, &key, q->bytes[3].ptr, ad, data, q->bytes[6].ptr) < 0) {
        refuse();
        return;
    }
    printf("plain ");
    say(span_from_mut(data));
}

int main(void)
{
    char *line = mem_new(LINE_MAX_SIZE);
    struct aead *aead = aead_new();
    int rc = 0;
    if (secret_start() != 0 || aead == NULL) {
        return 1;
    }
    while (rc == 0 && fgets(line, LINE_MAX_SIZE, stdin) != NULL) {
        struct question q;
        split(&q, line);
        if (q.count == 3 && strcmp(q.word[0], "x25519") == 0) {
            ask_x25519(&q);
        } else if (q.count == 4 && strcmp(q.word[0], "ed25519") == 0) {
            ask_ed25519(&q);
        } else if (q.count == 5 && strcmp(q.word[0], "hkdf") == 0) {
            ask_hkdf(&q);
        } else if ((q.count == 6 && strcmp(q.word[0], "seal") == 0) ||
                   (q.count == 7 && strcmp(q.word[0], "open") == 0)) {
            ask_aead(aead, &q, q.count == 7);
        } else {
            fprintf(stderr, "wycheproof_tool: a question of %zu words is not known\n", q.count);
            rc = 2;
        }
        printf("\n");
    }
    aead_free(aead);
    mem_free(line);
    return rc;
}
