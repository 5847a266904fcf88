package templates

import "errors"

var errUnwritten = errors.New("there are no words for it yet")

// Confirmation renders a mail to a customer about an emergency that no mail of his prompted.
func (s *Set) Confirmation(c Confirmation) (Rendered, error) { return Rendered{}, errUnwritten }

// Alarm renders a mail to a pager: a subject, and a text of at most 300 characters. There is no HTML.
func (s *Set) Alarm(a AlarmMail) (Rendered, error) { return Rendered{}, errUnwritten }
