/*
 * Text from anybody becomes text that is safe on a terminal: bytes come in, UTF-8 leaves that
 * neither steers a terminal, nor turns a line around, nor hides anything, nor piles up.
 *
 * One table for all faces (tests/vectors/clean.txt, to which Python's is held, too): control
 * characters, what is invisible, what turns the line and bytes that are no UTF-8's become '?' each.
 * Joiners and selectors, which change the shape of what is before them, stay behind something that
 * shows; marks and joiners beyond CLEAN_MARKS_MAX in a row go.
 */
#ifndef APPS_TERM_CLEAN_H
#define APPS_TERM_CLEAN_H

#include <stddef.h>
#include <stdint.h>

/* Combining marks on one character that are shown; further ones climb out of the line. As many as
 * a name may have (NAME_MARKS_MAX). */
#define CLEAN_MARKS_MAX 4
#define CLEAN_TAB 4 /* spaces that a tab of a text becomes: no other byte becomes more than one */

enum clean_kind {
    CLEAN_NAME, /* names, words, paths: each control character is '?' */
    CLEAN_LINE, /* a text in one line: tabs and ends of lines become spaces, '\r' goes */
    CLEAN_TEXT, /* the same, but '\n' stays */
};

enum clean_rule {
    CLEAN_SHOWN,
    CLEAN_BEHIND, /* shown behind something that shows, else '?' */
    CLEAN_NEVER,  /* '?' */
};

/** What becomes of a code point. */
enum clean_rule clean_rule_of(uint32_t point);

/** Copy `text` (`len` bytes of anything) into `out` (`size` bytes with NUL, 1 at least). Returns
 * the bytes written without the NUL; what does not fit is cut at a character. */
size_t clean_text(char *out, size_t size, const char *text, size_t len, enum clean_kind kind);

#endif
