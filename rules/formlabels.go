package rules

import (
	"cmp"
	"slices"
	"strings"
)

// A form's mail is lines with labels: "Telefon: 0664 …", a table with the label in one cell and the value in the next, or
// the label on one line and the value below. What people typed can look like a label, too. Whoever fills the form in fills
// in all of it and gains little by that; but "Telefon: tot" in a description must not cost the number that was given. So:
// above the problem the first of equal labels is the form's, below it the last, and the problem ends where the form goes on.

// formLabel is what a label in a mail belongs to.
type formLabel struct {
	field string
	order int // among the labels of its field
}

// labelHit is one label in a mail, and what stands beside it.
type labelHit struct {
	formLabel
	line  int
	value string
	sure  bool // something parts it from its value; otherwise it is a line of its own
}

// maxLabelHits bounds the labels of one mail.
const maxLabelHits = 500

// readLabels are the values of the fields that have labels. ends are lines at which a problem ends in any case.
func readLabels(text string, labels map[string]formLabel, ends []int) map[string]string {
	lines := strings.Split(strings.ReplaceAll(text, "\r", ""), "\n")
	var hits []labelHit
	for i, l := range lines {
		if len(hits) < maxLabelHits {
			hits = append(hits, hitsIn(i, l, labels)...)
		}
	}
	hits = withValues(hits, lines)
	out := map[string]string{}
	if at := slices.IndexFunc(hits, func(h labelHit) bool { return h.field == fieldProblem }); at >= 0 {
		problem, end := hits[at], len(lines)
		hits, end = aroundProblem(hits, at, end)
		for _, i := range ends {
			if i > problem.line {
				end = min(end, i)
			}
		}
		out[fieldProblem] = strings.TrimSpace(problem.value + "\n" + strings.Join(withoutFooter(lines[problem.line+1:max(end, problem.line+1)]), "\n"))
	}
	for field, list := range firstOfEach(hits) {
		switch field {
		case fieldProblem, fieldOther:
		case fieldServers:
			out[field] = list[0].value + " " + serversBelow(lines[list[0].line+1:])
		default:
			out[field] = oneOf(field, list)
		}
	}
	return out
}

// hitsIn are the labels of one line: of each cell of a table, else the one that it begins with.
func hitsIn(i int, line string, labels map[string]formLabel) []labelHit {
	if len(line) > 4*maxField {
		line = cut(line, 4*maxField)
	}
	cells := strings.Split(strings.TrimSpace(line), "\t")
	var out []labelHit
	for k := 0; k < len(cells); k++ {
		h, ok := beside(cells[k], labels)
		if !ok {
			h.formLabel, ok = labels[foldLabel(cells[k])]
			h.sure = len(cells) > 1
		}
		if !ok {
			if k == 0 && len(cells) == 1 {
				break
			}
			continue
		}
		if next := k + 1; h.value == "" && next < len(cells) {
			_, label := labels[foldLabel(cells[next])]
			if _, inside := beside(cells[next], labels); !label && !inside {
				h.value = strings.TrimSpace(cells[next])
				k++
			}
		}
		h.line = i
		out = append(out, h)
	}
	return out
}

// separators stand between a label and its value.
var separators = []string{":", "：", "=", "|", "  ", " - ", " – "}

// maxLabel is how long a label may be.
const maxLabel = 120

// beside splits a cell into the longest label that it begins with, and the value.
func beside(cell string, labels map[string]formLabel) (labelHit, bool) {
	var best labelHit
	found := false
	for at := 1; at < min(len(cell), maxLabel); at++ {
		i := slices.IndexFunc(separators, func(s string) bool { return strings.HasPrefix(cell[at:], s) })
		if i < 0 {
			continue
		}
		if l, ok := labels[foldLabel(cell[:at])]; ok {
			value := strings.TrimLeft(cell[at+len(separators[i]):], " >*_:\u00a0") // "[name] => x", "*Name:* x"
			best, found = labelHit{formLabel: l, value: strings.TrimSpace(value), sure: true}, true
		}
	}
	return best, found
}

// foldLabel is a label as it is compared: folded, without the marks around it and the remark behind it.
func foldLabel(s string) string {
	if len(s) > 2*maxLabel {
		return ""
	}
	s = foldText(s)
	const marks = " *_•·->#|[]\"'.:?!\u00a0"
	s = strings.Trim(s, marks)
	if before, _, ok := strings.Cut(s, "("); ok && before != "" && strings.HasSuffix(s, ")") { // "Telefon (Pflichtfeld)"
		s = strings.Trim(before, marks)
	}
	return strings.Join(strings.Fields(s), " ")
}

