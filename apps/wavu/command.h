/*
 * What a command of the program is: a row of the table in commands.c.
 */
#ifndef APPS_WAVU_COMMAND_H
#define APPS_WAVU_COMMAND_H

#include "apps/settings/args.h"

struct call;

struct command {
    const char *name;
    const char *words;    /* what stands behind it ("ADDR"), or "" */
    const char *summary;  /* half a line */
    const char *examples; /* lines, each with its newline */
    const char *notes;    /* lines below the options, each with its newline; or "" */
    const struct args_option *options;
    size_t option_count;
    size_t words_min;
    size_t words_max;
    int (*run)(struct call *call); /* returns the exit code */
    bool is_foreign; /* its flags are another program's: it reads call->foreign by itself, and
                        `options` is for help and completion alone */
};

/* One call of a command, as the command line has it. */
struct call {
    const struct command *command;
    struct args args;
    char secret[ARGS_SECRET_SIZE]; /* of --keypair-seed, which the command line shows no more */
    char *const *foreign;          /* of a foreign command: the words behind its name */
    int foreign_count;
    const char *home; /* --home, or NULL */
    bool is_json;     /* --json, or --jsonl where lines come one by one */
};

#endif
