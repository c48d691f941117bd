/*
 * Which characters are marks: a code point comes in, what it does to the letter before it leaves.
 *
 * Source: Unicode 15, general categories; tools/name_marks.py makes the table.
 */
#ifndef BASE_NAME_MARKS_H
#define BASE_NAME_MARKS_H

#include <stdbool.h>
#include <stdint.h>

enum name_marks {
    NAME_MARKS_NONE,
    NAME_MARKS_PILED,   /* drawn over, under or around the letter, as high as there are of them */
    NAME_MARKS_SPACING, /* drawn beside it */
};

enum name_marks name_marks_of(uint32_t point);

#endif
