package outbox

import "time"

// claims says which mails are not to be handed out: those that a worker has, those whose freezing has just failed, and
// those that a worker had after the list in hand was read: what the list says of them is no longer true.
type claims struct {
	busy  map[int64]bool
	held  map[int64]time.Time // not before
	stale map[int64]bool
}

func newClaims() claims {
	return claims{busy: map[int64]bool{}, held: map[int64]time.Time{}, stale: map[int64]bool{}}
}

// newList is called before a list is read. It says how many of its mails may turn out not to be free.
func (s *Sender) newList() (taken int) {
	now := s.desk.Clock().Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.claims.stale)
	for id, until := range s.claims.held {
		if !until.After(now) {
			delete(s.claims.held, id)
		}
	}
	return len(s.claims.busy) + len(s.claims.held)
}

func (s *Sender) claim(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.claims
	if _, held := c.held[id]; held || c.busy[id] || c.stale[id] {
		return false
	}
	c.busy[id] = true
	return true
}

// release ends a claim. The mail is not handed out again for so long, nor from the list in hand.
func (s *Sender) release(id int64, hold time.Duration) {
	s.mu.Lock()
	delete(s.claims.busy, id)
	s.claims.stale[id] = true
	if hold > 0 {
		s.claims.held[id] = s.desk.Clock().Now().Add(hold)
	}
	s.mu.Unlock()
	s.nudge()
}

// nudge makes the dispatcher look again.
func (s *Sender) nudge() {
	select {
	case s.news <- struct{}{}:
	default: // it has not looked since the last time
	}
}

func (s *Sender) busy() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.claims.busy)
}
