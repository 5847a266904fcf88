package ticket

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"

	"notfalld/rules"
)

// Contacts is the addresses and phones on record for customers.
type Contacts struct {
	byAddress map[string][]Contact
	byDomain  map[string][]Contact
	byNumber  map[string][]string // by rules.CustomerKey: addresses, in the order of the file
}

// Contact is one row: a customer's address (or whole domain) and phone.
type Contact struct {
	CustomerNumber string
	Address        string // "a@firma.at" or "@firma.at", lower case
	Phone          string
}

// ReadContacts reads a CSV (header customer_number,address,phone). A row that cannot be used is
// named in skipped ("line 7: …") and left out; err is for a file that is no such table at all.
func ReadContacts(r io.Reader) (c *Contacts, skipped []string, err error) {
	c = &Contacts{byAddress: map[string][]Contact{}, byDomain: map[string][]Contact{}, byNumber: map[string][]string{}}
	cr := csv.NewReader(r)
	cr.FieldsPerRecord, cr.TrimLeadingSpace, cr.Comment = -1, true, '#'
	head, err := cr.Read()
	if err != nil {
		return nil, nil, fmt.Errorf("line 1: header customer_number,address,phone expected: %w", err)
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	if got := strings.Join(head, ","); got != "customer_number,address,phone" && got != "customer_number,address" {
		return nil, nil, fmt.Errorf("line 1: header customer_number,address,phone expected, found %q", got)
	}
	for {
		rec, err := cr.Read()
		if errors.Is(err, io.EOF) {
			return c, skipped, nil
		}
		line, _ := cr.FieldPos(0)
		if err == nil {
			err = c.add(rec)
		}
		if err != nil {
			skipped = append(skipped, fmt.Sprintf("line %d: %v", line, err))
		}
	}
}

func (c *Contacts) add(rec []string) error {
	if len(rec) < 2 || len(rec) > 3 {
		return fmt.Errorf("%d fields instead of customer_number,address,phone", len(rec))
	}
	k := Contact{CustomerNumber: strings.TrimSpace(rec[0]), Address: strings.ToLower(strings.TrimSpace(rec[1]))}
	if len(rec) == 3 {
		k.Phone = strings.TrimSpace(rec[2])
	}
	key := rules.CustomerKey(k.CustomerNumber)
	if key == "" {
		return errors.New("no customer number")
	}
	if domain, ok := strings.CutPrefix(k.Address, "@"); ok && strings.Contains(domain, ".") {
		c.byDomain[domain] = append(c.byDomain[domain], k)
		c.byNumber[key] = append(c.byNumber[key], "")
		return nil
	}
	if a, err := mail.ParseAddress(k.Address); err != nil || a.Address != k.Address {
		return fmt.Errorf("%q is no address and no @domain", rec[1])
	}
	c.byAddress[k.Address] = append(c.byAddress[k.Address], k)
	c.byNumber[key] = append(c.byNumber[key], k.Address)
	return nil
}

// Empty says whether nobody is on record.
func (c *Contacts) Empty() bool { return len(c.byNumber) == 0 }

// HasCustomer says whether anything is on record for a customer number.
func (c *Contacts) HasCustomer(number string) bool {
	return len(c.byNumber[rules.CustomerKey(number)]) > 0
}

// Addresses are those on record for a customer number, each once.
func (c *Contacts) Addresses(number string) []string {
	var all []string
	for _, a := range c.byNumber[rules.CustomerKey(number)] {
		if a != "" && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

// Find lists the contacts that an address is on record for, its own rows before those of its domain.
func (c *Contacts) Find(address string) []Contact {
	address = strings.ToLower(address)
	_, domain, _ := strings.Cut(address, "@")
	own := c.byAddress[address]
	return append(own[:len(own):len(own)], c.byDomain[domain]...)
}
