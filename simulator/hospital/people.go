package hospital

import "fmt"

// Patient is a synthetic person. Second, if there is one, is a number under
// which they were registered anew, by mistake; nobody knows their NHS Number
// under it.
type Patient struct {
	N             int
	Number        string // the hospital's
	NHS           string // of the 999 range
	Second        string
	Family, Given string
	Born          string // CCYYMMDD
	Sex           string
	// Changed is the NHS Number that they turn out to have; empty if none.
	Changed string
}

// Surgeon is somebody who operates, with habits of their own.
type Surgeon struct {
	Code          string // C and the GMC number
	Family, Given string
	Specialty     string
	// prefers is the size that the surgeon takes by habit, by family.
	prefers map[string]int
	// card adds to what a procedure needs, always in the same way.
	card []need
}

var (
	familyNames = []string{"Åkesson", "O'Brien", "Müller", "García", "Nguyễn", "Łuczak", "Singh", "Okafor", "Smith", "Jones", "Brown", "Patel", "Khan", "Taylor", "Evans", "d'Souza", "Çelik", "Söderberg", "Ivanova", "Fernandes"}
	givenNames  = []string{"Zoë", "Renée", "José", "Siân", "Ada", "Alan", "Grace", "Björn", "Chloé", "Amira", "Tariq", "Oluwaseun", "Mary-Jane", "John", "Łukasz", "Anaïs"}
)

// numbers hands out valid NHS Numbers of the 999 range, one after another;
// a stem whose digit would be ten has none.
type numbers struct{ stem int }

func (s *numbers) next() string {
	for {
		body := fmt.Sprintf("999%06d", s.stem)
		s.stem++
		sum := 0
		for i := range body {
			sum += int(body[i]-'0') * (10 - i)
		}
		if digit := (11 - sum%11) % 11; digit != 10 {
			return fmt.Sprintf("%s%d", body, digit)
		}
	}
}

// newPatient makes the next person.
func (h *Hospital) newPatient(c Chance) *Patient {
	n := len(h.Patients) + 1
	p := &Patient{N: n, Number: fmt.Sprintf("T%06d", 100000+n), NHS: h.nhs.next(), Family: One(c, familyNames), Given: One(c, givenNames),
		Born: fmt.Sprintf("%04d%02d%02d", c.From(1930, 2005), c.From(1, 12), c.From(1, 28)), Sex: One(c, []string{"F", "M"})}
	h.Patients = append(h.Patients, p)
	return p
}

func newSurgeons(seed uint64) []*Surgeon {
	var out []*Surgeon
	for i, specialty := range specialties {
		for n := range 4 {
			c := NewChance(seed, "surgeon", i*100+n)
			s := &Surgeon{Code: fmt.Sprintf("C%07d", 4000000+i*1000+n*37), Family: One(c, familyNames), Given: One(c, givenNames), Specialty: specialty, prefers: map[string]int{}}
			for _, f := range families {
				s.prefers[f.name] = c.From(0, len(f.sizes)-1)
			}
			for _, extra := range []string{"SUTURE", "DRAPE", "BLADE"} {
				if c.Of(0.4) {
					s.card = append(s.card, need{extra, 1, 2, 1})
				}
			}
			out = append(out, s)
		}
	}
	return out
}
