/*
 * Options and words of a command line.
 */
#include "apps/settings/args.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/term/tongue.h"
#include "base/guess.h"

#define ARGS_DIGITS_MAX 19 /* of a number: below 10^19, which 64 bits hold */

/* Where reading stands. */
struct args_reader {
    const struct args_tables *tables;
    char *const *words;
    int count;
    int at; /* the next word */
};

static const struct args_option *args_option_at(const struct args_tables *t, size_t i)
{
    if (i < t->own_count) {
        return &t->own[i];
    }
    return i - t->own_count < t->common_count ? &t->common[i - t->own_count] : NULL;
}

static const struct args_option *args_find_letter(const struct args_tables *t, char letter)
{
    const struct args_option *option = args_option_at(t, 0);
    for (size_t i = 0; option != NULL; option = args_option_at(t, ++i)) {
        if (option->letter == letter) {
            return option;
        }
    }
    return NULL;
}

static const struct args_option *args_find_name(const struct args_tables *t, const char *name,
                                                size_t len)
{
    const struct args_option *option = args_option_at(t, 0);
    for (size_t i = 0; option != NULL; option = args_option_at(t, ++i)) {
        if (strlen(option->name) == len && memcmp(option->name, name, len) == 0) {
            return option;
        }
    }
    return NULL;
}

static void args_say_unknown(struct args *out, const struct args_tables *t, const char *word,
                             size_t len)
{
    struct guess guess = {NULL, 0};
    char name[GUESS_WORD_MAX + 2];
    (void)snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name), word);
    const struct args_option *option = args_option_at(t, 0);
    for (size_t i = 0; option != NULL; option = args_option_at(t, ++i)) {
        guess_try(&guess, name, option->name);
    }
    if (guess.word != NULL) {
        (void)snprintf(out->problem, sizeof out->problem,
                       tongue("there is no option --%s; did you mean --%s?"), name, guess.word);
    } else {
        (void)snprintf(out->problem, sizeof out->problem, tongue("there is no option --%.64s"),
                       name);
    }
}

static bool args_add(struct args *out, const struct args_option *option, const char *value)
{
    if (out->found_count == ARGS_FOUND_MAX) {
        (void)snprintf(out->problem, sizeof out->problem,
                       tongue("more than %d options are too many"), ARGS_FOUND_MAX);
        return false;
    }
    out->found[out->found_count++] = (struct args_found){option, value};
    return true;
}

/* An option that was found, whose value is `attached` (after '=' or its letter), or else the next
 * word; which does not begin with "--": that is the next option, and the value was forgotten. */
static bool args_take(struct args *out, struct args_reader *r, const struct args_option *option,
                      const char *attached)
{
    if (option->value == NULL) {
        if (attached != NULL) {
            (void)snprintf(out->problem, sizeof out->problem, tongue("--%s takes no value"),
                           option->name);
            return false;
        }
        return args_add(out, option, NULL);
    }
    if (attached == NULL && r->at < r->count && strncmp(r->words[r->at], "--", 2) == 0) {
        (void)snprintf(out->problem, sizeof out->problem,
                       tongue("--%s needs a value: --%s %s; one that begins with -- is given as "
                              "--%s=--..."),
                       option->name, option->name, option->value, option->name);
        return false;
    }
    if (attached == NULL && r->at < r->count) {
        attached = r->words[r->at++];
    }
    if (attached == NULL) {
        (void)snprintf(out->problem, sizeof out->problem, tongue("--%s needs a value: --%s %s"),
                       option->name, option->name, option->value);
        return false;
    }
    return args_add(out, option, attached);
}

static bool args_take_long(struct args *out, struct args_reader *r, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
    const struct args_option *option = args_find_name(r->tables, word, len);
    if (option == NULL) {
        args_say_unknown(out, r->tables, word, len);
        return false;
    }
    return args_take(out, r, option, equals != NULL ? equals + 1 : NULL);
}

static bool args_take_letter(struct args *out, struct args_reader *r, const char *word)
{
    const struct args_option *option = args_find_letter(r->tables, word[0]);
    if (option == NULL) {
        (void)snprintf(out->problem, sizeof out->problem, tongue("there is no option -%.64s"),
                       word);
        return false;
    }
    const char *attached = word[1] != '\0' ? word + 1 : NULL;
    return args_take(out, r, option, attached);
}

/* "-" alone is a word. */
static bool args_is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

static bool args_take_option(struct args *out, struct args_reader *r)
{
    const char *word = r->words[r->at++];
    return word[1] == '-' ? args_take_long(out, r, word + 2) : args_take_letter(out, r, word + 1);
}

static bool args_take_word(struct args *out, const char *word)
{
    if (out->word_count == ARGS_WORDS_MAX) {
        (void)snprintf(out->problem, sizeof out->problem, tongue("more than %d words are too many"),
                       ARGS_WORDS_MAX);
        return false;
    }
    out->words[out->word_count++] = word;
    return true;
}

