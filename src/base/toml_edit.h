/*
 * A change to a text in TOML (base/toml.h) that leaves all else in it as it stands: comments,
 * order, ends of lines. For settings that people write and programs change.
 */
#ifndef BASE_TOML_EDIT_H
#define BASE_TOML_EDIT_H

#include "base/buf.h"
#include "base/toml.h"

/**
 * Append to `out` the text `text` with `value` (itself TOML, on one line) for `key`, a bare name at
 * the top: in place of the value that is there, else on a line of its own before the first table.
 * Errors of toml_parse for `text`, with `*error`; WAVU_ERR_LIMIT beyond out's maximum, then with
 * `error->message` NULL. After an error `out` is as it was, or wiped by whoever owns it.
 */
WARN_UNUSED int toml_edit_set(struct span text, const char *key, const char *value, struct buf *out,
                              struct toml_error *error);

/**
 * As toml_edit_set without `key`: its lines go, from the key to the end of the line on which its
 * value ends. WAVU_ERR_NOT_FOUND when it is not there.
 */
WARN_UNUSED int toml_edit_unset(struct span text, const char *key, struct buf *out,
                                struct toml_error *error);

#endif
