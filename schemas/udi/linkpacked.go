package udi

// unpacked reads the compressed form of a Digital Link, as release 1.1 of the
// standard has it, or of what follows its key. ok is false if s is none, comes out
// with a wrong check digit, or can be read in two ways.
func unpacked(s string) (elements []Element, ok bool) {
	// The standard lists two of its sets of identifiers in another order than
	// GS1's own tool writes them.
	for _, sorted := range [2]bool{false, true} {
		found := unpack(s, sorted)
		switch {
		case found == nil:
		case elements == nil:
			elements = found
		case !sameValues(elements, found):
			return nil, false
		}
	}
	return elements, elements != nil
}

func sameValues(a, b []Element) bool {
	for _, x := range a {
		same := false
		for _, y := range b {
			same = same || x.AI == y.AI && x.Value == y.Value
		}
		if !same {
			return false
		}
	}
	return len(a) == len(b)
}

// unpack reads elements until less is left than one takes; that must be zero.
func unpack(s string, sorted bool) (out []Element) {
	r := bitReader{text: s}
	for r.left() > 8 && len(out) < mostElements {
		first, second := r.take(4), r.take(4)
		set := packedSets[first<<4|second]
		switch {
		case first <= 9 && second <= 9:
			code := string([]byte{byte('0' + first), byte('0' + second)})
			for n := aiLength[first*10+second]; len(code) < int(n); {
				code += string(byte('0' + r.take(4)))
			}
			set = []string{code}
		case first == 15:
			r.foreign(second)
		case sorted && len(set) == 4:
			set = []string{set[0], set[1], set[3], set[2]}
		case sorted && set != nil && set[0] == "414":
			set = []string{set[1], set[0]}
		case set == nil:
			return nil
		}
		for _, code := range set {
			a := lookup(code)
			if a == nil {
				return nil
			}
			e := Element{AI: code, Value: r.value(a)}
			if r.broken || !a.sound(e.Value) {
				return nil
			}
			out = append(out, e)
		}
	}
	if n := r.left(); r.broken || n > 8 || n > 0 && r.take(n) != 0 {
		return nil
	}
	return out
}

// packedSets are the identifiers that one byte stands for.
var packedSets = func() map[int][]string {
	sets := map[int][]string{
		0x0A: {"01", "22"}, 0x0B: {"01", "10"}, 0x0C: {"01", "21"}, 0x0D: {"01", "17"}, 0x0E: {"01", "7003"}, 0x0F: {"01", "30"},
		0x1A: {"01", "10", "21", "17"}, 0x1B: {"01", "15"}, 0x1C: {"01", "11"}, 0x1D: {"01", "16"}, 0x1E: {"01", "91"}, 0x1F: {"01", "10", "15"},
		0x9A: {"8010", "8011"}, 0x9B: {"8017", "8019"}, 0x9C: {"8018", "8019"}, 0x9D: {"414", "254"},
	}
	for i := range 10 {
		d := string(byte('0' + i))
		if i < 6 {
			sets[0x2A+i], sets[0x3A+i] = []string{"01", "310" + d}, []string{"01", "320" + d}
		}
		if i < 4 {
			sets[0xCA+i] = []string{"255", "394" + d}
		}
		sets[0xA0+i], sets[0xC0+i] = []string{"01", "392" + d}, []string{"255", "390" + d}
	}
	return sets
}()

// sound reports whether value has a length and characters that the identifier
// takes, and right check digits.
func (a *ai) sound(value string) bool {
	var u UDI
	if len(value) < a.min || len(value) > a.max {
		return false
	}
	u.content(a, value, 0)
	return !u.Has(CodeCharacter) && !u.Has(CodeTooShort) && !u.Has(CodeTooLong) && !u.Has(CodeCheckDigit)
}
