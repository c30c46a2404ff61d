// Package hl7v2 reads and writes HL7 v2 messages as theatre systems send
// them. A Message is an index over the sender's own bytes: nothing is decoded
// until a value is asked for, nothing is lost, and Bytes gives back exactly
// what Parse was given.
//
// Tolerance is visible: what departs from the standard and could still be read
// is a Finding, and Strictness turns findings into refusals. Every size is
// bounded, and no input makes the package panic.
//
// What the standard says is data, in tables/: segments and fields with the
// versions that have them (LookupField), data types (LookupType), and the
// grammars of messages, by which Tree and GroupsOf group segments and Validate
// judges them. A Path names values, groups included; Diff compares by field;
// ReadFile takes files and batches apart.
//
// What a field means to the hospital, framing on a socket (connectors/mllp)
// and the mapping of codes do not belong here.
package hl7v2
