/*
 * What a path that is being typed may go on as: names in its folder.
 */
#ifndef APPS_TALK_TALK_PATHS_H
#define APPS_TALK_TALK_PATHS_H

#include "apps/talk/talk_words.h"

#define TALK_PATHS_LOOKED_MAX 4096 /* names of a folder that are looked at */

/** Add what may stand in `line` from its byte `begin` to `at` as a path: `from` is where its last
 * part begins, and each text such a part; of a folder with / behind it. ~/ is the person's home.
 * Hidden names only behind a dot; such as are longer than a text of `out` are left out. */
void talk_paths_complete(const char *line, size_t begin, size_t at, struct talk_words_found *out);

#endif
