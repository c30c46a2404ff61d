package config

import (
	"errors"
	"net"
	"net/netip"
	"path"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones are the same on every machine
	"unicode"

	"github.com/go-playground/validator/v10"

	"github.com/stockwell-hub/stockwell/schemas/nhs"
)

// rule is one test of a value that a setting's validate tag may name.
type rule struct {
	must string // ends the sentence "`key` must ..."
	form string // the same as a regular expression for the JSON Schema, where one says it
	test func(text string) bool
}

// rules are the tests that validator does not have.
var rules = map[string]rule{
	"ods":       {must: "be an ODS code of a trust: three capital letters or digits, as ZZ1", form: `^[A-Z0-9]{3}$`, test: isODS},
	"site":      {must: "be an ODS code of a site: five to nine capital letters or digits, as ZZ101", form: `^[A-Z0-9]{5,9}$`, test: isSite},
	"name":      formed("begin with a small letter and hold only small letters, digits, '_' and '-', as theatre", `^[a-z][a-z0-9_-]*$`),
	"profile":   formed("be a profile with its version, as generic-theatre/v2", `^[a-z0-9]+(-[a-z0-9]+)*/v[1-9][0-9]*$`),
	"release":   formed("be immediate, or a time of day as \"16:15\"", `^(immediate|([01][0-9]|2[0-3]):[0-5][0-9])$`),
	"ending":    formed("hold only letters, digits, '.', '_' and '-', because it ends a file's name", `^[.A-Za-z0-9_-]+$`),
	"fileword":  formed("hold only letters, digits, '_' and '-', because file names are made from it", `^[A-Za-z0-9_-]*$`),
	"address":   {must: "be a host and a port, as 127.0.0.1:2575", form: `^[^\s]*:[0-9]{1,5}$`, test: isAddress},
	"network":   {must: "be an address or a network, as 10.20.30.40, 10.20.0.0/16 or fd00:1::/32", form: `^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$`, test: isNetwork},
	"text":      {must: "hold printable characters only, without spaces at either end", test: isText},
	"zone":      {must: "be a time zone of the IANA database, as Europe/London", test: isZone},
	"collector": formed("be an address with http:// or https://, as http://127.0.0.1:4318", `^https?://[^\s/@?#]+(/[^\s@?#]*)?$`),
	"url":       formed("be an address with http:// or https:// that ends in /fhir/r4, as https://fhir.northmoor.example/fhir/r4", `^https?://[^\s/@?#]+(/[^\s@?#]*)?/fhir/r4$`),
	"day":       {must: "be a day of the calendar, as \"2026-04-01\"", form: `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`, test: isDay},
	"pattern":   {must: "be a file name with * and ? as wildcards and no '/', as *.csv", form: `^[^/]+$`, test: isPattern},
}

func formed(must, form string) rule {
	return rule{must: must, form: form, test: regexp.MustCompile(form).MatchString}
}

// isODS takes a code only as it is kept: folders and stored rows are named
// by it.
func isODS(text string) bool {
	code, err := nhs.ParseODSCode(text)
	return err == nil && code.String() == text
}

func isSite(text string) bool {
	code, err := nhs.ParseSiteCode(text)
	return err == nil && code.String() == text
}

func isAddress(text string) bool {
	host, port, err := net.SplitHostPort(text)
	if err != nil || strings.ContainsFunc(host, unicode.IsSpace) || strings.Contains(host, "@") {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

func isNetwork(text string) bool {
	_, err := netip.ParsePrefix(text)
	if err == nil {
		return true
	}
	a, err := netip.ParseAddr(text)
	return err == nil && a.Zone() == ""
}

func isText(text string) bool {
	return text == strings.TrimSpace(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

func isZone(text string) bool {
	_, err := time.LoadLocation(text)
	return err == nil && text != "" && text != "Local"
}

func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

func isPattern(text string) bool {
	_, err := path.Match(text, "")
	return err == nil && !strings.Contains(text, "/")
}

// checker applies the validate tags. A tag that it does not know is a defect
// of ours, found by the first test that loads anything.
var checker = sync.OnceValue(func() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string { return f.Tag.Get("yaml") })
	for name, r := range rules {
		test := func(field validator.FieldLevel) bool { return r.test(field.Field().String()) }
		if err := v.RegisterValidation(name, test); err != nil {
			panic(err)
		}
	}
	return v
})

// validate reports each value that its setting's rule refuses.
func (d *document) validate(v any) {
	var failed validator.ValidationErrors
	if !errors.As(checker().Struct(v), &failed) {
		return
	}
	for _, f := range failed {
		_, at, _ := strings.Cut(f.Namespace(), ".")
		if d.within(parent(at)) {
			continue
		}
		if _, given := d.lines[at]; f.Tag() == "required" && !given {
			d.reportAt(parent(at), "missing_key", "`%s` is missing%s. Add it%s.", d.key(at), d.under(parent(at)), asIn(v, f))
		} else if !d.within(at) {
			d.reportAt(at, "bad_value", "%s must %s", d.subject(at), must(f))
			d.bad[at] = true
		}
	}
}

// asIn shows how the missing setting could be written.
func asIn(v any, f validator.FieldError) string {
	t := reflect.TypeOf(v).Elem()
	for _, step := range strings.Split(f.StructNamespace(), ".")[1:] {
		name, _, _ := strings.Cut(step, "[")
		field, _ := t.FieldByName(name)
		if step == f.StructField() {
			return ", as `" + f.Field() + ": " + field.Tag.Get("example") + "`"
		}
		for t = field.Type; t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer; t = t.Elem() {
		}
	}
	return ""
}

// must says what a value that failed has to be, to the sentence's end. It
// never shows the value.
func must(f validator.FieldError) string {
	if r, ok := rules[f.Tag()]; ok {
		return r.must + "."
	}
	bound := f.Param()
	if n, err := strconv.ParseInt(bound, 10, 64); err == nil && f.Type() == sizeType {
		bound = Size(n).String()
	}
	text := f.Kind() == reflect.String
	switch f.Tag() {
	case "required":
		return "not be empty."
	case "oneof":
		options := strings.Fields(bound)
		last := len(options) - 1
		end := "."
		if guess := nearest(f.Value().(string), options); guess != "" {
			end = "; did you mean " + guess + "?"
		}
		return "be " + strings.Join(options[:last], ", ") + " or " + options[last] + end
	case "min":
		return "be at least " + bound + "."
	case "max":
		if text {
			return "have at most " + bound + " characters."
		}
		return "be at most " + bound + "."
	default:
		return "keep the rule " + f.Tag() + "."
	}
}
