/*
 * wavu's side of the tests that hold its ML-KEM-768 against others': one request a line on stdin,
 * one answer a line on stdout, bytes in hexadecimal.
 *
 *   wavu_mlkem [house|portable|avx2]        default: house, what wavu uses on this machine
 *
 *   make SEED                       PUBLIC SECRET
 *   encapsulate PUBLIC MESSAGE      CIPHERTEXT SHARED, or "refused"
 *   decapsulate SECRET CIPHERTEXT   SHARED
 *   check SECRET                    "good" or "refused"
 *
 * Exit 0 at the end of stdin; 77 when this processor lacks what was asked for; 2 at a line that is
 * none of these.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/mlkem_core.h"
#include "crypto/secret.h"

#define WORDS_MAX 3
#define LINE_MAX_LEN 16384

static const struct mlkem_ops *ops; /* NULL: the house's */

static int digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    return at == NULL ? -1 : (int)(at - digits);
}

/* Exactly `len` bytes from `text`; false when it is something else. */
static bool parse(uint8_t *out, size_t len, const char *text)
{
    if (text == NULL || strlen(text) != 2 * len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        const int high = digit(text[2 * i]);
        const int low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static void print(const uint8_t *bytes, size_t len, char end)
{
    for (size_t i = 0; i < len; i++) {
        printf("%02x", bytes[i]);
    }
    putchar(end);
}

static bool make(char **words)
{
    uint8_t seed[MLKEM_SEED_SIZE];
    struct mlkem_pair pair;
    if (!parse(seed, sizeof(seed), words[1])) {
        return false;
    }
    if (ops == NULL) {
        mlkem_from_seed(&pair, seed);
    } else {
        mlkem_core_from_seed(ops, &pair, seed);
    }
    print(pair.public_key, sizeof(pair.public_key), ' ');
    print(pair.secret, sizeof(pair.secret), '\n');
    return true;
}

static bool encapsulate(char **words)
{
    uint8_t public_key[MLKEM_PUBLIC_SIZE];
    uint8_t message[MLKEM_MESSAGE_SIZE];
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
    uint8_t shared[MLKEM_SHARED_SIZE];
    if (!parse(public_key, sizeof(public_key), words[1]) ||
        !parse(message, sizeof(message), words[2])) {
        return false;
    }
    const int rc = ops == NULL
                       ? mlkem_encapsulate_message(ciphertext, shared, public_key, message)
                       : mlkem_core_encapsulate(ops, ciphertext, shared, public_key, message);
    if (rc != 0) {
        puts("refused");
        return true;
    }
    print(ciphertext, sizeof(ciphertext), ' ');
    print(shared, sizeof(shared), '\n');
    return true;
}

static bool decapsulate(char **words)
{
    uint8_t secret[MLKEM_SECRET_SIZE];
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
    uint8_t shared[MLKEM_SHARED_SIZE];
    if (!parse(secret, sizeof(secret), words[1]) ||
        !parse(ciphertext, sizeof(ciphertext), words[2])) {
        return false;
    }
    if (ops == NULL) {
        mlkem_decapsulate(shared, secret, ciphertext);
    } else {
        mlkem_core_decapsulate(ops, shared, secret, ciphertext);
    }
    print(shared, sizeof(shared), '\n');
    return true;
}

static bool check(char **words)
{
    uint8_t secret[MLKEM_SECRET_SIZE];
    if (!parse(secret, sizeof(secret), words[1])) {
        return false;
    }
    puts(mlkem_core_check_secret(secret) == 0 ? "good" : "refused");
    return true;
}

static bool answer(char *line)
{
    char *words[WORDS_MAX] = {NULL};
    char *rest = NULL;
    for (size_t i = 0; i < WORDS_MAX; i++) {
        words[i] = strtok_r(i == 0 ? line : NULL, " \n", &rest);
    }
    if (words[0] == NULL) {
        return false;
    }
    return (strcmp(words[0], "make") == 0 && make(words)) ||
           (strcmp(words[0], "encapsulate") == 0 && encapsulate(words)) ||
           (strcmp(words[0], "decapsulate") == 0 && decapsulate(words)) ||
           (strcmp(words[0], "check") == 0 && check(words));
}

int main(int argc, char **argv)
{
    static char line[LINE_MAX_LEN];
    const char *set = argc > 1 ? argv[1] : "house";
    if (strcmp(set, "house") != 0) {
        ops = strcmp(set, "avx2") == 0 ? mlkem_ops_avx2() : mlkem_ops_portable();
        if (ops == NULL) {
            puts("this processor has no AVX2");
            return 77;
        }
    }
    if (secret_start() != 0) {
        return 1;
    }
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (!answer(line)) {
            fputs("a line that is no request\n", stderr);
            return 2;
        }
        fflush(stdout);
    }
    return 0;
}
