package main

import (
	"math"
	"net"
	"strconv"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

type hl7Send struct {
	Words       []string      `arg:"" name:"file ... host:port" help:"Files of one or more messages, - for standard input; then where to send them, as 127.0.0.1:2575."`
	Timeout     time.Duration `default:"30s" help:"How long to wait for each answer."`
	Connections int           `default:"1" help:"How many messages may be under way at once, each on a connection of its own. The order of the messages is kept only with one."`
	Rate        float64       `help:"At most so many messages a second over all connections." placeholder:"N"`
	Attempts    int           `default:"1" help:"How often a message is sent that is answered AE or CE, or not at all."`
	Each        bool          `help:"Print every answer, not only those that are not AA or CA."`
	TLS         bool          `name:"tls" help:"Send over TLS. Any of the flags below means the same."`
	CA          string        `name:"ca" help:"The authorities, in PEM, that the destination's certificate may be of; without it the system's." type:"path" placeholder:"FILE"`
	Cert        string        `help:"Certificate to show to the destination, in PEM." type:"path" placeholder:"FILE"`
	Key         string        `help:"The certificate's private key, in PEM." type:"path" placeholder:"FILE"`
	ServerName  string        `help:"The name in the destination's certificate, if it is not the host." placeholder:"NAME"`
}

// Help says what is printed.
func (hl7Send) Help() string {
	return `Messages are sent as they are, in the order of the files. Printed are each answer that is not AA or CA (file, message, control ID, code, text), and then the answers by code and how long they took. After a message that gets no answer at all, no further one is sent.

The exit status is 0 if every message was answered AA or CA, 1 if not, 2 if a file cannot be read.`
}

// outgoing is one message and where it came from.
type outgoing struct {
	file    string
	message int // of the file, from 1
	raw     []byte
}

// sentMessage is one message and its answer.
type sentMessage struct {
	index     int
	File      string    `json:"file"`
	Message   int       `json:"message"`
	ControlID string    `json:"control_id"`
	Answer    string    `json:"answer"`
	Text      string    `json:"text,omitempty"`
	Millis    float64   `json:"ms"`
	Attempts  int       `json:"attempts"`
	Error     *hl7Error `json:"error,omitempty"`
}

// Run sends.
func (c hl7Send) Run(a *app) error {
	address, err := c.destination()
	if err != nil {
		return err
	}
	cfg := mllp.SenderConfig{Connections: c.Connections, Rate: c.Rate, Attempts: c.Attempts,
		Client: mllp.ClientConfig{Name: address, Address: address, DialTimeout: min(c.Timeout, 10*time.Second), AnswerTimeout: c.Timeout, MaxMessage: maxAnswer}}
	if c.TLS || c.CA+c.Cert+c.Key+c.ServerName != "" {
		if cfg.Client.TLS, err = (mllp.ClientTLS{CA: c.CA, Certificate: c.Cert, PrivateKey: c.Key, ServerName: c.ServerName}).Config(); err != nil {
			return err
		}
	}
	messages, err := c.messages()
	if err != nil {
		return err
	}
	run := newSending(a, messages, c.Each || len(messages) == 1)
	err = mllp.NewSender(cfg).Send(a.ctx, run.each, run.told)
	a.progress("")
	if err := run.finish(); err != nil {
		return err
	}
	switch {
	case a.ctx.Err() != nil:
		return fault.Wrap(err, fault.Unavailable, "sending_ended", "Sending was ended; %d of %s not sent.", run.unsent(), plural(len(messages), "message"))
	case run.unsent() > 0:
		return fault.Wrap(err, fault.Unavailable, "sending_stopped", "%d of %s not sent, for one before them got no answer.", run.unsent(), plural(len(messages), "message"))
	case run.accepted < len(messages):
		return errNo // which and why was printed
	}
	return err
}

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 16 << 20

// destination checks what was asked for, and gives HOST:PORT.
func (c hl7Send) destination() (string, error) {
	address := c.Words[len(c.Words)-1]
	host, port, err := net.SplitHostPort(address)
	if n, bad := strconv.Atoi(port); err != nil || host == "" || bad != nil || n < 1 || n > 65535 || len(c.Words) < 2 {
		return "", fault.New(fault.Invalid, "address_missing", "First come the files, and last where to send them, as: stockwell hl7 send use.hl7 127.0.0.1:2575.")
	}
	switch {
	case c.Connections < 1 || c.Connections > 1000:
		return "", fault.New(fault.Invalid, "connections_invalid", "Give a number from 1 to 1000.").At("--connections")
	case c.Rate < 0 || math.IsNaN(c.Rate):
		return "", fault.New(fault.Invalid, "rate_invalid", "Give messages a second, as 50 or 0.5; 0 means no limit.").At("--rate")
	case c.Attempts < 1:
		return "", fault.New(fault.Invalid, "attempts_invalid", "Give 1 or more.").At("--attempts")
	case c.Timeout <= 0:
		return "", fault.New(fault.Invalid, "timeout_invalid", "Give a time with its unit, as 30s.").At("--timeout")
	}
	return address, nil
}

// messages reads all the files before anything is sent.
func (c hl7Send) messages() ([]outgoing, error) {
	var all []outgoing
	for _, name := range c.Words[:len(c.Words)-1] {
		f, err := (hl7Reading{}).read(name)
		if err != nil {
			return nil, err
		}
		parts := hl7v2.Split(f.raw)
		if len(parts) == 0 && len(f.messages) == 1 { // its MSH is indented
			parts = [][]byte{f.raw}
		}
		for i, raw := range parts {
			all = append(all, outgoing{f.name, i + 1, raw})
		}
	}
	if len(all) == 0 {
		return nil, fault.New(fault.Invalid, "hl7_no_message", "There is the envelope of a batch, and no message in it: nothing was sent.")
	}
	return all, nil
}
