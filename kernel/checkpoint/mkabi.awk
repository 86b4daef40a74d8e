# SPDX-License-Identifier: GPL-2.0-only
#
# Checkpoint/restart: turn the ABI header into a table for the compiler, which
# knows sizes and offsets (abi.c and scripts/check-header give the macros):
#
#	ABI_RECORD(name, number, sizeof(struct))	a record; its fields follow
#	ABI_STRUCT(name, sizeof(struct))		any other struct; likewise
#	ABI_FIELD(name, offset, bytes, type)		a number
#	ABI_VECTOR(name, offset, bytes, type, count)	a fixed number of numbers
#	ABI_ARRAY(name, offset, bytes, type)		describes the record's array
#
# What it does not understand is an error, as then nobody would.

BEGIN {
	types["__u8"] = "u8"; types["__u16"] = "u16"; types["__u32"] = "u32"
	types["__u64"] = "u64"; types["__s32"] = "s32"; types["__s64"] = "s64"
	types["char"] = "char"; types["bytes"] = "u8"
	print "/* SPDX-License-Identifier: GPL-2.0-only */"
	print "/* Made by mkabi.awk from checkpoint_hdr.h. */"
}

function fail(what)
{
	printf "%s:%d: %s: %s\n", FILENAME, FNR, what, $0 > "/dev/stderr"
	failed = 1
	exit 1
}

/^#define CKPT_REC_/ { numbers[$2] = 1 }

# -- comments: what records a struct is for, and of what its arrays are

/^\/\*\*/ { in_comment = 1; member = ""; brief = ""; split("", doc) }

in_comment && /^ \* @[a-z0-9_]+:/ {
	member = substr($2, 2, length($2) - 2)
	doc[member] = $0
	next
}
in_comment && /^ \*$/ { member = "" ; in_brief = 0 }
in_comment && /^ \* struct / { in_brief = 1; brief = "" }
in_comment && member != "" { doc[member] = doc[member] " " $0 }
in_comment && member == "" && in_brief { brief = brief " " $0 }
in_comment && /\*\/$/ { in_comment = in_brief = 0; next }
in_comment { next }

# -- structs

/^struct [a-z0-9_]+ \{$/ { tag = $2; nr_fields = 0; next }
tag != "" && /^\};$/ { finish(); tag = ""; brief = ""; split("", doc); next }
tag != "" { add_field() }

function add_field(	line, n, part, name)
{
	line = $0
	sub(/\/\*.*\*\//, "", line)
	sub(/;[ \t]*$/, "", line)
	n = split(line, part, /[ \t]+/)		# part[1] is empty
	if (part[2] == "struct" && part[3] == "ckpt_array" && n == 4) {
		add("ABI_ARRAY", part[4], element(part[4]), "")
	} else if (n == 3 && (part[2] in types)) {
		name = part[3]
		if (sub(/\[.*\]$/, "", name))
			add("ABI_VECTOR", name, types[part[2]],
			    ", " bytes(name) " / sizeof(" part[2] ")")
		else
			add("ABI_FIELD", name, types[part[2]], "")
	} else {
		fail("no field of the ABI")
	}
}

function bytes(name)
{
	return "sizeof_field(struct " tag ", " name ")"
}

function add(macro, name, type, rest)
{
	fields[++nr_fields] = macro "(\"" name "\", offsetof(struct " tag ", " name "), " \
			      bytes(name) ", \"" type "\"" rest ")"
}

# "array of struct ckpt_fd, ascending" -> ckpt_fd
function element(name,		text, part, n)
{
	text = doc[name]
	if (!sub(/.*array of /, "", text))
		fail("the comment does not say of what the array is")
	n = split(text, part, /[ \t,;:.)]+/)
	if (part[1] == "struct" && n > 1)
		return part[2]
	if (!(part[1] in types))
		fail("unknown array element " part[1])
	return types[part[1]]
}

# Its records: "CKPT_REC_TASK_MM, _TASK_FDTABLE, _TASK_FS: task"
function finish(	part, n, i, name, records)
{
	n = split(brief, part, /[ \t,;:.]+/)
	for (i = 1; i <= n; i++) {
		name = part[i]
		sub(/^_/, "CKPT_REC_", name)
		if (name !~ /^CKPT_REC_/ || !(name in numbers))
			continue
		records++
		print_one("ABI_RECORD(\"" tolower(substr(name, 10)) "\", " name \
			  ", sizeof(struct " tag "))")
	}
	if (!records)
		print_one("ABI_STRUCT(\"" tag "\", sizeof(struct " tag "))")
}

function print_one(head,	i)
{
	print ""
	print head
	for (i = 1; i <= nr_fields; i++)
		print fields[i]
}

END { exit failed }
