package purchasing

// Document is an order as the fields of its file: Fields hold for the whole
// order, each of Lines adds a line's own. A layout names the fields it wants.
type Document struct {
	Number   string
	State    OrderState
	Supplier string
	Currency string
	Fields   map[string]string
	Lines    []map[string]string
	// Causes are the messages that brought the lines about, each once a line.
	Causes []int64
}

// Rows gives one map a line, with the order's fields in each.
func (d Document) Rows() []map[string]string {
	rows := make([]map[string]string, len(d.Lines))
	for i, l := range d.Lines {
		rows[i] = map[string]string{}
		for k, v := range d.Fields {
			rows[i][k] = v
		}
		for k, v := range l {
			rows[i][k] = v
		}
	}
	return rows
}
