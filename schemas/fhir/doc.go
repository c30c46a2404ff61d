// Package fhir reads FHIR R4 resources and Bundles as clients send them, and
// writes what a server answers: OperationOutcome, CapabilityStatement, the
// response to a transaction, and a stored resource with its id and meta.
//
// The client's own bytes are what counts. They are indexed, never written
// anew: nothing that a client sent is lost or changes its place. A Path names
// values in them, in a part of FHIRPath; Read tells which resources a request
// brings, and refuses what R4 forbids with the line or the element to blame.
//
// What an element means to the hospital belongs to mapping, HTTP to
// connectors/fhir, and keeping resources to store.
package fhir
