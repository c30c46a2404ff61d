package hl7v2

// The severities of a Finding.
const (
	// Info is a departure in form that cannot change what is read.
	Info = "info"
	// Warning is a departure that a person should look at: the sender may
	// have meant something else than what was read.
	Warning = "warning"
)

// Finding is something about a message that is not as the standard has it,
// though it could be read. Its text holds no content of the message.
type Finding struct {
	// Code is stable and snake_case, as "line_ends".
	Code string `json:"code"`
	// Path names the segment or field, as "MSH-18"; empty for the whole.
	Path string `json:"path,omitempty"`
	// Text says what was found and how it was read.
	Text string `json:"text"`
	// Severity is Info or Warning.
	Severity string `json:"severity"`
}

// note records a finding once for each code.
func (m *Message) note(severity, code, path, text string) {
	for _, f := range m.findings {
		if f.Code == code {
			return
		}
	}
	m.findings = append(m.findings, Finding{Code: code, Path: path, Text: text, Severity: severity})
}