// withValues finds out how the form writes: values beside the labels, or all below them.
func withValues(hits []labelHit, lines []string) []labelHit {
	labelled := map[int]bool{}
	below := true
	for _, h := range hits {
		labelled[h.line] = true
		if h.sure && h.value != "" && h.field != fieldProblem && h.field != fieldServers {
			below = false
		}
	}
	if !below {
		return slices.DeleteFunc(hits, func(h labelHit) bool { return !h.sure && h.field != fieldProblem && h.field != fieldServers })
	}
	for i := range hits {
		h := &hits[i]
		if h.value != "" || h.field == fieldProblem {
			continue
		}
		for k := h.line + 1; k <= h.line+2 && k < len(lines) && !labelled[k]; k++ {
			if v := strings.TrimSpace(lines[k]); v != "" {
				h.value = v
				break
			}
		}
	}
	return hits
}

// aroundProblem leaves the labels that are the form's own, and tells at which line the problem ends.
func aroundProblem(hits []labelHit, at, end int) ([]labelHit, int) {
	above := hits[:at]
	seen := map[formLabel]bool{hits[at].formLabel: true}
	for _, h := range above {
		seen[h.formLabel] = true
	}
	var below []labelHit
	for i := len(hits) - 1; i > at; i-- {
		if h := hits[i]; !seen[h.formLabel] && h.field != fieldProblem && h.plausible() {
			seen[h.formLabel] = true
			below = append(below, h)
			end = min(end, h.line)
		}
	}
	slices.Reverse(below)
	return slices.Concat(above, below), end
}

// plausible says whether a label below the problem can be the form's: its value is of the kind, or the field was left empty.
func (h labelHit) plausible() bool {
	v := fieldLine(h.value)
	switch {
	case v == "":
		return true
	case h.field == fieldPhone:
		_, fault := ReadPhone(v, "")
		return fault != PhoneInvalid || countDigits(v) >= 3
	case h.field == fieldEmail:
		return strings.Contains(v, "@")
	case h.field == fieldNumber, h.field == fieldTriggeredAt:
		return countDigits(v) > 0
	}
	return true
}

// firstOfEach are the first hits of each label by field, in the order of the mail.
func firstOfEach(hits []labelHit) map[string][]labelHit {
	out := map[string][]labelHit{}
	for _, h := range hits {
		if !slices.ContainsFunc(out[h.field], func(o labelHit) bool { return o.formLabel == h.formLabel }) {
			out[h.field] = append(out[h.field], h)
		}
	}
	return out
}

// oneOf makes one value of those of several labels: a name is put together, of several telephones the first that can be
// called counts, of all else the first that is filled in.
func oneOf(field string, list []labelHit) string {
	if field == fieldName {
		list = slices.SortedStableFunc(slices.Values(list), func(a, b labelHit) int { return cmp.Compare(a.order, b.order) })
	}
	var filled []string
	for _, h := range list {
		if v := fieldLine(h.value); v != "" {
			filled = append(filled, h.value)
		}
	}
	if len(filled) == 0 {
		return ""
	}
	switch field {
	case fieldName:
		return strings.Join(filled, " ")
	case fieldPhone:
		for _, v := range filled {
			if _, fault := ReadPhone(v, ""); fault == "" {
				return v
			}
		}
	}
	return filled[0]
}

// serversBelow are the lines right below a label that hold nothing but names of servers.
func serversBelow(lines []string) string {
	var out []string
	for _, l := range lines[:min(len(lines), maxFormServers)] {
		names := strings.Fields(l)
		if len(names) == 0 && len(out) == 0 {
			continue // between a heading and its list
		}
		name := func(w string) bool {
			w = strings.Trim(w, ",;-*•")
			_, err := hostKey(w)
			return w == "" || err == nil && strings.ContainsAny(w, ".0123456789")
		}
		if len(names) == 0 || slices.ContainsFunc(names, func(w string) bool { return !name(w) }) {
			break
		}
		out = append(out, l)
	}
	return strings.Join(out, " ")
}

// footerLines is how long the words of the form's maker below "-- " may be. More is the customer's.
const footerLines = 6

// withoutFooter cuts what the maker of the form writes below the signature mark (RFC 3676, 4.3).
func withoutFooter(lines []string) []string {
	below := 0
	for i := len(lines) - 1; i >= 0 && below <= footerLines; i-- {
		switch strings.TrimSpace(lines[i]) {
		case "":
		case "--":
			return lines[:i]
		default:
			below++
		}
	}
	return lines
}
