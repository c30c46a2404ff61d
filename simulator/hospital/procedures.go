package hospital

// Procedure is something that is done in theatre.
type Procedure struct {
	Code, Name string // OPCS-4, with a dot
	Specialty  string // treatment function
	Sided      bool
	Minutes    int
	Emergency  bool // is also done at night
	needs      []need
}

// need is what a procedure takes: so many of a family, in so many of its cases.
type need struct {
	family    string
	low, high int
	part      float64
}

var always = []need{{"DRAPE", 1, 2, 1}, {"GLOVE", 3, 6, 1}, {"BLADE", 1, 2, 0.9}}

var procedures = []*Procedure{
	{"W37.1", "Primary total prosthetic replacement of hip joint using cement", "110", true, 110, false,
		[]need{{"HIPSTEM", 1, 1, 1}, {"HIPCUP", 1, 1, 1}, {"HIPHEAD", 1, 1, 1}, {"HIPLINER", 1, 1, 0.9}, {"CEMENT", 1, 3, 0.9}, {"SCREW", 1, 2, 0.3}, {"SUTURE", 2, 4, 1}}},
	{"W40.1", "Primary total prosthetic replacement of knee joint using cement", "110", true, 100, false,
		[]need{{"KNEEFEM", 1, 1, 1}, {"KNEETIB", 1, 1, 1}, {"KNEEINS", 1, 1, 1}, {"CEMENT", 1, 2, 1}, {"SUTURE", 2, 4, 1}}},
	{"W20.1", "Primary open reduction of fracture of long bone and fixation using plate", "110", true, 90, true,
		[]need{{"PLATE", 1, 1, 1}, {"SCREW", 4, 8, 1}, {"SUTURE", 1, 3, 1}}},
	{"W24.2", "Closed reduction of fracture of long bone and fixation using nail", "110", true, 80, true,
		[]need{{"NAIL", 1, 1, 1}, {"SCREW", 1, 2, 1}, {"SUTURE", 1, 2, 1}}},
	{"K60.1", "Implantation of intravenous cardiac pacemaker system", "320", false, 70, true,
		[]need{{"PACER", 1, 1, 1}, {"LEAD", 1, 2, 1}, {"SHEATH", 1, 2, 1}, {"SUTURE", 1, 1, 1}}},
	{"K75.1", "Percutaneous transluminal balloon angioplasty and insertion of drug-eluting stent", "320", false, 60, true,
		[]need{{"STENT", 1, 3, 1}, {"SHEATH", 1, 2, 1}}},
	{"C75.1", "Insertion of prosthetic replacement for lens", "130", true, 30, false, []need{{"IOL", 1, 1, 1}, {"VISCO", 1, 1, 1}}},
	{"T20.2", "Primary repair of inguinal hernia using prosthetic material", "100", true, 60, false, []need{{"MESH", 1, 1, 1}, {"SUTURE", 1, 3, 1}}},
	{"H33.4", "Anterior resection of rectum and anastomosis", "100", false, 180, true,
		[]need{{"STAPLER", 1, 2, 1}, {"RELOAD", 1, 4, 0.9}, {"SUTURE", 2, 5, 1}}},
}

// specialties are the days of a theatre's week, by treatment function.
var specialties = []string{"110", "130", "320", "100"}
