/*
 * A filter: messages with certain words are hidden or marked, and some words are not said.
 *
 * The argument is a file with a word a line: "word" hides what others say with it, "?word" marks
 * it, "!word" keeps oneself from saying it. Letters A to Z are as a to z; a word is what stands
 * between spaces and signs. Each byte of a message is looked at once: who would like the filter to
 * be switched off for being slow sends long ones. --module /path/filter_words.so=/path/words.txt
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wavu/module.h"

#define WORDS_MAX 1024
#define SLOTS 4096  /* of the table of words: at most a quarter is in use */
#define WORD_MAX 63 /* bytes */

enum { HIDDEN, MARKED, REFUSED }; /* counters */

enum { HIDES = 1, MARKS = 2, REFUSES = 4 };

struct word {
    unsigned kinds; /* 0: the slot is free */
    size_t len;
    char text[WORD_MAX + 1];
};

struct filter {
    const struct wavu_module_host *host;
    size_t count;
    struct word slots[SLOTS];
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

/* The bytes of the word at the start of `text`, of which `len` are there. */
static size_t word_length(const char *text, size_t len)
{
    size_t used = 0;

    while (used < len && is_of_word(text[used])) {
        used++;
    }
    return used;
}

/* The slot of that word, or the free one where it would be (FNV-1a, then one after the other). */
static struct word *slot_of(struct filter *f, const char *text, size_t len)
{
    uint32_t hash = UINT32_C(2166136261);

    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (uint8_t)low(text[i])) * UINT32_C(16777619);
    }
    for (;; hash++) {
        struct word *slot = &f->slots[hash % SLOTS];
        size_t i = 0;

        while (i < len && slot->len == len && slot->text[i] == low(text[i])) {
            i++;
        }
        if (slot->kinds == 0 || (i == len && slot->len == len)) {
            return slot;
        }
    }
}

static void add(struct filter *f, const char *line)
{
    const unsigned kind = line[0] == '?' ? MARKS : line[0] == '!' ? REFUSES : HIDES;
    const char *text = kind == HIDES ? line : line + 1;
    const size_t len = word_length(text, strlen(text));

    if (len == 0 || len > WORD_MAX) {
        return;
    }
    struct word *slot = slot_of(f, text, len);
    f->count += slot->kinds == 0 ? 1 : 0;
    slot->kinds |= kind;
    slot->len = len;
    for (size_t i = 0; i < len; i++) {
        slot->text[i] = low(text[i]);
    }
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

/* The kinds of all words in the message that are in the list. */
static unsigned look(struct filter *f, const struct wavu_module_message *m)
{
    unsigned kinds = 0;

    for (size_t at = 0; at < m->text_len; at++) {
        const size_t len = word_length(m->text + at, m->text_len - at);

        if (len > 0 && len <= WORD_MAX) {
            kinds |= slot_of(f, m->text + at, len)->kinds;
        }
        at += len;
    }
    return kinds;
}

static int incoming(void *state, const struct wavu_module_message *message)
{
    struct filter *f = state;
    const unsigned kinds = look(f, message);

    if ((kinds & HIDES) != 0) {
        f->host->count(f->host->self, HIDDEN, 1);
        return WAVU_MODULE_HIDE;
    }
    if ((kinds & MARKS) != 0) {
        f->host->count(f->host->self, MARKED, 1);
        return WAVU_MODULE_MARK;
    }
    return WAVU_MODULE_PASS;
}

static int outgoing(void *state, const struct wavu_module_message *message, char *why)
{
    struct filter *f = state;

    if ((look(f, message) & REFUSES) == 0) {
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
