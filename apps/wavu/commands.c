/*
 * Which commands there are, and how a command line comes to one.
 */
#include "apps/wavu/commands.h"

#include <stdio.h>
#include <string.h>

#include "apps/rpc/jsonrpc.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/cmd_backup.h"
#include "apps/wavu/cmd_config.h"
#include "apps/wavu/cmd_direct.h"
#include "apps/wavu/cmd_history.h"
#include "apps/wavu/cmd_contacts.h"
#include "apps/wavu/cmd_file.h"
#include "apps/wavu/cmd_id.h"
#include "apps/wavu/cmd_invite.h"
#include "apps/wavu/cmd_join.h"
#include "apps/wavu/cmd_mesh.h"
#include "apps/wavu/cmd_network.h"
#include "apps/wavu/cmd_passphrase.h"
#include "apps/wavu/cmd_people.h"
#include "apps/wavu/cmd_perf.h"
#include "apps/wavu/cmd_ping.h"
#include "apps/wavu/cmd_room.h"
#include "apps/wavu/cmd_say.h"
#include "apps/wavu/cmd_send.h"
#include "apps/wavu/cmd_sim.h"
#include "apps/wavu/cmd_stick.h"
#include "apps/wavu/cmd_sos.h"
#include "apps/wavu/cmd_up.h"
#include "apps/wavu/cmd_wipe.h"
#include "apps/wavu/help.h"
#include "apps/wavu/say.h"
#include "base/guess.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct args_option common_options[] = {
    {"home", '\0', "DIR", "keep all state in DIR"},
    {"json", '\0', NULL, "print JSON"},
    {"help", 'h', NULL, "print this"},
};

static const struct args_option up_options[] = {
    {"listen", '\0', "ADDR", "listen there; may be repeated (0.0.0.0:9000, [::]:9000)"},
    {"psk", '\0', "FILE", "a private network: libp2p's pre-shared key file"},
    {"ephemeral", '\0', NULL, "a fresh identity for this run only"},
    {"echo", '\0', NULL, "also serve /wavu/echo/1, for diagnosis"},
    {"idle-seconds", '\0', "N", "close connections without streams after N seconds (600)"},
    {"log-level", '\0', "LEVEL", "error, warn, info or debug, on stderr (warn)"},
    {"config", '\0', "FILE", "settings from FILE, not from wavu.toml in the home"},
    {"no-mesh", '\0', NULL, "only be dialled: look for nobody, pass nothing on"},
    /* The settings, each under its name in the file. */
    {"bind-addr", '\0', "ADDR", "listen there (0.0.0.0:9000, and IPv6 likewise)"},
    {"discovery-port", '\0', "PORT", "UDP port of the LAN beacon; 0: off (9999)"},
    {"min-degree", '\0', "N", "neighbours at least (4)"},
    {"max-degree", '\0', "N", "neighbours at most (6)"},
    {"keypair-seed", '\0', "HEX", "identity from 64 hexadecimal digits"},
    {"require-invitation", '\0', NULL, "members only (off)"},
    {"gossip-interval", '\0', "TIME", "between rounds of shared state (1s)"},
    {"heartbeat-interval", '\0', "TIME", "silence before a heartbeat (500ms)"},
    {"phi-threshold", '\0', "X", "suspicion from which a neighbour is checked (8.0)"},
    {"rebalance-interval", '\0', "TIME", "between looks at the neighbours (5s)"},
    {"ihave-timeout", '\0', "TIME", "before an announced broadcast is asked for (500ms)"},
    {"max-discovery-retries", '\0', "N", "fruitless tries before a node calls itself offline (10)"},
    {"recovery-base-delay", '\0', "TIME", "after the first fruitless try (500ms)"},
    {"connect-timeout", '\0', "TIME", "for one address (5s)"},
    {"wan-mode", '\0', NULL, "timings for slow, far links (off)"},
    {"auto-lock", '\0', "MINUTES", "lock after so long without a command; 0: never (0)"},
    {"passphrase-file", '\0', "FILE", "the home's passphrase; a number: that descriptor"},
    {"power", '\0', "MODE", "normal, or low: woken seldom (normal)"},
    {"network", '\0', "NAME", "only with nodes that name the same network (none)"},
    {"seed", '\0', "ADDR", "a peer to begin with; may be repeated"},
};

static const struct args_option peers_options[] = {
    {"wide", '\0', NULL, "also direction, time connected, program and address: long lines"},
};

