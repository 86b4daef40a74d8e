# SPDX-License-Identifier: LGPL-2.1-only
#
# The library's table of records (records.c), from the table that mkabi.awk has made of
# the ABI header.  Sizes and offsets stay expressions, which the compiler knows.
#
# A record refers to objects by its own fields and by those of its array's elements,
# whose struct may stand further down: so all is read before anything is written.

BEGIN { FS = "\"" }

NR == 1 { print; print "/* Made by mkrecords.awk from checkpoint_hdr.h. */" }

/^ABI_(RECORD|STRUCT)/ {
	match($0, /struct [a-z0-9_]+/)
	struct = substr($0, RSTART, RLENGTH)
}
/^ABI_RECORD/ {
	split($3, word, /[ ,]+/)
	records[++nr] = struct
	head[struct] = ".name = \"" $2 "\", .type = " word[2] ", .size = sizeof(" struct ")"
}
/^ABI_OBJECT/ {
	split($3, word, /[ ,)]+/)
	head[struct] = head[struct] ",\n\t\t.object_class = \"" $2 "\"" \
		       (word[2] == "true" ? ", .defines = true" : "") \
		       (word[3] == "true" ? ", .late = true" : "")
}
/^ABI_ARRAY/ {
	element[struct] = $4 ~ /^[us][0-9]+$/ ? "__" $4 : "struct " $4
	head[struct] = head[struct] ",\n\t\t.array = offsetof(" struct ", " $2 "), .elem = sizeof(" \
		       element[struct] ")"
}
/^ABI_REF/ {
	refs[struct, ++nr_refs[struct]] = ".offset = offsetof(" struct ", " $2 "), .object_class = \"" $4 \
					  "\"" ($5 ~ /true/ ? ", .optional = true" : "")
}

function print_refs(struct, more,	i)
{
	for (i = 1; i <= nr_refs[struct]; i++)
		print "\t\t\t{ " refs[struct, i] more " },"
}

function print_record(struct,	elem)
{
	elem = element[struct]
	print "\t{\n\t\t" head[struct] ","
	if (nr_refs[struct] + nr_refs[elem]) {
		print "\t\t.refs = (const struct ckpt_reference[]) {"
		print_refs(struct, "")
		print_refs(elem, ", .element = true")
		print "\t\t\t{ .object_class = NULL }\n\t\t},"
	}
	print "\t},"
}

END {
	for (i = 1; i <= nr; i++)
		print_record(records[i])
}