bool args_parse(struct args *out, const struct args_tables *tables, int count, char *const *words)
{
    struct args_reader r = {tables, words, count, 0};
    bool is_good = true;
    bool are_options = true;
    while (is_good && r.at < count) {
        if (are_options && strcmp(words[r.at], "--") == 0) {
            are_options = false;
            r.at++;
        } else if (are_options && args_is_option(words[r.at])) {
            is_good = args_take_option(out, &r);
        } else {
            is_good = args_take_word(out, words[r.at++]);
        }
    }
    return is_good;
}

int args_parse_leading(struct args *out, const struct args_tables *tables, int count,
                       char *const *words)
{
    struct args_reader r = {tables, words, count, 0};
    while (r.at < count && args_is_option(words[r.at])) {
        if (!args_take_option(out, &r)) {
            return -1;
        }
    }
    return r.at;
}

const char *args_nth(const struct args *a, const char *name, size_t i)
{
    for (size_t k = 0; k < a->found_count; k++) {
        if (strcmp(a->found[k].option->name, name) == 0 && i-- == 0) {
            return a->found[k].value;
        }
    }
    return NULL;
}

const char *args_value(const struct args *a, const char *name)
{
    const char *value = NULL;
    for (size_t k = 0; k < a->found_count; k++) {
        if (strcmp(a->found[k].option->name, name) == 0) {
            value = a->found[k].value;
        }
    }
    return value;
}

/* Put stars where `value` stands in one of the words. */
static void args_star(const char *value, int count, char *const *words)
{
    for (int i = 0; i < count; i++) {
        const size_t len = strlen(words[i]);
        for (size_t at = 0; at <= len; at++) {
            if (words[i] + at == value) {
                memset(words[i] + at, '*', len - at);
                return;
            }
        }
    }
}

void args_hide(struct args *a, const char *name, int count, char *const *words, char *room)
{
    const char *value = args_value(a, name);
    if (value == NULL || strlen(value) >= ARGS_SECRET_SIZE) {
        return;
    }
    (void)snprintf(room, ARGS_SECRET_SIZE, "%s", value);
    for (size_t k = 0; k < a->found_count; k++) {
        if (a->found[k].value == value) {
            a->found[k].value = room;
        }
    }
    args_star(value, count, words);
}

bool args_has(const struct args *a, const char *name)
{
    for (size_t k = 0; k < a->found_count; k++) {
        if (strcmp(a->found[k].option->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The leading decimal digits of `*text`, which moves behind them; false when there are none or too
 * many. */
static bool args_digits(const char **text, uint64_t *out)
{
    size_t len = strspn(*text, "0123456789");
    uint64_t value = 0;
    if (len == 0 || len > ARGS_DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        value = value * 10 + (uint64_t)((*text)[i] - '0');
    }
    *text += len;
    *out = value;
    return true;
}

bool args_number(struct args *a, const char *name, uint64_t min, uint64_t max, uint64_t *out)
{
    const char *text = args_value(a, name);
    const char *rest = text;
    uint64_t value = 0;
    if (text == NULL) {
        return true;
    }
    if (!args_digits(&rest, &value) || *rest != '\0' || value < min || value > max) {
        (void)snprintf(
            a->problem, sizeof a->problem,
            tongue("--%s takes a whole number from %" PRIu64 " to %" PRIu64 ", not '%.32s'"), name,
            min, max, text);
        return false;
    }
    *out = value;
    return true;
}

/* ".250" and the like: up to three decimals as milliseconds; true for nothing at all, too. */
static bool args_decimals(const char *text, uint64_t *out_ms)
{
    static const uint64_t scale[] = {0, 100, 10, 1};
    uint64_t value = 0;
    *out_ms = 0;
    if (*text == '\0') {
        return true;
    }
    const char *from = text + 1;
    const char *rest = from;
    if (*text != '.' || !args_digits(&rest, &value) || *rest != '\0' || rest - from > 3) {
        return false;
    }
    *out_ms = value * scale[rest - from];
    return true;
}

bool args_seconds(struct args *a, const char *name, uint64_t max_s, uint64_t *out_ms)
{
    const char *text = args_value(a, name);
    const char *rest = text;
    uint64_t whole = 0;
    uint64_t part = 0;
    if (text == NULL) {
        return true;
    }
    if (!args_digits(&rest, &whole) || !args_decimals(rest, &part) || whole > max_s ||
        (whole == max_s && part > 0)) {
        (void)snprintf(a->problem, sizeof a->problem,
                       tongue("--%s takes seconds from 0 to %" PRIu64 " such as 0.2, not '%.32s'"),
                       name, max_s, text);
        return false;
    }
    *out_ms = whole * 1000 + part;
    return true;
}
