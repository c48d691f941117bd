/*
 * A filter: messages with certain words are hidden or marked, and some words are not said.
 *
 * The argument is a file with a word a line: "word" hides what others say with it, "?word" marks
 * it, "!word" keeps oneself from saying it. Letters A to Z are as a to z; a word is what stands
 * between spaces and signs. --module /path/filter_words.so=/path/words.txt
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wavu/module.h"

#define WORDS_MAX 1024
#define WORD_MAX 63 /* bytes */

enum { HIDDEN, MARKED, REFUSED }; /* counters */

struct word {
    char kind; /* ' ', '?' or '!' */
    size_t len;
    char text[WORD_MAX + 1];
};

struct filter {
    const struct wavu_module_host *host;
    size_t count;
    struct word words[WORDS_MAX];
};

static char low(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Letters, digits, and all bytes of other alphabets. */
static bool is_of_word(char c)
{
    return (low(c) >= 'a' && low(c) <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

static void add(struct filter *f, const char *line)
{
    struct word *word = &f->words[f->count];

    word->kind = line[0] == '?' || line[0] == '!' ? line[0] : ' ';
    line += word->kind == ' ' ? 0 : 1;
    for (word->len = 0; is_of_word(line[word->len]) && word->len < WORD_MAX; word->len++) {
        word->text[word->len] = low(line[word->len]);
    }
    f->count += word->len > 0 ? 1 : 0;
}

static int init(const struct wavu_module_host *host, void **state, char *why)
{
    char line[256];
    FILE *file = fopen(host->argument, "re");

    if (file == NULL) {
        (void)snprintf(why, WAVU_MODULE_WHY_MAX,
                       "the argument is a file with words, and it cannot be read");
        return -1;
    }
    struct filter *f = calloc(1, sizeof *f);
    while (f != NULL && f->count < WORDS_MAX && fgets(line, sizeof line, file) != NULL) {
        add(f, line);
    }
    (void)fclose(file);
    if (f == NULL || f->count == 0) {
        free(f);
        (void)snprintf(why, WAVU_MODULE_WHY_MAX, "the file has no words, or there is no memory");
        return -1;
    }
    f->host = host;
    *state = f;
    return 0;
}

static void fini(void *state)
{
    free(state);
}

static bool is_same(const struct word *word, const char *text, size_t len)
{
    for (size_t i = 0; i < len && len == word->len; i++) {
        if (low(text[i]) != word->text[i]) {
            return false;
        }
    }
    return len == word->len;
}

/* Whether one of the words of `kind` is in the message. */
static bool has(const struct filter *f, const struct wavu_module_message *m, char kind)
{
    for (size_t at = 0; at < m->text_len; at++) {
        size_t len = 0;

        while (at + len < m->text_len && is_of_word(m->text[at + len])) {
            len++;
        }
        for (size_t i = 0; i < f->count && len > 0; i++) {
            if (f->words[i].kind == kind && is_same(&f->words[i], m->text + at, len)) {
                return true;
            }
        }
        at += len;
    }
    return false;
}

static int incoming(void *state, const struct wavu_module_message *message)
{
    const struct filter *f = state;

    if (has(f, message, ' ')) {
        f->host->count(f->host->self, HIDDEN, 1);
        return WAVU_MODULE_HIDE;
    }
    if (has(f, message, '?')) {
        f->host->count(f->host->self, MARKED, 1);
        return WAVU_MODULE_MARK;
    }
    return WAVU_MODULE_PASS;
}

static int outgoing(void *state, const struct wavu_module_message *message, char *why)
{
    const struct filter *f = state;

    if (!has(f, message, '!')) {
        return 0;
    }
    f->host->count(f->host->self, REFUSED, 1);
    (void)snprintf(why, WAVU_MODULE_WHY_MAX, "it has a word that you did not want to say");
    return 1;
}

static const struct wavu_module_filter filter = {
    .size = sizeof filter, .incoming = incoming, .outgoing = outgoing};

static const struct wavu_module module = {.size = sizeof module,
                                          .magic = WAVU_MODULE_MAGIC,
                                          .abi_major = WAVU_MODULE_ABI_MAJOR,
                                          .abi_minor = WAVU_MODULE_ABI_MINOR,
                                          .name = "filter-words",
                                          .version = "1.0",
                                          .init = init,
                                          .fini = fini,
                                          .filter = &filter};

WAVU_MODULE_EXPORT(&module)
