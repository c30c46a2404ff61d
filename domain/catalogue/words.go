package catalogue

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// folded are letters that people write without their accent.
var folded = map[rune]string{
	'à': "a", 'á': "a", 'â': "a", 'ã': "a", 'ä': "a", 'å': "a", 'æ': "ae", 'ç': "c", 'è': "e", 'é': "e", 'ê': "e", 'ë': "e", 'ì': "i", 'í': "i", 'î': "i", 'ï': "i",
	'ñ': "n", 'ò': "o", 'ó': "o", 'ô': "o", 'õ': "o", 'ö': "o", 'ø': "o", 'œ': "oe", 'ß': "ss", 'ù': "u", 'ú': "u", 'û': "u", 'ü': "u", 'ý': "y", 'ÿ': "y", 'µ': "u", 'μ': "u",
}

// longestWord bounds a word, in bytes; what is longer is cut there, in texts
// and in searches alike.
const longestWord = 40

// Words takes texts apart as they are searched for: runs of letters and runs
// of digits, in small letters without accents. 54mm is 54 and mm. Each word
// comes once, in the order of the alphabet.
func Words(texts ...string) []string {
	out := make([]string, 0, 16)
	for _, t := range texts {
		out = appendWords(out, t)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Spoken takes a search apart likewise, in the order in which it was written.
func Spoken(text string) []string {
	var out []string
	for _, w := range appendWords(nil, text) {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

func appendWords(out []string, t string) []string {
	t = strings.ToLower(t)
	start, kind := 0, 0
	plain := true
	end := func(at int) {
		if kind == 0 {
			return
		}
		w := t[start:at]
		if !plain {
			w = fold(w)
		}
		if len(w) > longestWord {
			w = strings.ToValidUTF8(w[:longestWord], "")
		}
		out = append(out, w)
	}
	for i := 0; i < len(t); {
		c, n := rune(t[i]), 1
		if c >= utf8.RuneSelf {
			c, n = utf8.DecodeRuneInString(t[i:])
		}
		k := 0
		switch {
		case c >= 'a' && c <= 'z':
			k = 1
		case c >= '0' && c <= '9':
			k = 2
		case c >= utf8.RuneSelf && unicode.IsLetter(c):
			k = 1
		}
		if k != kind {
			end(i)
			start, kind, plain = i, k, true
		}
		plain = plain && c < utf8.RuneSelf
		i += n
	}
	end(len(t))
	return out
}

func fold(w string) string {
	var b strings.Builder
	for _, c := range w {
		if f, ok := folded[c]; ok {
			b.WriteString(f)
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// Lettered reports whether a word is one of letters that a person may mistype:
// numbers are looked for as they stand.
func Lettered(w string) bool { return len(w) >= 3 && (w[0] < '0' || w[0] > '9') }

// NearWord is how alike two words are, from 0 to 1: the share of their trigrams
// that both have.
func NearWord(a, b string) float64 {
	x, y := trigrams(a), trigrams(b)
	both := 0
	for g := range x {
		if y[g] {
			both++
		}
	}
	if all := len(x) + len(y) - both; all > 0 {
		return float64(both) / float64(all)
	}
	return 0
}

func trigrams(w string) map[string]bool {
	out := map[string]bool{}
	r := []rune("  " + w + " ")
	for i := 0; i+3 <= len(r); i++ {
		out[string(r[i:i+3])] = true
	}
	return out
}
