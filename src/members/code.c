/*
 * A typed code is cut at everything that is neither letter nor digit; the first piece is the
 * number.
 */
#include "members/code.h"

#include <string.h>

#include "base/check.h"
#include "crypto/secret.h"

void code_make(struct code *code, enum words_list list, const struct random *random)
{
    code->number = (uint16_t)(1 + random_below(random, CODE_NUMBER_MAX));
    code->list = list;
    random_fill(random, code->words, sizeof code->words);
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_gap(uint8_t c)
{
    return c == '-' || c == ' ' || c == ',' || c == '.' || c == '_' || c == '\t' || c == '\n' ||
           c == '\r';
}

/* The next piece between gaps, empty at the end. Digits and what follows them are two pieces, also
 * without a gap: "7apple". */
static struct span next_piece(struct span *rest)
{
    size_t from = 0;
    while (from < rest->len && is_gap(rest->ptr[from])) {
        from++;
    }
    size_t to = from;
    while (to < rest->len && !is_gap(rest->ptr[to]) &&
           (to == from || is_digit(rest->ptr[to]) == is_digit(rest->ptr[from]))) {
        to++;
    }
    const struct span piece = span_slice(*rest, from, to - from);
    *rest = span_slice(*rest, to, rest->len - to);
    return piece;
}

static int read_number(uint16_t *number, struct span piece)
{
    uint32_t value = 0;
    for (size_t i = 0; i < piece.len; i++) {
        if (!is_digit(piece.ptr[i]) || value > CODE_NUMBER_MAX) {
            return WAVU_ERR_INVALID;
        }
        value = value * 10 + (uint32_t)(piece.ptr[i] - '0');
    }
    if (value < 1 || value > CODE_NUMBER_MAX) {
        return WAVU_ERR_INVALID;
    }
    *number = (uint16_t)value;
    return 0;
}

static void keep_typed(struct code_fault *fault, struct span piece)
{
    const size_t len = piece.len < WORDS_TYPED_MAX ? piece.len : WORDS_TYPED_MAX;
    for (size_t i = 0; i < len; i++) {
        const uint8_t c = piece.ptr[i];
        fault->typed[i] = is_letter(c) || is_digit(c) ? (char)c : '?';
    }
    fault->typed[len] = 0;
}

static enum code_problem read_word(struct code *code, struct code_fault *fault, size_t at,
                                   struct span piece)
{
    enum words_list list = WORDS_ENGLISH;
    if (piece.len == 0) {
        return CODE_TOO_FEW;
    }
    if (words_find(&list, &code->words[at], piece) < 0) {
        fault->word = at + 1;
        keep_typed(fault, piece);
        fault->nearest = piece.len < WORDS_UNIQUE ? NULL : words_nearest(piece);
        return piece.len < WORDS_UNIQUE ? CODE_SHORT : CODE_UNKNOWN;
    }
    if (at > 0 && list != code->list) {
        return CODE_TWO_TONGUES;
    }
    code->list = list;
    return CODE_GOOD;
}

static enum code_problem read_all(struct code *code, struct code_fault *fault, struct span typed)
{
    struct span rest = typed;
    if (typed.len > CODE_TYPED_MAX) {
        return CODE_TOO_MANY;
    }
    if (read_number(&code->number, next_piece(&rest)) < 0) {
        return CODE_NO_NUMBER;
    }
    for (size_t at = 0; at < CODE_WORDS; at++) {
        const enum code_problem problem = read_word(code, fault, at, next_piece(&rest));
        if (problem != CODE_GOOD) {
            return problem;
        }
    }
    return next_piece(&rest).len > 0 ? CODE_TOO_MANY : CODE_GOOD;
}

int code_parse(struct code *code, struct code_fault *fault, struct span typed)
{
    struct code read = {.number = 0};
    memset(fault, 0, sizeof *fault);
    fault->problem = read_all(&read, fault, typed);
    if (fault->problem == CODE_GOOD) {
        *code = read;
    }
    secret_wipe(&read, sizeof read);
    return fault->problem == CODE_GOOD ? 0 : WAVU_ERR_INVALID;
}

void code_write_secret(struct wr *w, const struct code *code)
{
    for (size_t i = 0; i < CODE_WORDS; i++) {
        wr_text(w, i > 0 ? "-" : "");
        wr_text(w, words_at(code->list, code->words[i]));
    }
}

void code_write(struct wr *w, const struct code *code)
{
    CHECK(code->number >= 1 && code->number <= CODE_NUMBER_MAX);
    wr_decimal(w, code->number);
    wr_text(w, "-");
    code_write_secret(w, code);
}

static void explain_word(struct wr *w, const struct code_fault *fault, const char *what)
{
    wr_text(w, "Word ");
    wr_decimal(w, fault->word);
    wr_text(w, ", \"");
    wr_text(w, fault->typed);
    wr_text(w, "\", ");
    wr_text(w, what);
    if (fault->nearest != NULL) {
        wr_text(w, "; \"");
        wr_text(w, fault->nearest);
        wr_text(w, "\" is near");
    }
    wr_text(w, ".");
}

void code_explain(struct wr *w, const struct code_fault *fault)
{
    switch (fault->problem) {
    case CODE_GOOD:
        wr_text(w, "The code is complete.");
        break;
    case CODE_NO_NUMBER:
        wr_text(w, "A join code begins with a number from 1 to 999, as in 7-apple-river-stone.");
        break;
    case CODE_TOO_FEW:
        wr_text(w, "A join code has three words behind its number; some are missing.");
        break;
    case CODE_TOO_MANY:
        wr_text(w, "A join code is a number and three words; there is more than that.");
        break;
    case CODE_UNKNOWN:
        explain_word(w, fault, "is in neither list of words");
        break;
    case CODE_SHORT:
        explain_word(w, fault, "needs at least three letters");
        break;
    case CODE_TWO_TONGUES:
        wr_text(w, "A join code's words are all English or all Swahili; one of them is mistyped.");
        break;
    }
}
