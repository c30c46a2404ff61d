package registry

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// letters are Crockford's, of which none is mistaken for another.
var letters = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// Name names a record after what the use is called: its case and line, and n,
// how many records that use, or another one that happens to be called alike,
// had before. A counter would do as well until a backup is brought back: then
// it gives one name to two uses. A use that is told again after a restore has
// the name that the registry knows.
//
// The case's and line's numbers cannot be read from it.
func Name(caseName, key string, n int) string {
	sum := sha256.Sum256([]byte("record\x00" + caseName + "\x00" + key + "\x00" + strconv.Itoa(n)))
	text := letters.EncodeToString(sum[:10])
	return "MDOR-" + text[:4] + "-" + text[4:8] + "-" + text[8:12]
}

// BatchName names a provider's batch by its number.
func BatchName(provider string, n int64) string { return fmt.Sprintf("MDOR-%s-%06d", provider, n) }

// longestReason is how much of a registry's reason is kept, in characters.
const longestReason = 200

var longNumber = regexp.MustCompile(`[0-9](?:[ -]?[0-9]){7,}`)

// Reason is a registry's own words as they may be kept and shown: without
// what could be a patient's number, and not longer than a person reads.
func Reason(text string) string {
	text = longNumber.ReplaceAllString(strings.Join(strings.Fields(text), " "), "…")
	if r := []rune(text); len(r) > longestReason {
		text = string(r[:longestReason-1]) + "…"
	}
	return text
}
