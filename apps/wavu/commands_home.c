/*
 * Which commands there are for a node and its home: their words, options and help.
 */
#include "apps/wavu/commands_home.h"

#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/cmd_backup.h"
#include "apps/wavu/cmd_bugreport.h"
#include "apps/wavu/cmd_config.h"
#include "apps/wavu/cmd_doctor.h"
#include "apps/wavu/cmd_down.h"
#include "apps/wavu/cmd_id.h"
#include "apps/wavu/cmd_log.h"
#include "apps/wavu/cmd_module.h"
#include "apps/wavu/cmd_passphrase.h"
#include "apps/wavu/cmd_reload.h"
#include "apps/wavu/cmd_set.h"
#include "apps/wavu/cmd_up.h"
#include "apps/wavu/cmd_wipe.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct args_option up_options[] = {
    {"listen", '\0', "ADDR", "listen there; may be repeated (0.0.0.0:9000, [::]:9000)"},
    {"psk", '\0', "FILE", "a private network: libp2p's pre-shared key file"},
    {"ephemeral", '\0', NULL, "a fresh identity for this run only"},
    {"echo", '\0', NULL, "also serve /wavu/echo/1, for diagnosis"},
    {"idle-seconds", '\0', "N", "close connections without streams after N seconds (600)"},
    {"config", '\0', "FILE", "settings from FILE, and from no wavu.toml"},
    {"attended", '\0', NULL, "end some seconds after the last program that asks it has gone"},
    {"linger", '\0', "SECONDS", "with --attended: so long after it (10)"},
    {"no-mesh", '\0', NULL, "only be dialled: look for nobody, pass nothing on"},
    /* The settings, each under its name in the file. */
    {"bind-addr", '\0', "ADDR", "listen there (0.0.0.0:9000, and IPv6 likewise)"},
    {"discovery-port", '\0', "PORT", "UDP port of the LAN beacon; 0: off (9999)"},
    {"min-degree", '\0', "N", "neighbours at least (4)"},
    {"max-degree", '\0', "N", "neighbours at most (6)"},
    {"keypair-seed", '\0', "HEX", "identity from 64 hexadecimal digits"},
    {"require-invitation", '\0', "true|false",
     "false: networks that are made here are open (true)"},
    {"gossip-interval", '\0', "TIME", "between rounds of shared state (1s)"},
    {"heartbeat-interval", '\0', "TIME", "silence before a heartbeat (500ms)"},
    {"phi-threshold", '\0', "X", "suspicion from which a neighbour is checked (8.0)"},
    {"rebalance-interval", '\0', "TIME", "between looks at the neighbours (5s)"},
    {"ihave-timeout", '\0', "TIME", "before an announced broadcast is asked for (500ms)"},
    {"max-discovery-retries", '\0', "N", "fruitless tries before a node calls itself offline (10)"},
    {"recovery-base-delay", '\0', "TIME", "after the first fruitless try (500ms)"},
    {"connect-timeout", '\0', "TIME", "for one address (5s)"},
    {"wan-mode", '\0', NULL, "timings for slow, far links (off)"},
    {"auto-accept", '\0', "KIB", "fetch what verified contacts offer, up to that size; 0: off (0)"},
    {"auto-lock", '\0', "MINUTES", "lock after so long without a command; 0: never (0)"},
    {"passphrase-file", '\0', "FILE", "the home's passphrase; -: stdin; a number: that descriptor"},
    {"metrics", '\0', "ADDR", "serve Prometheus metrics there: 127.0.0.1:9464, or a path (off)"},
    {"log-level", '\0', "error|warn|info|debug", "what is said on stderr; also keep=debug (warn)"},
    {"log-format", '\0', "text|json", "of the log; json: one object a line (text)"},
    {"power", '\0', "normal|low", "low: woken seldom (normal)"},
    {"network", '\0', "NAME", "only with nodes that name the same network (none)"},
    {"seed", '\0', "ADDR", "a peer to begin with; may be repeated"},
    {"module", '\0', "FILE[=ARG]", "load this module, code of others; may be repeated"},
    {"allow-modules", '\0', NULL, "let 'wavu module load' load more of them (off)"},
    {"kad", '\0', "auto|client|server|off",
     "the wide network: only ask, or answer others too (auto)"},
    {"kad-prefix", '\0', "PREFIX", "which wide network: /wavu, or /ipfs for libp2p's (/wavu)"},
    {"kad-admission", '\0', "members|any", "whom to ask and answer there (members)"},
    {"kad-puzzle", '\0', "BITS", "that ids there have to solve (0)"},
};

