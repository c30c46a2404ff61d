package hl7v2_test

import (
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

func TestValueParts_AreThoseThatTheirNumbersGive(t *testing.T) {
	t.Parallel()
	m := mustParse(t, header+"PID|1||a&b^c~^~\"\"~|~|x|\r")
	texts := func(v hl7v2.Value) string {
		var all []string
		for _, p := range v.Parts() {
			all = append(all, string(p.Raw())+":"+p.State().String())
		}
		return strings.Join(all, " ")
	}
	pid := m.Segment(1)
	for name, c := range map[string]struct {
		value hl7v2.Value
		want  string
	}{
		"repetitions":                {pid.Field(3), `a&b^c:present ^:present "":null :empty`},
		"two empty repetitions":      {pid.Field(4), ":empty :empty"},
		"one":                        {pid.Field(5), "x:present"},
		"an empty field":             {pid.Field(6), ":empty"},
		"an absent field":            {pid.Field(7), ""},
		"components":                 {pid.Field(3).Repetition(1), "a&b:present c:present"},
		"subcomponents":              {pid.Field(3).Component(1), "a:present b:present"},
		"a subcomponent":             {pid.Field(3).Subcomponent(2), "b:present"},
		"the encoding characters":    {m.Segment(0).Field(2), `^~\&:present`},
		"a component without others": {pid.Field(1).Component(1), "1:present"},
	} {
		if got := texts(c.value); got != c.want {
			t.Errorf("%s: got %s", name, got)
		}
	}
	for n, r := range pid.Field(3).Parts() {
		if string(r.Raw()) != string(pid.Field(3).Repetition(n).Raw()) {
			t.Errorf("repetition %d is %q", n, r.Raw())
		}
		if n == 3 {
			break
		}
	}
}
