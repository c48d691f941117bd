/*
 * The name that a received file is stored under. What a peer calls it comes in, a name of one path
 * component leaves that no system and no shell takes for anything else.
 *
 * Source: docs/protocol/file.md.
 */
#ifndef SYNC_FILE_NAME_H
#define SYNC_FILE_NAME_H

#include "base/span.h"

#define FILE_NAME_SIZE_MAX 255 /* bytes of what a peer calls it: what file systems take */
#define FILE_NAME_STORED_MAX                                                                       \
    208                            /* of the stored one without its number: room for that, and for \
                                    */
                                   /* file systems that encrypt names */
#define FILE_NAME_NUMBER_MAX 10000 /* files of one name */
#define FILE_NAME_ENDING_MAX 16    /* bytes behind the last dot, with it, that are kept together */

/** May a file be offered under this name? One component of plain UTF-8 without what file_name_make
 * replaces, 1 to FILE_NAME_SIZE_MAX bytes. */
bool file_name_is_good(struct span name);

/**
 * Write the stored name for `name`, any bytes, and a NUL. `number` 1 is the first try, 2 and more
 * are "name (2).ending". Separators, what Windows refuses, control, invisible and turning
 * characters and broken text become "_"; it never begins with ".", "-" or "~", never ends in "." or
 * a space, and is no device's name.
 */
void file_name_make(char out[FILE_NAME_SIZE_MAX + 1], struct span name, uint32_t number);

#endif
