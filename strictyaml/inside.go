package strictyaml

// Inside is where a byte of a scalar's value stands in the file: line and column, from 1.
func (d *Doc) Inside(key string, offset int) (line, col int) { return d.PlaceOf(key) }
