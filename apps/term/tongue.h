/*
 * The language that people read: texts of the program by gettext's catalogues.
 */
#ifndef APPS_TERM_TONGUE_H
#define APPS_TERM_TONGUE_H

#include <stdbool.h>
#include <stddef.h>

#define TONGUE_PATH_MAX 512 /* bytes of a folder of catalogues, with NUL */
#define TONGUE_NAME_MAX 64  /* bytes of a language's name, with NUL */

#if defined(__GNUC__)
#define TONGUE_FORMAT(index) __attribute__((format_arg(index)))
#else
#define TONGUE_FORMAT(index)
#endif

/* Marks a text of a table, which is looked up where it is shown. */
#define TONGUE(text) (text)

/**
 * Take the language from the environment, as gettext does: LANGUAGE, LC_ALL, LC_MESSAGES, LANG.
 * Numbers stay as they are in C. Until then, and without a catalogue, texts are English.
 */
void tongue_start(void);

/** Speak English while `is_resting`: what programs read is the same everywhere. */
void tongue_rest(bool is_resting);

/** The language of a locale's name ("sw_KE.UTF-8": "sw_KE:sw"), or "" when it names none. */
const char *tongue_language(const char *locale, char out[TONGUE_NAME_MAX]);

/** The text in the language of the person, or itself. */
const char *tongue(const char *text) TONGUE_FORMAT(1);

/** Of one thing or of many, as the language counts; `many` is English for all but 1. */
const char *tongue_many(const char *one, const char *many, unsigned long long count)
    TONGUE_FORMAT(1) TONGUE_FORMAT(2);

/** Columns of a translated text on a terminal: what printf would have to be told in bytes. */
int tongue_width(const char *text, int columns);

#endif
