package hl7v2

// ackWriter appends fields in the delimiters of the message being answered.
type ackWriter struct {
	dst      []byte
	d        delimiters
	encoding string
	version  string
}

// fallbackVersion is given where the sender's is not known.
const fallbackVersion = "2.4"

func newAckWriter(h Header) *ackWriter {
	w := &ackWriter{dst: make([]byte, 0, 256), d: standard, encoding: `^~\&`}
	msh := append([]byte{'M', 'S', 'H', or1(h.FieldSep)}, or(h.Encoding, `^~\&`)...)
	if p, err := readPrologue(msh); err == nil && p.encodingEnd == len(msh) && p.delims.component != 0 && p.delims.escape != 0 {
		w.d, w.encoding = p.delims, or(h.Encoding, `^~\&`)
	} else if mayDelimit(h.FieldSep) && !standard.has(h.FieldSep) {
		w.d.field = h.FieldSep
	}
	w.version = or(h.Version, fallbackVersion)
	return w
}

func or1(c byte) byte {
	if c == 0 {
		return '|'
	}
	return c
}

// segment begins a segment.
func (w *ackWriter) segment(name string) {
	w.dst = append(w.dst, '\r')
	w.dst = append(w.dst, name...)
}

// text writes a field of our own.
func (w *ackWriter) text(s string) {
	w.dst = append(w.dst, w.d.field)
	w.dst = w.d.appendASCII(w.dst, s)
}

// sent writes a field back as it came; decoded is written, escaped, if the
// header did not come from a message in these delimiters.
func (w *ackWriter) sent(asSent, decoded string) {
	if asSent == "" || !w.harmless(asSent) {
		w.text(decoded)
		return
	}
	w.dst = append(w.dst, w.d.field)
	w.dst = append(w.dst, asSent...)
}

// harmless reports whether s can stand in one field as it is.
func (w *ackWriter) harmless(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] == w.d.field {
			return false
		}
	}
	return true
}

func (w *ackWriter) component(s string) {
	w.dst = append(w.dst, w.d.component)
	w.dst = w.d.appendASCII(w.dst, s)
}

// subcomponent writes a component instead where the sender has no
// subcomponents.
func (w *ackWriter) subcomponent(s string) {
	if w.d.sub == 0 {
		w.component(s)
		return
	}
	w.dst = append(w.dst, w.d.sub)
	w.dst = w.d.appendASCII(w.dst, s)
}

// appendASCII appends s, escaped; what is not ASCII becomes a question mark,
// for an acknowledgement's own text declares no charset.
func (d delimiters) appendASCII(dst []byte, s string) []byte {
	for _, r := range s {
		if r >= 0x80 {
			r = '?'
		}
		dst = d.appendEscaped(dst, byte(r))
	}
	return dst
}
