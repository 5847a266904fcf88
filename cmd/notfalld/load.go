package main

import (
	"crypto/x509"
	"fmt"

	"notfalld/rules"
	"notfalld/ticket"
)

// config loads the configuration that path (or the default) names, and says on stderr, a line each, what is wrong with
// it. For the commands that act in mode live, what was left over from the example is wrong, too.
func (m *Main) config(path string, live bool) (*Config, error) {
	if path == "" {
		path = defaultConfigPath(m.Env)
	}
	c, problems := loadConfig(path, m.Env)
	if c != nil && live {
		problems = append(problems, c.Leftovers()...)
		if !Broken(problems) {
			problems = append(problems, c.Unheard()...)
		}
	}
	for _, p := range problems {
		if live || !p.Warning { // ticket list need not repeat what check says
			fmt.Fprintln(m.Stderr, p)
		}
	}
	if c == nil || Broken(problems) {
		return nil, exitError{code: exitUsage}
	}
	return c, nil
}

// LoadInventory reads the inventory, nil if none is configured. Rows that could not be used are warnings; the rest is used.
func (c *Config) LoadInventory() (*rules.Inventory, []Problem) {
	return loadInventory(c.Inventory.File)
}

func loadInventory(path string) (*rules.Inventory, []Problem) {
	if path == "" {
		return nil, nil
	}
	f, err := openRegular(path, maxTableFile)
	if err != nil {
		return nil, []Problem{{File: path, Text: "cannot read the inventory: " + reason(err)}}
	}
	defer f.Close()
	in, bad, err := rules.ReadInventory(f)
	var problems []Problem
	for _, b := range bad {
		problems = append(problems, Problem{File: path, Line: b.Line, Text: b.Why, Mend: "the row is skipped", Warning: true})
	}
	if err != nil {
		problems = append(problems, Problem{File: path, Text: "this is no inventory: " + reason(err), Mend: "its first line is server,customer_number,aliases"})
	}
	return in, problems
}

// LoadContacts reads the contacts, nil if none are configured. Rows that could not be used are warnings; the rest is used.
func (c *Config) LoadContacts() (*ticket.Contacts, []Problem) {
	path := c.Contacts.File
	if path == "" {
		return nil, nil
	}
	f, err := openRegular(path, maxTableFile)
	if err != nil {
		return nil, []Problem{{File: path, Text: "cannot read the contacts: " + reason(err)}}
	}
	defer f.Close()
	contacts, skipped, err := ticket.ReadContacts(f)
	var problems []Problem
	for _, s := range skipped {
		p := Problem{File: path, Text: s, Mend: "the row is skipped", Warning: true}
		if _, err := fmt.Sscanf(s, "line %d:", &p.Line); err == nil {
			p.Text = s[len(fmt.Sprintf("line %d: ", p.Line)):]
		}
		problems = append(problems, p)
	}
	if err != nil {
		problems = append(problems, Problem{File: path, Text: "these are no contacts: " + reason(err), Mend: "the first line is customer_number,address,phone"})
	}
	return contacts, problems
}

// rootCAs reads a file of certificates to trust; nil, the system's, if none is named.
func rootCAs(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := readSmall(path)
	if err != nil {
		return nil, fmt.Errorf("certificates to trust: %s: %s", path, reason(err))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("certificates to trust: %s holds no certificate in PEM form", path)
	}
	return pool, nil
}
