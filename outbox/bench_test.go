package outbox

import (
	"fmt"
	"testing"
	"time"

	"notfalld/postoffice"
	"notfalld/ticket"
)

// BenchmarkDeliver measures answers per second against a server that fsyncs each mail before its 250: choosing, rendering,
// freezing, the SMTP session, recording. Both ends and both disks are this machine's.
func BenchmarkDeliver(b *testing.B) {
	for _, connections := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			s := newStage(b, noStaff, func(u *setup) {
				u.office = postoffice.Options{SinkDir: b.TempDir(), Forget: true}
				u.desk.Bounds.UnknownOverall = 1 << 30
			})
			s.takeSideBySide(b.N)
			o := s.options()
			o.Connections, o.Log = connections, nil
			b.ResetTimer()
			began := time.Now()
			r := s.start(o)
			s.until("all are accepted", func() bool { return r.Status().Sent == int64(b.N) })
			s.untilDone()
			b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "answers/s")
			b.StopTimer()
			r.stop()
			if n := len(s.outs(ticket.OutQuery{States: []ticket.OutState{ticket.OutSent}, Limit: b.N + 1})); n != b.N {
				b.Errorf("%d answers of %d are sent", n, b.N)
			}
		})
	}
}
