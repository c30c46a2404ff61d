package udi

// couponEnd holds the value of AI 8110 (North American coupons) against its
// grammar and gives the offset at which it breaks, or -1. Hospitals meet none;
// a coupon on a box must not pass for something else.
func couponEnd(s string) int {
	c := coupon{text: s}
	c.prefix("0", "6", 6) // the owner's company prefix
	c.take(6)             // offer
	c.prefix("1", "5", 0) // save value
	c.purchase()          // the first purchase
	if c.option('1') {    // rules and the second purchase
		c.one("0123")
		c.purchase()
		c.owner()
	}
	if c.option('2') { // the third purchase
		c.purchase()
		c.owner()
	}
	expiry := ""
	if c.option('3') {
		expiry = c.day()
	}
	if c.option('4') {
		if start := c.day(); expiry != "" && start > expiry {
			c.fail(c.at - 6)
		}
	}
	if c.option('5') { // serial
		c.prefix("0", "9", 6)
	}
	if c.option('6') { // retailer
		c.prefix("1", "7", 6)
	}
	if c.option('9') { // how the saving applies
		c.one("01256")
		c.one("012")
		c.take(1)
		c.one("01")
	}
	return c.end()
}

// offerEnd does the same for AI 8112 (positive offer files).
func offerEnd(s string) int {
	c := coupon{text: s}
	c.one("01")
	c.prefix("0", "6", 6) // funder
	c.take(6)             // offer
	c.prefix("0", "9", 6) // serial
	return c.end()
}

// coupon walks through a coupon's digits; broken is where it failed, plus one.
type coupon struct {
	text       string
	at, broken int
}

func (c *coupon) fail(at int) {
	if c.broken == 0 {
		c.broken = at + 1
	}
}

// take passes n digits.
func (c *coupon) take(n int) string {
	if c.broken > 0 {
		return ""
	}
	if at := badChar(c.text[c.at:], &setDigits); at >= 0 && at < n {
		c.fail(c.at + at)
		return ""
	}
	if len(c.text)-c.at < n {
		c.fail(len(c.text))
		return ""
	}
	c.at += n
	return c.text[c.at-n : c.at]
}

// one passes one of these digits.
func (c *coupon) one(of string) {
	d := c.take(1)
	for i := range of {
		if d != "" && of[i] == d[0] {
			return
		}
	}
	c.fail(c.at - 1)
}

// prefix passes a length from lo to hi and as many digits, and more.
func (c *coupon) prefix(lo, hi string, more int) {
	d := c.take(1)
	if d < lo || d > hi {
		c.fail(c.at - 1)
		return
	}
	c.take(number(d) + more)
}

// purchase passes a requirement, its code and a family.
func (c *coupon) purchase() {
	c.prefix("1", "5", 0)
	c.one("012349")
	c.take(3)
}

// owner passes the company prefix of a further purchase; 9 is the first's.
func (c *coupon) owner() {
	if c.broken == 0 && c.at < len(c.text) && c.text[c.at] == '9' {
		c.at++
		return
	}
	c.prefix("0", "6", 6)
}

func (c *coupon) day() string {
	d := c.take(6)
	if d == "" {
		return ""
	}
	if at := badDay(d, false); at >= 0 {
		c.fail(c.at - 6 + at)
		return ""
	}
	return d
}

// option passes the digit that begins an optional field.
func (c *coupon) option(d byte) bool {
	if c.broken > 0 || c.at >= len(c.text) || c.text[c.at] != d {
		return false
	}
	c.at++
	return true
}

// end gives where the text broke; what is left over is broken too.
func (c *coupon) end() int {
	if c.broken == 0 && c.at < len(c.text) {
		return c.at
	}
	return c.broken - 1
}
