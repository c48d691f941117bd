/*
 * Lines of words: whatever stands there is read to its end in bounded steps; each word, written
 * with shell_words_quote, is read again as itself.
 */
#include "apps/shell/shell_words.h"

#include <stdint.h>
#include <string.h>

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_again(const char *word)
{
    static struct shell_words again;
    static char quoted[2 * SHELL_WORDS_LINE_MAX + 3];
    if (shell_words_quote(word, quoted, sizeof quoted) < 0) {
        CHECK(strchr(word, '\n') != NULL);
        return;
    }
    size_t len = strlen(quoted);
    if (len <= SHELL_WORDS_LINE_MAX) {
        CHECK(shell_words_read(&again, quoted, len) == 0);
        CHECK(again.count == 1 && again.used == len && again.last_at == 0);
        CHECK(strcmp(again.items[0], word) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct shell_words words;
    const char *line = (const char *)data;
    size_t at = 0;
    int rc = 0;
    while (rc == 0 && at < len) {
        rc = shell_words_read(&words, line + at, len - at);
        CHECK(rc == 0 || rc == WAVU_ERR_PROTO || rc == WAVU_ERR_LIMIT || rc == WAVU_ERR_INVALID);
        CHECK(rc < 0 || (words.used > 0 && words.used <= len - at));
        CHECK(words.count <= SHELL_WORDS_MAX && (words.count == 0 || words.last_at < len - at));
        size_t total = 0;
        for (size_t i = 0; i < words.count; i++) {
            total += strlen(words.items[i]);
            check_again(words.items[i]);
        }
        CHECK(total <= len - at);
        at += words.used;
    }
    return 0;
}