static const struct args_option config_options[] = {
    {"origin", '\0', NULL, "say where each value comes from: default, file:line or variable"},
};

static const struct args_option passphrase_options[] = {
    {"passphrase-file", '\0', "FILE", "the one of now; -: stdin; a number: that descriptor"},
    {"new-passphrase-file", '\0', "FILE", "the new one, likewise"},
};

static const struct args_option typed_options[] = {
    {"passphrase-file", '\0', "FILE", "the passphrase; -: stdin; a number: that descriptor"},
};

static const struct args_option backup_options[] = {
    {"passphrase-file", '\0', "FILE", "the passphrase; -: stdin; a number: that descriptor"},
    {"dry-run", '\0', NULL, "of restore: read all of it, say whether it would go, do nothing"},
};

static const struct args_option wipe_options[] = {
    {"dry-run", '\0', NULL, "say what would be gone, and do nothing"},
    {"yes", '\0', NULL, "without asking"},
};

static const struct command table[] = {
    {
        .name = "up",
        .words = "",
        .summary = "start a node and print its addresses",
        .examples = "  wavu up\n"
                    "  wavu up --listen 127.0.0.1:0            # a free port, this machine only\n"
                    "  wavu up --listen /ip6/::/tcp/9000 --psk swarm.key\n",
        .notes = "Prints one address a line and runs until Ctrl+C or SIGTERM. One node runs in a "
                 "home.\n",
        .options = up_options,
        .option_count = COUNT_OF(up_options),
        .run = cmd_up_run,
    },
    {
        .name = "down",
        .words = "",
        .summary = "end the running node in good order",
        .examples = "  wavu down\n",
        .notes = "Says so when it has ended. Exit code 3 when no node runs in the home, 6 when it "
                 "has not\nended within 15 seconds.\n",
        .run = cmd_down_run,
    },
    {
        .name = "reload",
        .words = "",
        .summary = "let the running node read its settings again",
        .examples = "  wavu reload\n",
        .notes = "Says what has changed, and what changes at the next start only. A file that is "
                 "wrong\nchanges nothing. SIGHUP does the same, and what comes of it is in the "
                 "log.\n",
        .run = cmd_reload_run,
    },
    {
        .name = "log",
        .words = "[LEVEL|SUBSYSTEM=LEVEL]",
        .summary = "how detailed the running node's log is",
        .examples = "  wavu log\n"
                    "  wavu log debug\n"
                    "  wavu log keep=debug,swarm=info\n",
        .notes = "LEVEL is error, warn, info or debug. It holds until the node ends; the setting "
                 "log_level\nis what it begins with. A level alone is for all subsystems.\n",
        .words_max = 1,
        .run = cmd_log_run,
    },
    {
        .name = "id",
        .words = "",
        .summary = "print this installation's peer id",
        .examples = "  wavu id\n"
                    "  wavu id --home ./second\n",
        .notes =
            "Makes the key, device.key in the home, when there is none yet, as 'wavu up' does. Of\n"
            "a person who is in a network, or was asked for, it prints the key, too. In a home\n"
            "with a passphrase both are under it.\n",
        .options = typed_options,
        .option_count = COUNT_OF(typed_options),
        .run = cmd_id_run,
    },
    {
        .name = "status",
        .words = "",
        .summary = "what the running node does",
        .examples = "  wavu status\n"
                    "  wavu status --json\n",
        .notes = "Exit code 3 when no node runs in the home.\n",
        .run = cmd_ask_status_run,
    },
    {
        .name = "doctor",
        .words = "",
        .summary = "what works, what does not, what to do",
        .examples = "  wavu doctor\n"
                    "  wavu doctor --json\n",
        .notes =
            "Looks at clock, memory, home, keys, disk, ports, networks and the node, and changes\n"
            "nothing. One line a check: ok, warn or fail, what was found, and behind -> what to\n"
            "do. Exit code 1 when something fails. It works without a node, too; what only a\n"
            "node knows is then said to be not asked.\n",
        .run = cmd_doctor_run,
    },
    {
        .name = "bugreport",
        .words = "[FILE]",
        .summary = "write what helps to mend wavu, without secrets",
        .examples = "  wavu bugreport\n"
                    "  wavu bugreport report.txt\n"
                    "  wavu bugreport -                         # to the standard output\n",
        .notes =
            "A text of numbers and of wavu's own words: version, system, settings (of addresses,\n"
            "names and keys only whether they are set), what the doctor finds, counters, how\n"
            "much is stored. No ids, addresses, names, texts, keys or paths. The file is this\n"
            "user's alone, replaces nothing, and is sent to nobody: read it, and send it.\n",
        .words_max = 1,
        .run = cmd_bugreport_run,
    },
    {
        .name = "config",
        .words = "check|show",
        .summary = "check or show the settings (wavu.toml)",
        .examples = "  wavu config check\n"
                    "  wavu config check ./wavu.toml\n"
                    "  wavu config show --origin\n",
        .notes =
            "Read are, each over the one before: /etc/wavu/wavu.toml and conf.d/*.toml beside it,\n"
            "the same in ~/.config/wavu, wavu.toml in the home, the variables WAVU_<SETTING>\n"
            "(WAVU_MIN_DEGREE), and the options of 'wavu up'. A home that is named (--home,\n"
            "WAVU_HOME) has its settings in it, and no others. 'man wavu.toml' has them all.\n",
        .options = config_options,
        .option_count = COUNT_OF(config_options),
        .words_min = 1,
        .words_max = 2,
        .run = cmd_config_run,
    },
    {
        .name = "set",
        .words = "SETTING VALUE",
        .summary = "change a setting in your wavu.toml",
        .examples = "  wavu set power low\n"
                    "  wavu set gossip_interval 2s\n"
                    "  wavu set seed_peers 192.0.2.7:9000,node.example:9000\n"
                    "  wavu set keypair_seed - <seed.hex\n",
        .notes = "The file is ~/.config/wavu/wavu.toml, or wavu.toml in the home where there is\n"
                 "one or the home was named. Comments and order in it stay as they are. Nothing\n"
                 "is written that a node would not start with. A list has commas; - takes the\n"
                 "value from the standard input. 'wavu get' lists the settings. Exit code 4 for\n"
                 "one that is not among them, 2 for a value that it does not take.\n",
        .words_min = 2,
        .words_max = 2,
        .run = cmd_set_run,
    },
    {
        .name = "get",
        .words = "[SETTING]",
        .summary = "what a setting is, or all of them",
        .examples = "  wavu get\n"
                    "  wavu get min_degree\n",
        .notes = "As a node that starts now would have it. 'wavu config show --origin' says why.\n",
        .words_max = 1,
        .run = cmd_set_get_run,
    },
    {
        .name = "unset",
        .words = "SETTING",
        .summary = "take a setting out of your wavu.toml",
        .examples = "  wavu unset power\n",
        .notes = "Exit code 4 when it is not in there.\n",
        .words_min = 1,
        .words_max = 1,
        .run = cmd_set_unset_run,
    },
    {
        .name = "module",
        .words = "load|list|off [FILE|NAME] [ARGUMENT]",
        .summary = "code of others in the running node",
        .examples = "  wavu module list\n"
                    "  wavu module load /opt/filter_words.so /opt/words.txt\n"
                    "  wavu module off filter-words\n",
        .notes =
            "A module is code with all of the node's rights: another metric for ways, a\n"
            "filter of messages, a cipher for links of a test network. The node loads one\n"
            "while it runs only where the setting allow_modules is true; those of the setting\n"
            "modules are there from the start. FILE is a whole path to what nobody but\n"
            "this user or root can write.\n",
        .words_min = 1,
        .words_max = 3,
        .run = cmd_module_run,
    },
    {
        .name = "passphrase",
        .words = "set|remove",
        .summary = "let this home open with a passphrase alone",
        .examples = "  wavu passphrase set\n"
                    "  wavu passphrase set --new-passphrase-file 3 3<secret\n"
                    "  wavu passphrase remove\n",
        .notes =
            "Protects what is stored: messages, networks, contacts. The node asks for it when\n"
            "it starts, takes it from --passphrase-file, or waits for 'wavu unlock'. Each try\n"
            "takes 64 MiB of memory, and about a second on a Raspberry Pi. Nobody can bring\n"
            "back a passphrase that is forgotten. device.key and identity.key are under it,\n"
            "too; copies of them that somebody made before are not. 'wavu lock' needs a node\n"
            "that was started since.\n",
        .options = passphrase_options,
        .option_count = COUNT_OF(passphrase_options),
        .words_min = 1,
        .words_max = 1,
        .run = cmd_passphrase_run,
    },
    {
        .name = "lock",
        .words = "",
        .summary = "let the running node forget its keys",
        .examples = "  wavu lock\n",
        .notes =
            "The node leaves the mesh, closes the store and wipes its keys from memory; it waits\n"
            "for 'wavu unlock' and serves nothing until then. The setting auto_lock does it after\n"
            "so many minutes without a command. Not protected from: whoever had the machine in\n"
            "hand while it was unlocked, and copies of memory that the system wrote to the disk.\n",
        .run = cmd_passphrase_lock_run,
    },
    {
        .name = "unlock",
        .words = "",
        .summary = "give a locked node its passphrase",
        .examples = "  wavu unlock\n"
                    "  wavu unlock --passphrase-file secret\n"
                    "  pass show wavu | wavu unlock --passphrase-file -\n",
        .notes = "Exit code 5 for a wrong passphrase.\n",
        .options = typed_options,
        .option_count = COUNT_OF(typed_options),
        .run = cmd_passphrase_unlock_run,
    },
    {
        .name = "backup",
        .words = "create|verify|restore FILE",
        .summary = "save who you are and what was said, and bring it back",
        .examples = "  wavu backup create /media/stick/amina.backup\n"
                    "  wavu backup verify /media/stick/amina.backup\n"
                    "  wavu backup restore /media/stick/amina.backup --home ./new\n",
        .notes = "create asks the running node; it goes on\n"
                 "meanwhile, and what is in the file is of one moment. verify reads all of it\n"
                 "and changes nothing. restore takes an empty home, which is then a new device\n"
                 "of the same person: no key of the old one is in the file. Exit code 5 for a\n"
                 "wrong passphrase.\n",
        .options = backup_options,
        .option_count = COUNT_OF(backup_options),
        .words_min = 2,
        .words_max = 2,
        .run = cmd_backup_run,
    },
    {
        .name = "wipe",
        .words = "",
        .summary = "destroy this home: the key first, then everything",
        .examples = "  wavu wipe\n"
                    "  wavu wipe --yes\n",
        .notes =
            "Stops a running node. If it is cut off, do it again: it goes on. Flash disks keep\n"
            "overwritten sectors for a while where no program reaches them; a key that was\n"
            "under a passphrase is of no use there.\n",
        .options = wipe_options,
        .option_count = COUNT_OF(wipe_options),
        .run = cmd_wipe_run,
    },
};

const struct command *commands_home(size_t *count)
{
    *count = COUNT_OF(table);
    return table;
}
