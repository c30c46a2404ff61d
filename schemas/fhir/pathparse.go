package fhir

import (
	"errors"
	"strings"
)

// maxPath bounds a path's text.
const maxPath = 1000

// ParsePath reads a path; the error says what is wrong with it, to the end of
// a sentence that begins with the path.
func ParsePath(text string) (Path, error) {
	if len(text) > maxPath {
		return Path{}, errors.New("is too long for a path")
	}
	p := pathParser{rest: strings.TrimSpace(text)}
	out, err := p.union(0)
	if err == nil && p.rest != "" {
		err = errPath
	}
	out.text = text
	return out, err
}

var errPath = errors.New("is not a path. Write elements with dots between them, as code.coding.code; choose by a value as identifier.where(system='https://fhir.nhs.uk/Id/nhs-number').value; follow a reference as subject.resolve().birthDate; take one type of a choice as performed.ofType(dateTime)")

type pathParser struct{ rest string }

// take removes what the rest begins with.
func (p *pathParser) take(what string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(p.rest, " \n\t"), what)
	if ok {
		p.rest = strings.TrimLeft(rest, " \n\t")
	}
	return ok
}

// maxGroups bounds brackets within brackets.
const maxGroups = 8

func (p *pathParser) union(depth int) (out Path, err error) {
	if depth > maxGroups {
		return out, errPath
	}
	for {
		c, err := p.chain(depth)
		if err != nil {
			return out, err
		}
		out.chains = append(out.chains, c)
		if !p.take("|") {
			return out, nil
		}
	}
}

func (p *pathParser) chain(depth int) (out chain, err error) {
	for {
		s, err := p.step(len(out) == 0, depth)
		if err != nil {
			return nil, err
		}
		// A choice element bears its type in its name: performedDateTime.
		if last := len(out) - 1; s.kind == stepOfType && last >= 0 && out[last].kind == stepName && out[last].arg == "" {
			out[last].arg = s.arg
		} else {
			out = append(out, s)
		}
		if !p.take(".") {
			return out, nil
		}
	}
}

func (p *pathParser) step(first bool, depth int) (step, error) {
	if first && p.take("(") {
		group, err := p.union(depth + 1)
		if err == nil && !p.take(")") {
			err = errPath
		}
		return step{kind: stepGroup, group: &group}, err
	}
	if first && p.take("$this") {
		return step{kind: stepThis}, nil
	}
	if first && p.take("$origin") {
		return step{kind: stepOrigin}, nil
	}
	name := p.word()
	if name == "" {
		return step{}, errPath
	}
	if p.take("(") {
		s, err := p.function(name, depth)
		if err == nil && !p.take(")") {
			err = errPath
		}
		return s, err
	}
	if name[0] >= 'A' && name[0] <= 'Z' {
		if !first {
			return step{}, errors.New("has a type in its midst. Only a path's first word may be a resource type, as Procedure.status; elsewhere write ofType(Device)")
		}
		return step{kind: stepType, name: name}, nil
	}
	return step{kind: stepName, name: name}, nil
}

func (p *pathParser) function(name string, depth int) (s step, err error) {
	ok := true
	switch name {
	case "resolve":
		s.kind = stepResolve
	case "first":
		s.kind = stepFirst
	case "last":
		s.kind = stepLast
	case "count":
		s.kind = stepCount
	case "exists":
		s.kind = stepExists
	case "ofType":
		s.kind, s.arg = stepOfType, p.word()
		ok = s.arg != ""
	case "extension":
		s.kind = stepExtension
		s.arg, ok = p.literal()
	case "decode":
		s.kind = stepDecode
		s.arg, ok = p.literal()
		ok = ok && s.arg == "base64"
	case "where":
		s.kind = stepWhere
		s.terms, err = p.terms(depth)
	default:
		return s, errors.New("has the function " + name + "(), which is not known here. Those that are: where, ofType, resolve, extension, first, last, count, exists, decode")
	}
	if err == nil && !ok {
		err = errPath
	}
	return s, err
}

func (p *pathParser) terms(depth int) (out []term, err error) {
	for {
		var t term
		if t.path, err = p.union(depth + 1); err != nil {
			return nil, err
		}
		if p.take("!=") {
			t.operator = "!="
		} else if p.take("=") {
			t.operator = "="
		}
		if t.operator != "" {
			var ok bool
			if t.literal, ok = p.literal(); !ok {
				return nil, errors.New("compares with something else than a text in single quotes")
			}
		}
		out = append(out, t)
		if !p.take("and ") {
			return out, nil
		}
	}
}

// word takes a name: letters, digits and _, not beginning with a digit.
func (p *pathParser) word() string {
	p.rest = strings.TrimLeft(p.rest, " \n\t")
	n := 0
	for n < len(p.rest) {
		b := p.rest[n]
		if !(b == '_' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || n > 0 && b >= '0' && b <= '9') {
			break
		}
		n++
	}
	word := p.rest[:n]
	p.rest = p.rest[n:]
	return word
}

// literal takes a text in single quotes; a backslash keeps what follows.
func (p *pathParser) literal() (string, bool) {
	p.rest = strings.TrimLeft(p.rest, " \n\t")
	rest, ok := strings.CutPrefix(p.rest, "'")
	if !ok {
		return "", false
	}
	p.rest = rest
	var b strings.Builder
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\\' && i+1 < len(p.rest):
			i++
			b.WriteByte(p.rest[i])
		case c == '\'':
			p.rest = p.rest[i+1:]
			return b.String(), true
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}
