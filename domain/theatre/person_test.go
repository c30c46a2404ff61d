package theatre_test

import (
	"testing"

	"github.com/stockwell-hub/stockwell/domain/theatre"
)

func TestIdentified_OnlyByACodeOfAProfessionalRegister(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		authority, code string
		want            bool
	}{
		{"GMC", "1234567", true}, {"gmc", " 1234567 ", true}, {"GMC", "C1234567", true},
		{"GMC", "123456", false}, {"GMC", "9999998", false}, {"GMC", "C9999998", false}, {"GMC", "0000000", false}, {"GMC", "CD123456", false}, {"GMC", "", false}, {"GMC", "DR SMITH", false},
		{"GDC", "123456", true}, {"GDC", "61234", true}, {"GDC", "CD061234", true}, {"GDC", "999998", false}, {"GDC", "D9999998", false}, {"GDC", "000000", false}, {"GDC", "1234567", false},
		{"NMC", "01A2345N", true}, {"NMC", "01a2345n", true}, {"NMC", "N9999998", false}, {"NMC", "1234567", false},
		{"HCPC", "OR12345", true}, {"HCPC", "ph123456", true}, {"HCPC", "123456", false}, {"HCPC", "ODP1234567", false},
		{"", "1234567", false}, {"LOCAL", "1234567", false}, {"NORTHMOOR", "C1234567", false}, {"BANK", "01A2345N", false},
	} {
		if got := theatre.Identified(theatre.Person{Role: "operator", Code: c.code, Authority: c.authority}); got != c.want {
			t.Errorf("%s %q is identified: %v", c.authority, c.code, got)
		}
	}
}
