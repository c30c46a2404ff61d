package udi

// isbtStructure is one data structure of ISBT 128. Length 0 is not fixed, or
// not known for sure: the value runs to the next structure.
type isbtStructure struct {
	length int
	title  string
}

var isbtStructures = map[string]isbtStructure{
	"=":   {15, "DONATION IDENTIFICATION NUMBER"},
	"=/":  {16, "DEVICE IDENTIFIER"},
	"=,":  {6, "SERIAL"},
	"=>":  {6, "EXPIRATION DATE"},
	"&>":  {10, "EXPIRATION DATE AND TIME"},
	"=]":  {6, "EXPIRATION MONTH AND YEAR"},
	"=}":  {6, "PRODUCTION DATE"},
	"&}":  {10, "PRODUCTION DATE AND TIME"},
	"=*":  {6, "COLLECTION DATE"},
	"&*":  {10, "COLLECTION DATE AND TIME"},
	"&,1": {18, "MPHO LOT NUMBER"},
	"=)":  {10, "CONTAINER MANUFACTURER AND CATALOGUE NUMBER"},
	"&)":  {10, "CONTAINER LOT NUMBER"},
	"=-":  {10, "MANUFACTURER AND CATALOGUE NUMBER"},
	"&-":  {10, "LOT NUMBER"},
	"=+":  {5, "COMPOUND MESSAGE"},
	"=<":  {8, "PRODUCT CODE"},
	"=%":  {4, "BLOOD GROUPS"},
	"&(":  {5, "SPECIAL TESTING"},
	"={":  {0, "SPECIAL TESTING: RED CELL ANTIGENS"},
	"=\\": {0, "SPECIAL TESTING: RED CELL ANTIGENS, GENERAL"},
	"&\\": {0, "SPECIAL TESTING: PLATELET HLA AND ANTIGENS"},
	"&{":  {0, "SPECIAL TESTING: HLA-A AND -B"},
	"=[":  {0, "SPECIAL TESTING: RED CELL ANTIGENS, FINNISH"},
	"=;":  {0, "DONOR IDENTIFICATION NUMBER"},
	"='":  {0, "STAFF MEMBER IDENTIFICATION NUMBER"},
	"=#":  {0, "PATIENT DATE OF BIRTH"},
	"&#":  {0, "PATIENT IDENTIFICATION NUMBER"},
	"&\"": {0, "TRANSMITTABLE INFECTION MARKER"},
	"=$":  {0, "PRODUCT CONSIGNMENT"},
	"&$":  {0, "DIMENSIONS"},
	"&%":  {0, "RED CELL ANTIGENS WITH TEST HISTORY"},
	"=(":  {0, "FLEXIBLE DATE AND TIME"},
	"&+":  {0, "PROCESSING FACILITY"},
	"&,2": {0, "MPHO SUPPLEMENTAL IDENTIFICATION NUMBER"},
	"&,3": {0, "GLOBAL REGISTRATION IDENTIFIER"},
	"&,4": {0, "SINGLE EUROPEAN CODE"},
}
