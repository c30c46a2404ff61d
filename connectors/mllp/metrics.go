package mllp

import "time"

// Metrics counts what a Server does. Its methods are called concurrently. A
// nil Metrics is none.
type Metrics interface {
	// Frame counts a frame that was read and its bytes.
	Frame(connector string, bytes int)
	// Answer counts an answer by its code, and the time from the frame's last
	// byte until the answer was written.
	Answer(connector, code string, took time.Duration)
	// Skipped counts bytes that belonged to no frame, or to one that was
	// abandoned.
	Skipped(connector string, bytes int)
	// Connections says how many connections are open now.
	Connections(connector string, open int)
	// Refused counts a connection that was not served, by its Reason.
	Refused(connector string, reason Reason)
}

// silent is the Metrics of who wants none.
type silent struct{}

func (silent) Frame(string, int)                    {}
func (silent) Answer(string, string, time.Duration) {}
func (silent) Skipped(string, int)                  {}
func (silent) Connections(string, int)              {}
func (silent) Refused(string, Reason)               {}
