// Package flatfile reads and writes delimited files by a Layout, which is
// data: order files, acknowledgements, catalogues and stock policies of any
// system differ in YAML and not in Go. A cell is only ever data: nothing in
// it is evaluated, and a value that does not fit is refused, never cut,
// rounded or replaced.
//
// Error texts name lines, columns and what was expected, never a cell's
// content, for a file may tell of patients (law 9).
//
// What a column means, where files come from and fixed-width files do not
// belong here.
package flatfile

// Layout describes one kind of delimited file. The zero value of each setting
// is its default.
type Layout struct {
	// Delimiter is one ASCII character between cells; empty is a comma, "tab"
	// or "\t" a tab.
	Delimiter string `yaml:"delimiter"`
	// Header says that the first row names the columns. Without it columns
	// go by position.
	Header bool `yaml:"header"`
	// Newline ends each row that is written: "lf" (default) or "crlf".
	// Reading takes both, and a lone carriage return.
	Newline string `yaml:"newline"`
	// Encoding is "utf-8" (default), "utf-8-bom", "windows-1252" or
	// "iso-8859-1". A file that begins with UTF-8's byte order mark is read
	// as UTF-8 whatever this says.
	Encoding string `yaml:"encoding"`
	// Quote says which cells are written in quotes: "minimal" (default) those
	// that need them, "always" all.
	Quote string `yaml:"quote"`
	// Columns are in the order in which they are written.
	Columns []Column `yaml:"columns"`
	// Trailer is the last row, where the file has one.
	Trailer *Trailer `yaml:"trailer"`
	// FileName is the name of a written file, as "{order_number}.csv".
	FileName string `yaml:"file_name"`
}

// Column is one column. It has either a Field, a Const, or the format "blank".
type Column struct {
	// Name is the header's text. Reading ignores case and outer blanks.
	Name string `yaml:"name"`
	// Aliases are other header texts that reading takes for Name.
	Aliases []string `yaml:"aliases"`
	// Field names the value that the cell holds.
	Field string `yaml:"field"`
	// Const is written to every row, and expected in every row that is read.
	Const string `yaml:"const"`
	// Format is empty for any text, or one of: "text:N" (at most N
	// characters), "integer", "money2", "money4" (so many decimals),
	// "date:PATTERN" (YYYY, MM, DD, hh, mm, ss, as "date:DD/MM/YYYY"), "blank"
	// (always empty).
	//
	// The value outside the file is plain: a date is CCYY-MM-DD, or
	// CCYY-MM-DDThh:mm:ss where the pattern has a time.
	Format string `yaml:"format"`
	// Required means that the header must name the column and no cell of it
	// may be empty.
	Required bool `yaml:"required"`
}

// Trailer is the last row of a file. Its cells may hold {rows}, the number of
// rows between header and trailer, and the name of any value that describes
// the whole file. Reading checks the plain cells and the count: a file whose
// trailer is missing or counts otherwise is not whole.
type Trailer struct {
	Cells []string `yaml:"cells"`
}
