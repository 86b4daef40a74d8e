# SPDX-License-Identifier: GPL-2.0-only
#
# Checkpoint/restart: turn the ABI header into a table for the compiler, which
# knows sizes and offsets.  All that is known about records comes from here: the
# kernel's description of the ABI and its table of references, the table of the tools'
# library, the lists in the documentation (scripts/lists).  Each gives the macros:
#
#	ABI_RECORD(name, number, sizeof(struct))	a record; its fields follow
#	ABI_OBJECT(class, defines, late)		the record before defines an object, or
#							belongs to one ("of task @object"); it
#							may stand in the tail ("also in the tail")
#	ABI_STRUCT(name, sizeof(struct))		any other struct; likewise
#	ABI_FIELD(name, offset, bytes, type)		a number
#	ABI_VECTOR(name, offset, bytes, type, count)	a fixed number of numbers
#	ABI_ARRAY(name, offset, bytes, type)		describes the record's array
#	ABI_REF(name, offset, class, optional)		the field before is the id of an object
#
# A field is such an id if its comment begins with the object's class ("@cred: cred
# object of the opener"), and may be 0 if that is said (", 0 = the restarter's").  A
# record whose object may be of several classes is "of any @object".
#
# Comments are for people and scripts/lists: the groups of numbers ("0x01xx: tasks"), and
# the number and the words of each record.
#
# What it does not understand is an error, as then nobody would.

BEGIN {
	types["__u8"] = "u8"; types["__u16"] = "u16"; types["__u32"] = "u32"
	types["__u64"] = "u64"; types["__s32"] = "s32"; types["__s64"] = "s64"
	types["char"] = "char"; types["bytes"] = "u8"
}

# The table is the header in another shape, and under the same license.
NR == 1 {
	print
	print "/* Made by mkabi.awk from checkpoint_hdr.h. */"
}

function fail(what)
{
	printf "%s:%d: %s: %s\n", FILENAME, FNR, what, $0 > "/dev/stderr"
	failed = 1
	exit 1
}

/^#define CKPT_REC_/ { numbers[$2] = $3 ($4 ~ /SKIPPABLE|\|/ ? ", skippable" : "") }

/^\/\* -- 0x[0-9a-f]+xx: / { gsub(/ -+( |$)/, " "); print "\n" $0; next }

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
	if (part[2] == "struct" && part[3] == "ckpt_rec_array" && n == 4) {
		add("ABI_ARRAY", part[4], element(part[4]), "")
	} else if (n == 3 && (part[2] in types)) {
		name = part[3]
		if (sub(/\[.*\]$/, "", name))
			add("ABI_VECTOR", name, types[part[2]],
			    ", " bytes(name) " / sizeof(" part[2] ")")
		else
			add("ABI_FIELD", name, types[part[2]], "")
		if (part[2] == "__u32" && doc[name] ~ /@[a-z0-9_]+: [a-z]+ object([^a-z]|$)/)
			add_ref(name)
	} else {
		fail("no field of the ABI")
	}
}

function add_ref(name,		text)
{
	text = doc[name]
	sub(/.*@[a-z0-9_]+: /, "", text)
	fields[++nr_fields] = "ABI_REF(\"" name "\", offsetof(struct " tag ", " name "), \"" \
			      substr(text, 1, index(text, " ") - 1) "\", " \
			      (text ~ /, 0 / ? "true" : "false") ")"
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

# "array of struct ckpt_rec_fd, ascending" -> ckpt_fd
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
function finish(	part, n, i, name, number, records)
{
	n = split(brief, part, /[ \t,;:.]+/)
	for (i = 1; i <= n; i++) {
		name = part[i]
		sub(/^_/, "CKPT_REC_", name)
		if (name !~ /^CKPT_REC_/ || !(name in numbers))
			continue
		records++
		number = numbers[name]
		sub(/\(/, "", number)
		print_one("/* record " number ":" words() " */\n" \
			  "ABI_RECORD(\"" tolower(substr(name, 10)) "\", " name \
			  ", sizeof(struct " tag "))" object())
	}
	if (!records)
		print_one("ABI_STRUCT(\"" tag "\", sizeof(struct " tag "))")
}

# "struct ckpt_rec_pipe - CKPT_REC_PIPE, defines pipe @object" without the names
function words(	text)
{
	text = brief
	gsub(/ \* /, " ", text)
	sub(/^.* - (CKPT)?_[A-Z_0-9]+,?/, "", text)
	gsub(/ +/, " ", text)
	return text
}

# "CKPT_REC_PIPE, defines pipe @object", "signal state of task @object"
function object(	text)
{
	if (!match(brief, /[a-z]+ @object/))
		return ""
	text = substr(brief, RSTART, RLENGTH - 8)
	return "\nABI_OBJECT(\"" text "\", " \
	       (brief ~ ("defines " text " @object") ? "true" : "false") ", " \
	       (words() ~ /also in the tail/ ? "true" : "false") ")"
}

function print_one(head,	i)
{
	print ""
	print head
	for (i = 1; i <= nr_fields; i++)
		print fields[i]
}

END { exit failed }
