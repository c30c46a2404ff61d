package fhir

import (
	"os"
	"testing"
)

func BenchmarkRead_ABundleWithFourDevices(b *testing.B) {
	raw, err := os.ReadFile("../../mapping/profiles/generic-fhir/v1/examples/bundle_transaction_use.fhir.json")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		m, err := Read(raw, Transaction, "Bundle", names)
		if err != nil {
			b.Fatal(err)
		}
		_, _, _, _ = m.OrderingKey(), m.ControlID(""), m.Devices(), m.Digest("")
	}
}
