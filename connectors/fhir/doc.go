// Package fhir is the hub's FHIR R4 door: an HTTP server for one trust that
// takes a transaction Bundle, a Procedure or a Device, and gives back what it
// took. A request is answered only after its resources were stored through a
// Receiver; a repeat is answered as the first was. Every error is an
// OperationOutcome.
//
// The door looks at a body only as far as R4 and its addresses ask for: which
// resources it brings, and what they are called. Bytes are kept as they came.
//
// What a Procedure means to the hospital does not belong here, nor how
// resources are kept: a Shelf does that.
package fhir
