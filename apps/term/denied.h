/*
 * What people are told when members say that they are not in a network any more.
 */
#ifndef APPS_TERM_DENIED_H
#define APPS_TERM_DENIED_H

#define DENIED_LINE_MAX 320 /* bytes of the sentence, with NUL, in any language */

/** One sentence with the next step into `out`, which is returned: that is what others say of the
 * network called `name`, and no fact. */
const char *denied_write(const char *name, char out[DENIED_LINE_MAX]);

/** And that it is over: mostly since somebody there has let them in again. */
const char *denied_write_over(const char *name, char out[DENIED_LINE_MAX]);

#endif
