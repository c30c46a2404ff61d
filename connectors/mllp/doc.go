// Package mllp carries HL7 v2 messages over TCP in the minimal lower layer
// protocol: <VT> message <FS> <CR>. The Server stores each frame through a
// Receiver and answers only after that; the Client sends one message at a time
// and credits an answer only to the message that it names; a Sender repeats and
// paces many; a Responder plays a receiver, good or bad, for tests.
//
// On the wire the Server is forgiving, for the sender will not change: frames
// arrive split or several at once; a frame may end without its CR; bytes
// between frames are skipped and counted; a new VT begins a new frame, and
// what was begun before it is dropped unanswered, so that its sender repeats
// it. An oversize frame is read past, answered AR or CR, and the connection
// stays usable. A batch in one frame is taken message by message and answered
// by a batch. Messages of one connection are received one at a time and
// answered in their order.
//
// Who may connect is decided before anything is read: by address, by number
// and, with TLS, by the name in the sender's certificate. What is refused is
// counted by its Reason, and told in the log with what to do about it.
//
// When its context ends the Server takes no new connection, answers what has
// arrived whole, and closes.
//
// What a message means does not belong here: only its MSH and its first
// patient identifier are looked at.
package mllp
