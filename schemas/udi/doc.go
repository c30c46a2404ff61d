// Package udi reads what is printed on a product: GS1 element strings, HIBC
// and ICCBBA (ISBT 128) codes, in every form in which a scanner, a keyboard
// or another system hands them over. It also holds GS1's identification keys
// as value types that are made only by a Parse function which checks them.
//
// Parse never fails and never guesses: what it cannot read, or can read in
// two ways, is a Finding, and a wrong check digit is flagged and kept.
//
// What a product is, in which pack and from whom, does not belong here (see
// domain/catalogue), nor does any code of the NHS (see schemas/nhs).
package udi