static const struct args_option create_options[] = {
    {"policy", '\0', "WHO", "who can put whom out: inviter, two or any (inviter)"},
};

static const struct args_option invite_options[] = {
    {"network", '\0', "N", "into that one, by name or id; needed when there are several"},
    {"language", '\0', "L", "words of the code: en or sw (en)"},
    {"key", '\0', "KEY", "no code: whoever has this key ('wavu id' there) may join"},
    {"no-wait", '\0', NULL, "print the code and end; it stays open"},
    {"close", '\0', NULL, "close an open code"},
};

static const struct args_option join_options[] = {
    {"key", '\0', "ADDR", "no code: the node there has invited our key"},
};

static const struct args_option contact_options[] = {
    {"network", '\0', "NET", "WHO is meant as a member of that network, by its name or id"},
};

static const struct args_option sos_options[] = {
    {"to", '\0', "WHO", "call that person; may be repeated"},
    {"all", '\0', NULL, "call all members instead, and say it in the room"},
    {"network", '\0', "NET", "only people of that network, by its name or id"},
    {"at", '\0', "POS", "where you are: LAT,LON or LAT,LON,ALT (degrees, metres)"},
};

static const struct args_option verify_options[] = {
    {"network", '\0', "NET", "WHO is meant as a member of that network, by its name or id"},
    {"yes", '\0', NULL, "it was compared, and is the same: mark it"},
    {"no", '\0', NULL, "take the mark back"},
    {"scanned", '\0', "TEXT", "what their QR said: compare it, and mark it if it is the same"},
};

static const struct args_option revoke_options[] = {
    {"network", '\0', "N", "from that one, by name or id; needed when there are several"},
    {"subtree", '\0', NULL, "also all whom WHO has brought in"},
};

static const struct args_option dm_options[] = {
    {"network", '\0', "N", "the network of that member, by name or id"},
    {"me", '\0', NULL, "as an action: '* Amina waves'"},
    {"reply", '\0', "ID", "it answers that message"},
    {"edit", '\0', "ID", "it replaces the text of that message, one's own"},
    {"delete", '\0', "ID", "that message goes everywhere; without TEXT"},
    {"react", '\0', "ID", "TEXT is one emoji for that message; the same again takes it back"},
    {"expire", '\0', "TIME", "it disappears so long after it is there (30s, 10m, 24h)"},
};

static const struct args_option chats_options[] = {
    {"network", '\0', "N", "of that one, by name or id"},
    {"receipts", '\0', "on|off", "tell others what was read of theirs (off)"},
};

static const struct args_option history_options[] = {
    {"with", '\0', "WHO", "the direct chat with that member"},
    {"room", '\0', "ROOM", "that room, by name or id; else the main one"},
    {"max", '\0', "N", "so many messages at most (50)"},
    {"search", '\0', "WORDS", "only those that have all of these, the newest first"},
    {"peek", '\0', NULL, "what is shown stays unread"},
    {"network", '\0', "N", "of that one, by name or id"},
};

static const struct args_option members_options[] = {
    {"network", '\0', "N", "only of that one, by name or id"},
    {"nodes", '\0', NULL, "the nodes of the mesh, in whatever network"},
};

static const struct args_option say_options[] = {
    {"network", '\0', "N", "in that one, by name or id; needed when there are several"},
    {"room", '\0', "ROOM", "in that room, by name or id (the main room)"},
    {"reply", '\0', "ID", "an answer to that message"},
    {"edit", '\0', "ID", "in place of that message of yours"},
    {"delete", '\0', "ID", "nothing; that message of yours goes"},
    {"react", '\0', "ID", "an emoji on that message; the same again takes it back"},
    {"action", '\0', NULL, "shown as what you do: * amina waves"},
    {"expire", '\0', "TIME", "it disappears so long after it came to somebody: 1h, 7d"},
};

static const struct args_option rooms_options[] = {
    {"network", '\0', "N", "of that one, by name or id; needed when there are several"},
};

static const struct args_option room_options[] = {
    {"network", '\0', "N", "in that one, by name or id; needed when there are several"},
    {"name", '\0', "NAME", "set: call it so"},
    {"topic", '\0', "TEXT", "make, set: what it is about"},
    {"share", '\0', "N", "make, set: newcomers read the last N messages (0)"},
    {"expire", '\0', "TIME", "make, set: what is said there disappears after (never)"},
};

