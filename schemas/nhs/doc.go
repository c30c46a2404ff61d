// Package nhs holds the codes of the NHS in England as value types: the NHS
// Number, organisation and site codes, professional registrations, OPCS-4,
// SNOMED CT, dm+d, NHS Supply Chain's product codes and treatment functions.
// Only a Parse function makes a value, and it checks what the code's own form
// allows to check.
//
// Whether a code exists, who bears it, or what it means for stock does not
// belong here, nor does anything of GS1 (see schemas/udi).
package nhs
