package flatfile

import (
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// maxName keeps a name, with a temporary prefix and suffix, under the 255
// bytes that file systems take.
const maxName = 200

// Name gives the file's name from FileName and meta. The name is safe on any
// file system: letters, digits, dot, hyphen and underscore, no leading dot,
// no path separator. A value that would make it otherwise is refused with
// kind Invalid.
func (l Layout) Name(meta map[string]string) (string, error) {
	if l.FileName == "" {
		return "", refuse("file_name_missing", "The layout does not say how its files are named, as \"{order_number}.csv\".").At("file_name")
	}
	name, err := expand(l.FileName, meta)
	if err != nil {
		return "", fault.Of(err).At("file_name")
	}
	unsafe := name == "" || len(name) > maxName || name[0] == '.' ||
		strings.HasSuffix(name, ".part") || strings.HasSuffix(name, ".tmp")
	for _, r := range name {
		plain := r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		unsafe = unsafe || !plain && !strings.ContainsRune(".-_", r)
	}
	if unsafe {
		return "", refuse("file_name_unsafe", "The values do not make a safe file name: at most %d letters, digits, dots, hyphens and underscores, no leading dot, and not the ending .part or .tmp.", maxName).At("file_name")
	}
	return name, nil
}

const badTemplate = "Each { needs a name and a }, as in \"{order_number}.csv\"."

// placeholders lists the names in braces in a template; ok is false where the
// braces do not match.
func placeholders(template string) (names []string, ok bool) {
	for rest := template; ; {
		open := strings.IndexAny(rest, "{}")
		if open < 0 {
			return names, true
		}
		end := strings.IndexAny(rest[open+1:], "{}")
		if rest[open] != '{' || end < 1 || rest[open+1+end] != '}' {
			return nil, false
		}
		names = append(names, rest[open+1:open+1+end])
		rest = rest[open+end+2:]
	}
}

// expand fills a template; a name without a value is refused.
func expand(template string, values map[string]string) (string, error) {
	names, ok := placeholders(template)
	if !ok {
		return "", refuse("layout_invalid", badTemplate)
	}
	var b strings.Builder
	rest := template
	for _, name := range names {
		if values[name] == "" {
			return "", refuse("placeholder_unknown", "{%s} has no value here.", name)
		}
		before, after, _ := strings.Cut(rest, "{"+name+"}")
		b.WriteString(before + values[name])
		rest = after
	}
	return b.String() + rest, nil
}