static const struct args_option file_options[] = {
    {"network", '\0', "N", "of that one, by name or id; needed to send when there are several"},
    {"room", '\0', "R", "send: into that room, by name or id (the main room)"},
    {"to", '\0', "WHO", "send: to one member alone, by its id"},
    {"wait", '\0', NULL, "accept: wait until it is here"},
};

static const struct args_option export_options[] = {
    {"for", '\0', "WHO", "what is for that member"},
    {"all", '\0', NULL, "what is for anybody"},
    {"network", '\0', "N", "of that one, by name or id; needed when there are several"},
};

static const struct args_option import_options[] = {
    {"network", '\0', "N", "only for that one, by name or id"},
};

static const struct args_option topology_options[] = {
    {"graphviz", '\0', NULL, "print a graph for Graphviz (dot, neato)"},
};

static const struct args_option events_options[] = {
    {"all", '\0', NULL, "begin with what the node still knows"},
    {"no-follow", '\0', NULL, "print what the node still knows, and end"},
};

static const struct args_option passphrase_options[] = {
    {"passphrase-file", '\0', "FILE", "the one of now; a number: that descriptor"},
    {"new-passphrase-file", '\0', "FILE", "the new one, likewise"},
};

static const struct args_option typed_options[] = {
    {"passphrase-file", '\0', "FILE", "the passphrase; a number: that descriptor"},
};

static const struct args_option wipe_options[] = {
    {"yes", '\0', NULL, "do not ask"},
};

static const struct args_option config_options[] = {
    {"origin", '\0', NULL, "say where each value comes from: default, file or option"},
};

static const struct args_option ping_options[] = {
    {"count", 'c', "N", "how many round trips (4)"},
    {"interval", 'i', "SECONDS", "from one to the next; 0: one directly after the other (1)"},
    {"psk", '\0', "FILE", "a private network: libp2p's pre-shared key file"},
};

static const struct args_option perf_options[] = {
    {"upload-bytes", '\0', "N", "send so many bytes (0)"},
    {"download-bytes", '\0', "N", "then take so many back (0)"},
    {"psk", '\0', "FILE", "a private network: libp2p's pre-shared key file"},
};

/* --json has a value here: it stands in place of the common one. */
static const struct args_option sim_options[] = {
    {"seed", '\0', "N", "draw everything random from N, not from the file's seed"},
    {"nodes", '\0', "N", "so many nodes, whatever the scenario says"},
    {"draw", '\0', NULL, "no file: a scenario drawn from --seed (1), printed in full"},
    {"cable", '\0', "KIND", "draw only scenarios on message, stream or whole cables"},
    {"print", '\0', NULL, "print the scenario as TOML and do not run it"},
    {"json", '\0', "FILE", "results as JSON; -: on stdout, in place of the table"},
    {"html", '\0', "FILE", "a report with plots: one file that needs nothing else"},
    {"replay-to", '\0', "FILE", "the smallest scenario that fails likewise goes there"},
    {"no-shrink", '\0', NULL, "after a failure, do not look for a smaller one"},
    {"shrink-runs", '\0', "N", "look for it with at most N runs (200)"},
    {"seeds", '\0', "N", "run N drawn scenarios, a line for each that fails"},
    {"from", '\0', "K", "the first of these seeds (1)"},
    {"jobs", 'j', "N", "so many at a time (one for each processor)"},
};

