package ticket

import (
	"cmp"
	"fmt"
	"unicode/utf8"

	"notfalld/rules"
)

// cutWords tells staff, in their language, what limits kept from being looked at in a mail.
func cutWords(language string, all []rules.Cut) []string {
	var out []string
	for _, c := range all {
		c.Source = shortSource(c.Source)
		if language == "en" {
			out = append(out, c.String())
		} else {
			out = append(out, germanCut(c))
		}
	}
	return out
}

// shortSource leaves room for what is said of a file beside its name, which the sender chose.
func shortSource(s string) string {
	const most = 90
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	r := []rune(s)
	return string(r[:most/2]) + "…" + string(r[len(r)-most/2+1:])
}

// germanSources are the texts of a mail in the dative.
var germanSources = map[string]string{"body": "dem Text der E-Mail", "subject": "dem Betreff", "forwarded": "der weitergeleiteten E-Mail", "signature": "der Signatur", "mail": "der E-Mail"}

func germanCut(c rules.Cut) string {
	file, size := c.File(), rules.SizeText(c.Limit)
	where := cmp.Or(germanSources[c.Source], c.Source)
	if file != "" {
		where = "dem Anhang " + file
	}
	switch c.What {
	case rules.CutText:
		if file != "" {
			return fmt.Sprintf("Vom Anhang %s wurden nur Anfang und Ende gelesen (Grenze %s).", file, size)
		}
		return fmt.Sprintf("Von %s wurden nur die ersten %s gelesen.", where, size)
	case rules.CutAttachment:
		if c.Limit == 0 {
			return fmt.Sprintf("Der Anhang %s war zu groß und wurde nicht gelesen.", file)
		}
		return fmt.Sprintf("Der Anhang %s war zu groß: gelesen wurden Anfang und Ende seiner ersten %s.", file, size)
	case rules.CutAttachments:
		return fmt.Sprintf("Von den Textdateien in den Anhängen wurden nur die ersten %d gelesen.", c.Limit)
	case rules.CutExpanded:
		return fmt.Sprintf("Der Anhang %s wurde nicht bis zum Ende entpackt (Grenze %s).", file, size)
	case rules.CutEntries:
		return fmt.Sprintf("Vom Archiv %s wurden nur die ersten %d Einträge angesehen.", file, c.Limit)
	case rules.CutNested:
		return fmt.Sprintf("%s wurde nicht geöffnet (ein Archiv in einem Archiv).", file)
	case rules.CutEncrypted:
		return fmt.Sprintf("%s ist verschlüsselt und wurde nicht gelesen.", file)
	case rules.CutBroken:
		return fmt.Sprintf("%s ist beschädigt oder unvollständig; gelesen wurde nur, was lesbar war.", file)
	case rules.CutFormat:
		return fmt.Sprintf("%s wurde nicht geöffnet (dieses Archivformat wird nicht gelesen).", file)
	case rules.CutErrors:
		return fmt.Sprintf("Von den Fehlermeldungen in %s wurden nur %d übernommen.", where, c.Limit)
	case rules.CutPattern:
		return fmt.Sprintf("Ein Muster der Regeln wurde nicht bis zum Ende versucht (zu aufwendig, oder zu viele Treffer): an %s.", where)
	case rules.CutServers:
		return fmt.Sprintf("Von den genannten Servern wurden nur %d übernommen.", c.Limit)
	}
	return c.String()
}
