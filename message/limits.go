package message

// Limits bounds what one mail may cost. Over a limit a mail is not refused: what could be read in
// time stays, and Mail.Problem names the limit. The zero value of a field means its default.
type Limits struct {
	Size        int64 // bytes of a mail that is taken whole; Parse cuts what is longer
	HeaderBytes int   // bytes of one header block; beyond it only the fields that decide are kept
	FieldBytes  int   // bytes of one header field
	Fields      int   // fields of one header block
	Parts       int   // MIME parts
	Depth       int   // nested multiparts
	Parameters  int   // parameters of one Content-Type or Content-Disposition field
	Text        int   // bytes of text kept of one part, and of HTML read
	Data        int   // decoded bytes of attachments kept in Attachment.Data, all together
}

// DefaultLimits returns the limits that a daemon on a small machine can afford.
func DefaultLimits() Limits {
	return Limits{
		Size:        25 << 20,
		HeaderBytes: 256 << 10,
		FieldBytes:  64 << 10,
		Fields:      2000,
		Parts:       1000,
		Depth:       20,
		Parameters:  100,
		Text:        1 << 20,
		Data:        8 << 20,
	}
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	pick := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	if l.Size <= 0 {
		l.Size = d.Size
	}
	pick(&l.HeaderBytes, d.HeaderBytes)
	pick(&l.FieldBytes, d.FieldBytes)
	pick(&l.Fields, d.Fields)
	pick(&l.Parts, d.Parts)
	pick(&l.Depth, d.Depth)
	pick(&l.Parameters, d.Parameters)
	pick(&l.Text, d.Text)
	pick(&l.Data, d.Data)
	return l
}