static const struct command commands_table[] = {
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
        .name = "id",
        .words = "",
        .summary = "print this installation's peer id",
        .examples = "  wavu id\n"
                    "  wavu id --home ./second\n",
        .notes =
            "Makes the key, device.key in the home, when there is none yet, as 'wavu up' does. Of\n"
            "a person who is in a network, or was asked for, it prints the key, too.\n",
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
        .name = "peers",
        .words = "",
        .summary = "whom the running node is connected to",
        .examples = "  wavu peers\n"
                    "  wavu peers --wide\n"
                    "  wavu peers --json\n",
        .notes = "SECURED: hybrid holds also against a quantum computer of later; classic is\n"
                 "Noise over X25519 alone, as other libp2p programs speak it.\n"
                 "Exit code 3 when no node runs in the home.\n",
        .options = peers_options,
        .option_count = COUNT_OF(peers_options),
        .run = cmd_ask_peers_run,
    },
    {
        .name = "create",
        .words = "NAME",
        .summary = "make a network of people, with this node in it",
        .examples = "  wavu create savanna\n"
                    "  wavu create harbour --policy two\n",
        .notes = "NAME is 1 to 64 of a-z 0-9 . - _. By the policy 'inviter' a member can put out\n"
                 "whom it has brought in, and two members anybody; by 'two' it always takes two;\n"
                 "by 'any' everybody can. It stays as it is.\n",
        .options = create_options,
        .option_count = COUNT_OF(create_options),
        .words_min = 1,
        .words_max = 1,
        .run = cmd_network_create_run,
    },
    {
        .name = "networks",
        .words = "",
        .summary = "the networks that this node is in",
        .examples = "  wavu networks\n"
                    "  wavu networks --json\n",
        .notes = "",
        .run = cmd_network_list_run,
    },
    {
        .name = "invite",
        .words = "",
        .summary = "let somebody into a network",
        .examples = "  wavu invite\n"
                    "  wavu invite --network savanna --language sw\n"
                    "  wavu invite --key 3b6a27bc...             # no code: by key\n",
        .notes = "Prints a code for one newcomer, and waits for what becomes of it: exit code 0\n"
                 "when it was used, 6 when it expired, 5 when it was closed after wrong tries.\n",
        .options = invite_options,
        .option_count = COUNT_OF(invite_options),
        .run = cmd_invite_run,
    },
    {
        .name = "join",
        .words = "CODE [ADDR]",
        .summary = "go into a network",
        .examples = "  wavu join 7-apple-river-stone                  # on the local network\n"
                    "  wavu join 7-apple-river-stone 192.0.2.7:9000\n"
                    "  wavu join --key /ip4/192.0.2.7/tcp/9000/p2p/12D3KooW...\n",
        .notes =
            "CODE is what 'wavu invite' prints at the other end, or the text of its QR. Words\n"
            "may be cut to three letters. Waits until this node belongs to the network.\n"
            "Exit code 5 for a wrong code, 6 when nobody is found.\n",
        .options = join_options,
        .option_count = COUNT_OF(join_options),
        .words_max = 2,
        .run = cmd_join_run,
    },
    {
        .name = "revoke",
        .words = "WHO",
        .summary = "put somebody out of a network",
        .examples = "  wavu revoke Baraka\n"
                    "  wavu revoke 5f6a7b8c --network savanna\n"
                    "  wavu revoke Baraka --subtree\n",
        .notes = "WHO is a member's name, if only one has it, or at least the first 8 digits of\n"
                 "its id or key. Exit code 1 when by the policy somebody else has to do the\n"
                 "same before it holds. Who is out is not told: that node finds nobody any more.\n",
        .options = revoke_options,
        .option_count = COUNT_OF(revoke_options),
        .words_min = 1,
        .words_max = 1,
        .run = cmd_people_revoke_run,
    },
    {
        .name = "say",
        .words = "TEXT",
        .summary = "say something in a room",
        .examples = "  wavu say 'habari za asubuhi'\n"
                    "  wavu say --room plans --expire 7d 'we meet at noon'\n"
                    "  uptime | wavu say -\n"
                    "  wavu say --react ID '\xf0\x9f\x91\x8d'\n"
                    "  wavu say --delete ID\n",
        .notes =
            "Prints the message's id. TEXT of - is read from stdin. All members of the network\n"
            "read it, also those who are away now, when they are back. 'wavu history' shows\n"
            "what was said, with ids.\n",
        .options = say_options,
        .option_count = COUNT_OF(say_options),
        .words_max = 1,
        .run = cmd_say_run,
    },
    {
        .name = "rooms",
        .words = "",
        .summary = "the rooms of a network",
        .examples = "  wavu rooms\n"
                    "  wavu rooms --network savanna --json\n",
        .notes = "All members of the network can read all of its rooms.\n",
        .options = rooms_options,
        .option_count = COUNT_OF(rooms_options),
        .run = cmd_room_list_run,
    },
    {
        .name = "room",
        .words = "make|set|read [NAME]",
        .summary = "make or change a room; count it as read",
        .examples = "  wavu room make plans --topic 'where and when'\n"
                    "  wavu room set plans --expire 7d\n"
                    "  wavu room set --name 'Savanna' --share 50\n"
                    "  wavu room read plans\n",
        .notes = "No NAME: the main room. Who made a room, and who founded the network, can set\n"
                 "it; what is not named stays as it is.\n",
        .options = room_options,
        .option_count = COUNT_OF(room_options),
        .words_min = 1,
        .words_max = 2,
        .run = cmd_room_run,
    },
    {
        .name = "contacts",
        .words = "",
        .summary = "whom you know, and how surely",
        .examples = "  wavu contacts\n"
                    "  wavu contacts --json\n",
        .notes = "",
        .run = cmd_contacts_run,
    },
    {
        .name = "contact",
        .words = "name|block|unblock|show WHO",
        .summary = "call somebody as you like, or block them",
        .examples = "  wavu contact name 5f6a7b8c Mama\n"
                    "  wavu contact name Mama            # as she calls herself, again\n"
                    "  wavu contact block Baraka\n",
        .notes =
            "Your own name for somebody goes before what others call themselves, in all\n"
            "networks, and nobody learns of it. Of who is blocked no SOS and no direct message\n"
            "is shown. WHO is a name, or at least the first 8 digits of an id or key.\n",
        .options = contact_options,
        .option_count = COUNT_OF(contact_options),
        .words_min = 2,
        .words_max = 3,
        .run = cmd_contacts_one_run,
    },
    {
        .name = "verify",
        .words = "WHO",
        .summary = "the safety number of you and somebody",
        .examples = "  wavu verify Baraka\n"
                    "  wavu verify Baraka --yes\n"
                    "  wavu verify Baraka --scanned WAVU:SAFETY:1:...\n",
        .notes =
            "Both see the same 60 digits, or somebody stands between. The mark is gone when\n"
            "that person's key changes. Exit code 1 when what was scanned is another number.\n",
        .options = verify_options,
        .option_count = COUNT_OF(verify_options),
        .words_min = 1,
        .words_max = 1,
        .run = cmd_contacts_verify_run,
    },
    {
        .name = "sos",
        .words = "[TEXT]|status|cancel|ack ID",
        .summary = "call people for help, until they answer",
        .examples = "  wavu sos --to Mama --to Baraka 'fell, leg broken' --at -6.1659,39.2026\n"
                    "  wavu sos --all 'fire at the school'\n"
                    "  wavu sos status\n"
                    "  wavu sos cancel                    # it is over\n"
                    "  wavu sos ack 5f6a7b8c              # I have seen it\n",
        .notes = "It calls no emergency service: only the people named hear of it. It is said\n"
                 "again after 1, 2, 4, ... 30 minutes, over restarts, until each person has\n"
                 "acknowledged it or it is cancelled. Others are told of at most one a member in\n"
                 "half a minute; who is blocked is not heard.\n",
        .options = sos_options,
        .option_count = COUNT_OF(sos_options),
        .words_max = 2,
        .run = cmd_sos_run,
    },
    {
        .name = "nick",
        .words = "[NAME]",
        .summary = "how others are told you are called",
        .examples = "  wavu nick\n"
                    "  wavu nick 'Amina wa Pwani'\n",
        .notes = "",
        .words_max = 1,
        .run = cmd_network_nick_run,
    },
    {
        .name = "members",
        .words = "",
        .summary = "who belongs to the networks, or the mesh",
        .examples = "  wavu members\n"
                    "  wavu members --network savanna --json\n"
                    "  wavu members --nodes\n",
        .notes =
            "Members are people. BY is who brought them in; ONLINE, that a device of theirs is\n"
            "a neighbour of this node. A NAME is what they call themselves; the ID is who\n"
            "they are. --nodes, and without a network: the nodes of the mesh. A neighbour has\n"
            "a link to this node; a known one is reached over others; to one with no way no\n"
            "links lead now: it crashed, left, or is cut off.\n"
            "Exit code 3 when no node runs in the home.\n",
        .options = members_options,
        .option_count = COUNT_OF(members_options),
        .run = cmd_people_members_run,
    },
    {
        .name = "file",
        .words = "send|list|accept|cancel [...]",
        .summary = "send files to members, and take theirs",
        .examples = "  wavu file send ./trip.ogg\n"
                    "  wavu file list\n"
                    "  wavu file accept 5f6a7b8c --wait\n"
                    "  wavu file accept 5f6a7b8c ~/Music          # and copy it there\n"
                    "  wavu file cancel 5f6a7b8c\n",
        .notes =
            "What is sent is read where it lies, as long as it stays as it is. Others fetch it\n"
            "when they accept it, from all who have it; it goes on by itself after a restart,\n"
            "and is in the folder downloads of the home when it is whole. With a PATH, accept\n"
            "waits and copies it there; nothing is ever replaced. An ID may be cut to 6 digits.\n"
            "Cancel ends what is coming, or withdraws one's own offer.\n"
            "Exit code 4 when there is no such offer, or nobody has the file any more.\n",
        .options = file_options,
        .option_count = COUNT_OF(file_options),
        .words_min = 1,
        .words_max = 3,
        .run = cmd_file_run,
    },
    {
        .name = "export",
        .words = "DIR",
        .summary = "write what waits for members to a stick",
        .examples = "  wavu export --for Baraka /media/stick\n"
                    "  wavu export --all /media/stick\n",
        .notes = "Writes sealed messages into DIR as files whose names tell nothing: direct\n"
                 "messages, receipts and keys of this node, and what it holds for others. Who\n"
                 "finds the stick reads nothing of it. They wait here, too, until their reader\n"
                 "has them. When the command has ended, the stick may be pulled out.\n",
        .options = export_options,
        .option_count = COUNT_OF(export_options),
        .words_min = 1,
        .words_max = 1,
        .run = cmd_stick_export_run,
    },
    {
        .name = "import",
        .words = "DIR",
        .summary = "read what somebody carried here on a stick",
        .examples = "  wavu import /media/stick\n",
        .notes = "Reads the files that 'wavu export' wrote: what is for this node is shown, what\n"
                 "is for other members is held for them. Ends when all of it is on the disk; the\n"
                 "files stay. Receipts go back with the next 'wavu export', or by the network.\n"
                 "Exit code 1 when some could not be taken yet: keep the files, and try again.\n",
        .options = import_options,
        .option_count = COUNT_OF(import_options),
        .words_min = 1,
        .words_max = 1,
        .run = cmd_stick_import_run,
    },
    {
        .name = "topology",
        .words = "",
        .summary = "who is whose neighbour",
        .examples = "  wavu topology\n"
                    "  wavu topology --graphviz | neato -Tsvg > mesh.svg\n",
        .notes = "Each line is a node and its neighbours, by the last letters of their ids; * is\n"
                 "this node. To one with (no way) no links lead now; what it says is old.\n",
        .options = topology_options,
        .option_count = COUNT_OF(topology_options),
        .run = cmd_mesh_topology_run,
    },
    {
        .name = "broadcast",
        .words = "TEXT",
        .summary = "say something to every node of the mesh",
        .examples = "  wavu broadcast 'water at the school'\n",
        .notes = "Not encrypted beyond the links: every node of the mesh can read it.\n",
        .words_min = 1,
        .words_max = 1,
        .run = cmd_mesh_broadcast_run,
    },
    {
        .name = "dm",
        .words = "WHO TEXT",
        .summary = "say something to one member, end-to-end encrypted",
        .examples = "  wavu dm Baraka 'the bridge is open'\n"
                    "  wavu dm 0a1b2c3d 'only for today' --expire 24h\n"
                    "  wavu dm Baraka --delete 77aa01c4\n",
        .notes =
            "WHO is a nick, a member's id or the beginning of one. What is said is kept until\n"
            "each of that person's devices has it, for a week at most; others hold it, sealed,\n"
            "while both are not there together. 'wavu history --with WHO' tells what became\n"
            "of it. A message's ID is what history shows, or its whole id.\n",
        .options = dm_options,
        .option_count = COUNT_OF(dm_options),
        .words_min = 1,
        .words_max = 2,
        .run = cmd_direct_say_run,
    },
    {
        .name = "chats",
        .words = "",
        .summary = "with whom this node's person talks, and what is unread",
        .examples = "  wavu chats\n"
                    "  wavu chats --receipts on\n",
        .notes = "The chat in which something came last is first.\n",
        .options = chats_options,
        .option_count = COUNT_OF(chats_options),
        .run = cmd_direct_chats_run,
    },
    {
        .name = "history",
        .words = "",
        .summary = "what was said in a room, or with one member",
        .examples = "  wavu history\n"
                    "  wavu history --with Baraka --max 200\n"
                    "  wavu history --search 'bridge open'\n",
        .notes = "Oldest first, in the order that all see; the time is by the author's clock.\n"
                 "Behind one's own to a member: queued, sent (it left this device), stored at\n"
                 "MEMBER (who holds it meanwhile), delivered, read (when the other tells),\n"
                 "expired or refused. What is shown with --with counts as read.\n",
        .options = history_options,
        .option_count = COUNT_OF(history_options),
        .run = cmd_history_run,
    },
    {
        .name = "send",
        .words = "PEER TEXT",
        .summary = "say something to one member of the mesh",
        .examples = "  wavu send 12D3KooW... 'the bridge is open'\n"
                    "  wavu send hVcSmRkQ 'the bridge is open'   # the last letters of the id\n",
        .notes =
            "PEER is a member's peer id, or at least 6 of its first or last characters.\n"
            "Members on the way can read it, though not change it, until end-to-end\n"
            "encryption comes. Exit code 0 when PEER has acknowledged it, 6 without an answer\n"
            "(it may have arrived all the same), 4 when no member fits, 1 when there is no\n"
            "way.\n",
        .words_min = 2,
        .words_max = 2,
        .run = cmd_send_run,
    },
    {
        .name = "events",
        .words = "",
        .summary = "what happens in the mesh, as JSON lines",
        .examples = "  wavu events\n"
                    "  wavu events --no-follow | jq -r 'select(.event==\"message\").text'\n",
        .notes = "Neighbours that come and go, suspicions, broadcasts, what others sent to this\n"
                 "node, seeds, networks, direct chats; until Ctrl+C.\n",
        .options = events_options,
        .option_count = COUNT_OF(events_options),
        .run = cmd_mesh_events_run,
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
            "back a passphrase that is forgotten. device.key and identity.key are not under\n"
            "it.\n",
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
                    "  wavu unlock --passphrase-file secret\n",
        .notes = "Exit code 5 for a wrong passphrase.\n",
        .options = typed_options,
        .option_count = COUNT_OF(typed_options),
        .run = cmd_passphrase_unlock_run,
    },
    {
        .name = "backup",
        .words = "WHAT FILE",
        .summary = "save who you are and what was said, and bring it back",
        .examples = "  wavu backup create /media/stick/amina.backup\n"
                    "  wavu backup verify /media/stick/amina.backup\n"
                    "  wavu backup restore /media/stick/amina.backup --home ./new\n",
        .notes = "WHAT is create, verify or restore. create asks the running node; it goes on\n"
                 "meanwhile, and what is in the file is of one moment. verify reads all of it\n"
                 "and changes nothing. restore takes an empty home, which is then a new device\n"
                 "of the same person: no key of the old one is in the file. Exit code 5 for a\n"
                 "wrong passphrase.\n",
        .options = typed_options,
        .option_count = COUNT_OF(typed_options),
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
    {
        .name = "config",
        .words = "check|show",
        .summary = "check or show the settings (wavu.toml in the home)",
        .examples = "  wavu config check\n"
                    "  wavu config check ./wavu.toml\n"
                    "  wavu config show --origin\n",
        .notes = "",
        .options = config_options,
        .option_count = COUNT_OF(config_options),
        .words_min = 1,
        .words_max = 2,
        .run = cmd_config_run,
    },
    {
        .name = "ping",
        .words = "ADDR",
        .summary = "measure round trips to a peer",
        .examples =
            "  wavu ping 192.0.2.7:9000\n"
            "  wavu ping node.example:9000 -c 100 -i 0 --json\n"
            "  wavu ping /ip4/192.0.2.7/tcp/9000/p2p/12D3KooW...   # nobody else may answer\n",
        .notes = "Uses an identity of its own; no node has to run.\n",
        .options = ping_options,
        .option_count = COUNT_OF(ping_options),
        .words_min = 1,
        .words_max = 1,
        .run = cmd_ping_run,
    },
    {
        .name = "perf",
        .words = "ADDR",
        .summary = "measure throughput to a peer",
        .examples = "  wavu perf 192.0.2.7:9000 --upload-bytes 1000000000\n"
                    "  wavu perf 192.0.2.7:9000 --upload-bytes 0 --download-bytes 1000000000\n",
        .notes = "Prints a JSON line each second and a final one, with or without --json. Uses an\n"
                 "identity of its own; no node has to run.\n",
        .options = perf_options,
        .option_count = COUNT_OF(perf_options),
        .words_min = 1,
        .words_max = 1,
        .run = cmd_perf_run,
    },
    {
        .name = "sim",
        .words = "[SCENARIO]",
        .summary = "simulate a mesh with faults on virtual time",
        .examples =
            "  wavu sim scenarios/lossy.toml\n"
            "  wavu sim scenarios/churn.toml --seed 7 --nodes 500 --html report.html\n"
            "  wavu sim --draw --seed 37              # whatever the seed gives\n"
            "  wavu sim --seeds 1000 -j 4             # many seeds, a line for each failure\n"
            "  wavu sim lossy-1.replay.toml           # a failure, once more\n",
        .notes = "A run is safe while faults happen, and all is well again when they have\n"
                 "stopped, or it has failed: exit code 0 or 1; 2 for a scenario that is none, 4\n"
                 "where there is no such file. One scenario gives one event hash, on every\n"
                 "machine. A failure is made smaller and written to a replay file.\n"
                 "docs/scenarios.md has the keys of scenarios and of the JSON results.\n",
        .options = sim_options,
        .option_count = COUNT_OF(sim_options),
        .words_max = 1,
        .run = cmd_sim_run,
    },
    {
        .name = "version",
        .words = "",
        .summary = "print the version",
        .examples = "  wavu version\n",
        .notes = "",
        .run = help_version_run,
    },
    {
        .name = "help",
        .words = "[COMMAND]",
        .summary = "explain the program or a command",
        .examples = "  wavu help\n"
                    "  wavu help up\n",
        .notes = "",
        .words_max = 1,
        .run = help_run,
    },
};

