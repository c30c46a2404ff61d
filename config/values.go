package config

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/govalues/decimal"
)

// Duration is a length of time, written as 500ms, 20s, 10m or 1h30m. In a
// loaded configuration it is above zero.
type Duration time.Duration

// String gives the duration as Go writes it.
func (d Duration) String() string { return time.Duration(d).String() }

// Size is a number of bytes, written as 512KiB, 1MiB or 100B. In a loaded
// configuration it is above zero.
type Size int64

// String gives the size in the largest unit that divides it.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if n := int64(s) / u.bytes; n > 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(n, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// Money is an amount in pounds with at most two decimals, written in quotes
// as "5000.00". In a loaded configuration it is not below zero.
type Money = decimal.Decimal

var sizeUnits = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

// The forms of values, shared by the loader and the JSON Schema.
const (
	durationForm = `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	sizeForm     = `^[1-9][0-9]{0,9}(B|KiB|MiB|GiB)$`
	moneyForm    = `^[0-9]{1,12}(\.[0-9]{1,2})?$`
)

var (
	durationRE = regexp.MustCompile(durationForm)
	sizeRE     = regexp.MustCompile(sizeForm)
	moneyRE    = regexp.MustCompile(moneyForm)
)

func parseDuration(text string) (Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || !durationRE.MatchString(text) {
		return 0, fmt.Errorf("must be a length of time above zero with its unit, as 500ms, 20s or 10m")
	}
	return Duration(d), nil
}

func parseSize(text string) (Size, error) {
	m := sizeRE.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("must be a whole number above zero with its unit, as 512KiB or 1MiB (B, KiB, MiB, GiB)")
	}
	n, _ := strconv.ParseInt(text[:len(text)-len(m[1])], 10, 64)
	for _, u := range sizeUnits {
		if m[1] == u.name {
			n *= u.bytes
		}
	}
	return Size(n), nil
}

func parseMoney(text string) (Money, error) {
	if !moneyRE.MatchString(text) {
		return Money{}, fmt.Errorf(`must be pounds with at most two decimals and no other signs, in quotes, as "5000.00"`)
	}
	return decimal.Parse(text)
}
