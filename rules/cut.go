package rules

import (
	"cmp"
	"fmt"
	"slices"
)

// Cut says that a limit kept something of a mail from being looked at. What was left out is still in the mail itself.
type Cut struct {
	Source string  `json:"source"` // "body", "attachment:logs.zip/app.log", …; "attachments" for all of them, "mail" for everything
	What   CutKind `json:"what"`
	Limit  int64   `json:"limit,omitempty"` // bytes of sizes and lengths, else a number; 0 where no number decided
}

// CutKind is what was cut.
type CutKind string

// The kinds of cuts. Limit is, in this order:
const (
	CutText        CutKind = "text_length"       // bytes looked at: of attached text its beginning and end, of others the beginning
	CutAttachment  CutKind = "attachment_size"   // bytes at hand of an attachment that was too large to be kept whole; 0: none of it
	CutAttachments CutKind = "attachments_count" // text files read of one mail
	CutExpanded    CutKind = "archive_size"      // bytes expanded
	CutEntries     CutKind = "archive_entries"   // entries looked at in one archive
	CutNested      CutKind = "archive_nested"    // 0: an archive within an archive is not opened
	CutEncrypted   CutKind = "archive_encrypted" // 0
	CutBroken      CutKind = "archive_broken"    // 0: damaged or cut off; what could be read was
	CutFormat      CutKind = "archive_format"    // 0: archives of this kind are not opened
	CutErrors      CutKind = "errors_count"      // error messages taken from the source
	CutServers     CutKind = "servers_count"     // servers taken
	CutPattern     CutKind = "pattern_work"      // 0: a pattern of the rules was too costly for all of the source, or matched too often
)

// CutKinds lists all kinds: who translates them can see whether one is missing.
func CutKinds() []CutKind {
	return []CutKind{CutText, CutAttachment, CutAttachments, CutExpanded, CutEntries, CutNested, CutEncrypted, CutBroken, CutFormat, CutErrors, CutServers, CutPattern}
}

// File is the attachment's name, or "" if the cut is none of an attachment's.
func (c Cut) File() string {
	if len(c.Source) > len(attachmentSource) && c.Source[:len(attachmentSource)] == attachmentSource {
		return c.Source[len(attachmentSource):]
	}
	return ""
}

// attachmentSource begins the names of sources that are attached.
const attachmentSource = "attachment:"

// sourceWords are the parts of a mail as admins read them.
var sourceWords = map[string]string{"subject": "the subject", "body": "the text", "forwarded": "the forwarded mail", "signature": "the signature", everySource: "the mail"}

// everySource is the source of a cut that counts over all of them.
const everySource = "mail"

// String is the cut as admins read it.
func (c Cut) String() string {
	name := cmp.Or(c.File(), sourceWords[c.Source], c.Source)
	switch c.What {
	case CutText:
		if c.File() != "" {
			return fmt.Sprintf("of %s only the beginning and the end were read (limit %s)", name, SizeText(c.Limit))
		}
		return fmt.Sprintf("of %s only the first %s were read", name, SizeText(c.Limit))
	case CutAttachment:
		if c.Limit == 0 {
			return fmt.Sprintf("%s was too large to be read", name)
		}
		return fmt.Sprintf("%s was too large: of its first %s beginning and end were read", name, SizeText(c.Limit))
	case CutAttachments:
		return fmt.Sprintf("of the attached text files only the first %d were read", c.Limit)
	case CutExpanded:
		return fmt.Sprintf("%s was not expanded to its end (limit %s)", name, SizeText(c.Limit))
	case CutEntries:
		return fmt.Sprintf("of %s only the first %d entries were looked at", name, c.Limit)
	case CutNested:
		return fmt.Sprintf("%s was not opened (an archive in an archive)", name)
	case CutEncrypted:
		return fmt.Sprintf("%s is encrypted and was not read", name)
	case CutBroken:
		return fmt.Sprintf("%s is damaged or cut off: only what could be read was", name)
	case CutFormat:
		return fmt.Sprintf("%s was not opened (archives of this kind are not read)", name)
	case CutErrors:
		return fmt.Sprintf("of the error messages in %s only %d were taken", name, c.Limit)
	case CutServers:
		return fmt.Sprintf("of the servers named only %d were taken", c.Limit)
	case CutPattern:
		return fmt.Sprintf("a pattern of the rules was not tried on all of %s: too costly, or too many matches", name)
	}
	return fmt.Sprintf("%s: %s", name, c.What)
}

// SizeText writes a number of bytes for people: "64 MB", "256 KB", "17 bytes". The units are of 1024.
func SizeText(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// maxCuts bounds what is said of one mail: a hostile archive has a thousand entries that cannot be read.
const maxCuts = 20

// cuts collects what limits kept from being looked at, each once.
type cuts []Cut

func (c *cuts) add(source string, what CutKind, limit int64) {
	if len(*c) < maxCuts && !c.has(source, what) {
		*c = append(*c, Cut{source, what, limit})
	}
}

func (c *cuts) has(source string, what CutKind) bool {
	return slices.ContainsFunc(*c, func(k Cut) bool { return k.Source == source && k.What == what })
}

// cutFacts is everything of a mail that a limit kept from being looked at.
func (d *doc) cutFacts() []Cut {
	var all cuts
	for _, t := range []struct{ name, text string }{{"subject", d.m.Subject}, {"body", d.m.Text}, {"forwarded", d.m.Forwarded}, {"signature", d.m.Signature}} {
		if len(t.text) > textLimit {
			all.add(t.name, CutText, textLimit)
		}
	}
	sources := []*source{&d.body, &d.passed}
	for i := range d.logs {
		sources = append(sources, &d.logs[i])
	}
	for _, s := range sources {
		if s.more {
			all.add(s.name, CutErrors, maxErrorsPerSource)
		}
		if s.unsearched {
			all.add(s.name, CutPattern, 0)
		}
	}
	for _, c := range d.cuts {
		all.add(c.Source, c.What, c.Limit)
	}
	return all
}

// fewer leaves as many of a source's messages as are kept. Of a log it leaves the first and, twice as many, the last:
// its end tells what broke.
func (s *source) fewer(found []finding) []finding {
	if len(found) <= maxErrorsPerSource {
		return found
	}
	s.more = true
	first := maxErrorsPerSource
	if s.log {
		first /= 3
	}
	return append(found[:first:first], found[len(found)-(maxErrorsPerSource-first):]...)
}