const struct command *commands_at(size_t i)
{
    return i < COUNT_OF(commands_table) ? &commands_table[i] : NULL;
}

const struct command *commands_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(commands_table); i++) {
        if (strcmp(commands_table[i].name, name) == 0) {
            return &commands_table[i];
        }
    }
    return NULL;
}

const struct args_option *commands_common(size_t *count)
{
    *count = COUNT_OF(common_options);
    return common_options;
}

int commands_explain_unknown(const char *name)
{
    struct guess guess = {NULL, 0};
    for (size_t i = 0; i < COUNT_OF(commands_table); i++) {
        guess_try(&guess, name, commands_table[i].name);
    }
    if (guess.word != NULL) {
        return say_problem(SAY_USAGE, "there is no command '%.64s'; did you mean 'wavu %s'?", name,
                           guess.word);
    }
    return say_problem(SAY_USAGE, "there is no command '%.64s'; 'wavu help' lists them", name);
}

static int commands_say_usage(const struct command *command, const char *problem)
{
    return say_problem(SAY_USAGE, "%s ('wavu %s --help' tells more)", problem, command->name);
}

static int commands_run(struct call *call)
{
    const struct command *command = call->command;
    call->home = args_value(&call->args, "home");
    call->is_json = args_has(&call->args, "json");
    if (args_has(&call->args, "help")) {
        help_print(command, call->is_json);
        return SAY_OK;
    }
    if (call->args.word_count < command->words_min) {
        (void)snprintf(call->args.problem, sizeof call->args.problem, "%s needs %s", command->name,
                       command->words);
        return commands_say_usage(command, call->args.problem);
    }
    if (call->args.word_count > command->words_max) {
        (void)snprintf(call->args.problem, sizeof call->args.problem,
                       "%s does not understand the word '%.64s'", command->name,
                       call->args.words[command->words_max]);
        return commands_say_usage(command, call->args.problem);
    }
    return command->run(call);
}

