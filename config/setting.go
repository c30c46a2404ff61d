package config

import (
	"reflect"
	"strings"
)

// setting is one field's declaration, as its tags have it.
type setting struct {
	index   int
	key     string
	initial string // the default, as one would write it
	known   bool   // whether there is a default
	example string
	// optional is set for a block that may be absent as a whole: its fields
	// are then required only if it is there.
	optional bool
	tag      reflect.StructTag
	typ      reflect.Type
}

// settings lists the keys of a struct type in the order of their fields.
func settings(t reflect.Type) []setting {
	var list []setting
	for i := range t.NumField() {
		f := t.Field(i)
		key := f.Tag.Get("yaml")
		if key == "" || key == "-" {
			continue
		}
		initial, known := f.Tag.Lookup("default")
		list = append(list, setting{
			index: i, key: key, initial: initial, known: known,
			example: f.Tag.Get("example"), optional: f.Tag.Get("optional") == "true",
			tag: f.Tag, typ: f.Type,
		})
	}
	return list
}

func keys(list []setting) []string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.key
	}
	return names
}

// required reports whether the setting must be given, and not be empty.
func (s setting) required() bool {
	for rule := range strings.SplitSeq(s.tag.Get("validate"), ",") {
		switch rule {
		case "required":
			return !s.known
		case "dive":
			return false
		}
	}
	return false
}

// setDefaults fills v, a struct, with its declared defaults, at any depth
// that exists. A block that is absent has none.
func setDefaults(v reflect.Value) {
	for _, s := range settings(v.Type()) {
		field := v.Field(s.index)
		switch {
		case s.known:
			if err := setScalar(field, s.initial); err != nil {
				panic("config: the default of " + s.key + " " + err.Error())
			}
		case isBlock(field.Type()) && !s.optional:
			setDefaults(field)
		}
	}
}

// isBlock reports whether t is a struct that YAML writes as a block of keys.
func isBlock(t reflect.Type) bool { return t.Kind() == reflect.Struct && t != moneyType }