/* The words behind the command's name, and what stood before it. */
static int commands_parse(struct call *call, int count, char *const *words)
{
    struct args_tables tables = {call->command->options, call->command->option_count,
                                 common_options, COUNT_OF(common_options)};
    if (!args_parse(&call->args, &tables, count, words)) {
        return commands_say_usage(call->command, call->args.problem);
    }
    return commands_run(call);
}

static int commands_dispatch(struct call *call, int count, char *const *words)
{
    const struct args_tables tables = {NULL, 0, common_options, COUNT_OF(common_options)};
    if (count == 1 && (strcmp(words[0], "--version") == 0 || strcmp(words[0], "-V") == 0)) {
        return help_version_run(call);
    }
    int at = args_parse_leading(&call->args, &tables, count, words);
    if (at < 0) {
        return say_problem(SAY_USAGE, "%s ('wavu help' tells more)", call->args.problem);
    }
    if (at == count) {
        help_print_all(args_has(&call->args, "json"));
        return SAY_OK;
    }
    call->command = commands_find(words[at]);
    if (call->command == NULL) {
        return commands_explain_unknown(words[at]);
    }
    return commands_parse(call, count - at - 1, words + at + 1);
}

int commands_main(int argc, char **argv)
{
    static struct call call; /* 2 KiB that live as long as the program */
    say_start();
    jsonrpc_start();
    call = (struct call){.command = NULL};
    /* A program can be started without even its name. */
    return say_end(commands_dispatch(&call, argc > 0 ? argc - 1 : 0, argv + (argc > 0 ? 1 : 0)));
}
